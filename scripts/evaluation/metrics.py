"""The figures of a model: metrics.json, clips.jsonl and probabilities.npz (docs/stages/evaluate.md).

evaluation = evaluate(EvaluationInputs(model, features, samples, common), jobs=2)
evaluation.metrics["testing"]["recall"]
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scripts.core.files import read_json
from scripts.core.spectrogram_store import HOME
from scripts.core.statistics import rate_interval, share, wilson_interval
from scripts.evaluation.breakdowns import UNKNOWN, count_shares, recall_by_condition
from scripts.evaluation.clip_results import list_clip_results, list_false_accepts
from scripts.evaluation.evaluation_sets import (
    CONFUSABLE,
    FRAGMENT,
    POSITIVE,
    REJECTED,
    SPLITS,
    EvaluationInputs,
    EvaluationSets,
    SplitSets,
    score_sets,
)
from scripts.evaluation.event_sources import count_repetitions
from scripts.evaluation.operating_point import (
    CONFIDENCE,
    CUTOFFS,
    GENEROUS_FA_PER_HOUR,
    TARGET_FA_PER_HOUR,
    WINDOWS,
    Counts,
    OperatingPoint,
    choose_generous_column,
    choose_operating_point,
    count,
)

IN_CURVE = ("recall", "false_accepts", "fa_per_hour", "fa_per_hour_interval", "near_accept_rate")


@dataclass(frozen=True)
class Evaluation:
    """The content of the files that an evaluation writes."""

    metrics: dict[str, Any]
    probabilities: dict[str, np.ndarray]
    clip_results: list[dict]


def count_split(sets: SplitSets, windows: tuple[int, ...], only: str = "") -> Counts:
    """Detections and false accepts in one split, for every window and cutoff; `only`: in the ambient sound of this name."""
    streams = [ambient for ambient in sets.ambient if only in ("", ambient.name)]
    return count(
        sets.positive.scores,
        sets.positive.spans,
        sets.confusable.scores,
        [ambient.stream for ambient in streams],
        windows,
        count_repetitions(store for ambient in streams for store in ambient.stores),
    )


def measure(counts: Counts, column: int) -> dict:
    """The figures of one setting: `counts` of one window, `column` of CUTOFFS."""
    detected, accepted, events, recordings, squares = (
        int(table[0, column])
        for table in (
            counts.detected,
            counts.confusable_accepted,
            counts.false_accepts,
            counts.recordings,
            counts.squares,
        )
    )
    return {
        "recall": share(detected, counts.positives),
        "recall_interval": wilson_interval(detected, counts.positives),
        "n_positive": counts.positives,
        "false_accepts": events,
        "false_accept_recordings": recordings,
        "hours": round(counts.hours, 3),
        "fa_per_hour": round(events / counts.hours, 3),
        "fa_per_hour_interval": rate_interval(events, counts.hours, squares, counts.repetitions),
        "near_accept_rate": share(accepted, counts.confusable) if counts.confusable else None,
        "near_accept_interval": wilson_interval(accepted, counts.confusable),
        "n_near": counts.confusable,
    }


def measure_curve(counts: Counts) -> list[dict]:
    """The figures at every cutoff, falling; `counts` of one window."""
    return [
        {"cutoff": float(cutoff), **{key: value for key, value in measure(counts, column).items() if key in IN_CURVE}}
        for column, cutoff in enumerate(CUTOFFS)
    ]


def measure_recall(results: list[dict]) -> dict:
    """Recall of some clip results, its 95 % interval, and their number."""
    detected = sum(result["heard"] for result in results)
    return {
        "recall": share(detected, len(results)),
        "recall_interval": wilson_interval(detected, len(results)),
        "n_positive": len(results),
    }


def read_talk_hours(common: Path, split: str) -> float | None:
    """Hours of recorded talk behind the ambient sound of a split, each recording counted once; None if common/report.json
    does not say."""
    report = common / "report.json"
    kinds = read_json(report).get("recordings", {}).get(split, {}) if report.is_file() else {}
    hours = [kinds[kind]["hours"] for kind in ("speech", "short") if kind in kinds]
    return round(sum(hours), 3) if hours else None


def break_down(sets: SplitSets, results: dict[str, list[dict]], index: list[dict]) -> dict:
    """Recall by voice, speaker and condition, and accepted confusable phrases by text, from the results of each set."""
    detected = {name: [result["heard"] for result in results[name]] for name in results}
    texts = {
        name: [
            index[result["row"]].get("text", UNKNOWN) if 0 <= result["row"] < len(index) else UNKNOWN
            for result in results.get(name, [])
        ]
        for name in (CONFUSABLE, REJECTED)
    }
    rejected = [text.strip(".,!?;:") for text in texts[REJECTED]]
    return {
        **recall_by_condition(sets.positive.stores, index, detected[POSITIVE]),
        "by_kind": {
            name: shares
            for name in results
            if (shares := count_shares([name] * len(results[name]), detected[name]).get(name))
        },
        "by_near_phrase": count_shares(texts[CONFUSABLE], detected[CONFUSABLE]),
        **({"by_negative_phrase": count_shares(rejected, detected[REJECTED])} if rejected else {}),
    }


def choose(sets: EvaluationSets) -> OperatingPoint:
    """The operating point, from validation data."""
    validation = sets.splits["validation"]
    at_home = count_split(validation, WINDOWS, HOME) if has_home(validation) else None
    return choose_operating_point(count_split(validation, WINDOWS), at_home=at_home)


def has_home(validation: SplitSets) -> bool:
    """Whether the sound of a user's home is validation sound too."""
    return any(ambient.name == HOME for ambient in validation.ambient)


def evaluate(inputs: EvaluationInputs, jobs: int = 0) -> Evaluation:
    """Choose cutoff and window on validation data, and measure the model; `jobs` 0: one process for each processor.
    ValueError if a set that is needed is empty."""
    sets = score_sets(inputs, jobs)
    point = choose(sets)
    testing = sets.splits["testing"]
    metrics: dict[str, Any] = {
        "probability_cutoff": point.cutoff,
        "sliding_window_size": point.window,
        "target_fa_per_hour": TARGET_FA_PER_HOUR,
        "confidence": CONFIDENCE,
        "target_met": point.target_met,
        "plateau": list(point.plateau),
    }
    counted = {split: count_split(sets.splits[split], (point.window,)) for split in SPLITS}
    for split, counts in counted.items():
        talk_hours = read_talk_hours(inputs.common, split)
        metrics[split] = {**measure(counts, point.column), "talk_hours": talk_hours, "curve": measure_curve(counts)}
    if has_home(sets.splits["validation"]):
        home = count_split(sets.splits["validation"], (point.window,), HOME)
        metrics["home"] = {**measure(home, point.column), "curve": measure_curve(home)}
    generous = max(choose_generous_column(counted["validation"]), point.column)  # never above the chosen cutoff
    metrics["generous"] = {
        "probability_cutoff": float(CUTOFFS[generous]),
        "target_fa_per_hour": GENEROUS_FA_PER_HOUR,
        **measure(counted["testing"], generous),
    }
    if sets.heldout:
        metrics["strangers"] = measure_recall(list_clip_results(sets.heldout, point))

    results = {
        name: list_clip_results(clips, point)
        for name, clips in zip(
            (POSITIVE, CONFUSABLE, FRAGMENT, REJECTED),
            (testing.positive, testing.confusable, testing.fragments, *testing.some_rejected),
        )
    }
    false_accepts = {each.name: list_false_accepts(each, point) for each in testing.ambient if len(each.scores)}
    metrics["testing"] |= break_down(testing, results, sets.index)
    metrics["testing"]["by_ambient"] = {
        each.name: {"false_accepts": len(false_accepts[each.name]), "hours": round(each.hours, 3)}
        for each in testing.ambient
        if each.name in false_accepts
    }
    probabilities = {each.key: each.scores.outputs for each in sets} | {
        f"{each.key}_offsets": each.scores.offsets for each in sets
    }
    listed = [result for group in (results, false_accepts) for each in group.values() for result in each]
    return Evaluation(metrics, probabilities, listed)
