"""Choose a model's cutoff and window on validation data, then say how well it does on testing data.

    python -m scripts.evaluation.evaluate --model data/work/hey_buster/model/model.tflite \\
        --features data/work/hey_buster/features --common data/common/features --out data/work/hey_buster/evaluation

Writes OUT/metrics.json and OUT/clips.jsonl (docs/ARCHITECTURE.md describes them) and OUT/probabilities.npz: for each
set, such as testing_positive, what the model put out (`testing_positive`, uint8, of 256) and where each clip starts
(`..._offsets`).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SPLITS = ("validation", "testing")
AMBIENT = (
    "speech",
    "mixed",
    "slow",
)  # common stores with ambient modes: speech alone, with music and noise, and both slower.
# Ready-made negatives with such modes (a dinner party) are further ones, each under its own name.
WINDOW_FRAMES = 3  # a frame hears 30 ms: the word shows in frames that begin before it does
SHOWN = (0.5, 0.7, 0.9, 0.95)  # cutoffs in the printed table beside the chosen one


def word_spans(stores, index: list[dict]) -> np.ndarray:
    """Where each positive's word starts and until when an answer to it counts, in frames: (clips, 2) int.

    The word ends at end_frame, its length is in the line of samples/index.jsonl that the clip was made from. A clip
    with neither is taken whole.
    """
    import numpy as np

    from scripts.evaluation.operating_point import LATE_FRAMES

    spans = []
    for store in stores:
        for end, row, length in zip(store.end_frame, store.row, store.lengths):
            if end < 0:
                spans.append((0, length + LATE_FRAMES))
                continue
            word = 0 <= row < len(index) and round((index[row]["end_s"] - index[row]["start_s"]) * 100)
            spans.append((max(0, end - word - WINDOW_FRAMES) if word else 0, end + LATE_FRAMES))
    return np.array(spans, np.int64).reshape(-1, 2)


def measured(table, column: int) -> dict:
    """The figures of one setting: `table` of one window, `column` of CUTOFFS."""
    from scripts.core.statistics import rate_interval, share, wilson_interval

    heard, accepted, events, recordings, squares = (
        int(counts[0, column])
        for counts in (table.heard, table.near_accepted, table.false_accepts, table.recordings, table.squares)
    )
    return {
        "recall": share(heard, table.positives),
        "recall_interval": wilson_interval(heard, table.positives),
        "n_positive": table.positives,
        "false_accepts": events,
        "false_accept_recordings": recordings,
        "hours": round(table.hours, 3),
        "fa_per_hour": round(events / table.hours, 3),
        "fa_per_hour_interval": rate_interval(events, table.hours, squares, table.hearings),
        "near_accept_rate": share(accepted, table.near) if table.near else None,
        "near_accept_interval": wilson_interval(accepted, table.near),
        "n_near": table.near,
    }


def curve(table) -> list[dict]:
    """Every cutoff, falling, of a table of one window."""
    from scripts.evaluation.operating_point import CUTOFFS

    return [
        {
            "cutoff": float(cutoff),
            **{
                key: value
                for key, value in measured(table, column).items()
                if key in ("recall", "false_accepts", "fa_per_hour", "fa_per_hour_interval", "near_accept_rate")
            },
        }
        for column, cutoff in enumerate(CUTOFFS)
    ]


def in_groups(lines: list[dict], positives: list, index: list[dict]) -> dict:
    """What testing says of whom it hears and what it mistakes for the word, from the verdicts of its clips."""
    from scripts.evaluation import breakdowns

    of = {kind: [line for line in lines if line["set"] == kind] for kind in ("positive", "near", "part")}
    heard = {kind: [line["heard"] for line in found] for kind, found in of.items()}
    said = [
        index[line["row"]].get("text", breakdowns.UNKNOWN) if 0 <= line["row"] < len(index) else breakdowns.UNKNOWN
        for line in of["near"]
    ]
    return {
        **breakdowns.recall_by(positives, index, heard["positive"]),
        "by_kind": {
            kind: metric for kind in of if (metric := breakdowns.shares([kind] * len(of[kind]), heard[kind]).get(kind))
        },
        "by_near_phrase": breakdowns.shares(said, heard["near"]),
    }


def open_ambient_stores(common: Path, negatives: list[Path], mode: str) -> dict[str, list]:
    """What is listened to for false accepts in a mode: {name: stores}."""
    from scripts.core.spectrogram_store import open_stores

    places = [(common, name) for name in AMBIENT] + [
        (root, folder.name) for root in negatives for folder in sorted(root.iterdir()) if folder.is_dir()
    ]
    found = {name: open_stores(root, name, mode) for root, name in places}
    return {name: stores for name, stores in found.items() if stores}


def recall_of(verdicts: list[dict]) -> dict:
    """How many clips were heard: recall, its 95 % interval (Wilson), n_positive."""
    from scripts.core.statistics import share, wilson_interval

    heard = sum(line["heard"] for line in verdicts)
    return {
        "recall": share(heard, len(verdicts)),
        "recall_interval": wilson_interval(heard, len(verdicts)),
        "n_positive": len(verdicts),
    }


def talk_hours(common: Path, split: str) -> float | None:
    """Hours of recordings of people's talk behind the ambient sound of a split, where it is told. Each is heard several
    times there."""
    from scripts.core.files import read_json

    report = common / "report.json"
    kinds = read_json(report).get("recordings", {}).get(split, {}) if report.is_file() else {}
    found = [kinds[kind]["hours"] for kind in ("speech", "short") if kind in kinds]
    return round(sum(found), 3) if found else None


def evaluate(
    model: Path, features: Path, common: Path, jobs: int = 0, negatives: list[Path] = ()
) -> tuple[dict, dict[str, np.ndarray], list[dict]]:
    """Metrics, the arrays of probabilities.npz and the lines of clips.jsonl. ValueError if a set that is needed is
    empty."""
    import numpy as np

    from scripts.core.detection import hours, level_of
    from scripts.core.files import read_jsonl
    from scripts.core.spectrogram_store import STRANGER, open_stores
    from scripts.evaluation import clip_results, operating_point
    from scripts.evaluation.event_sources import hearings, origins
    from scripts.evaluation.inference import ClipSet, score_stores

    rows = features.parent / "samples" / "index.jsonl"
    index = read_jsonl(rows) if rows.is_file() else []
    sets, ambient = {}, {}
    for split in SPLITS:
        sets |= {
            f"{split}_{name}": (open_stores(features, name, split), operating_point.LATE_FRAMES)
            for name in ("positive", "near", "part")
        }
        heard = open_ambient_stores(common, negatives, f"{split}_ambient")
        ambient[split] = list(heard)
        sets |= {f"{split}_{name}": (stores, 0) for name, stores in heard.items()}
        if not sets[f"{split}_positive"][0]:
            raise ValueError(
                f"{features / 'positive' / split} holds no store; there is nothing to hear. Run `make features`."
            )
        if not heard:
            raise ValueError(
                f"{common} holds no ambient sound for {split} (looked for {' and '.join(AMBIENT)}, mode {split}_ambient); "
                "without it false accepts cannot be counted. Run `make features`."
            )
    if strangers := open_stores(features, "positive", STRANGER):
        sets[f"{STRANGER}_positive"] = strangers, operating_point.LATE_FRAMES
    scores = score_stores(model, {name: ClipSet(*each) for name, each in sets.items()}, jobs=jobs, label="evaluate")
    spans = {split: word_spans(sets[f"{split}_positive"][0], index) for split in SPLITS}
    sounding = origins(
        {
            name: (sets[name][0], scores[name])
            for split in SPLITS
            for name in (f"{split}_{each}" for each in ambient[split])
        }
    )

    def tabulate(split: str, windows: tuple[int, ...]):
        names = [f"{split}_{name}" for name in ambient[split]]
        return operating_point.tables(
            scores[f"{split}_positive"],
            spans[split],
            scores[f"{split}_near"],
            [(scores[name], sounding[name]) for name in names],
            windows,
            hearings(store for name in names for store in sets[name][0]),
        )

    point = operating_point.choose(tabulate("validation", operating_point.WINDOWS))
    level, column = level_of(point.cutoff), int(np.argmin(np.abs(operating_point.CUTOFFS - point.cutoff)))
    metrics = {
        "probability_cutoff": point.cutoff,
        "sliding_window_size": point.window,
        "target_fa_per_hour": operating_point.TARGET_FA_PER_HOUR,
        "confidence": operating_point.CONFIDENCE,
        "target_met": point.target_met,
        "plateau": list(point.plateau),
    }
    for split in SPLITS:
        table = tabulate(split, (point.window,))
        metrics[split] = {**measured(table, column), "talk_hours": talk_hours(common, split), "curve": curve(table)}
    tested = {
        name: (sets[f"testing_{name}"][0], scores[f"testing_{name}"], point.window, level)
        for name in ("positive", "near", "part", *ambient["testing"])
    }
    lines = [
        line
        for name in ("positive", "near", "part")
        for line in clip_results.of_clips(name, *tested[name], spans["testing"] if name == "positive" else None)
    ]
    if strangers:
        name = f"{STRANGER}_positive"
        metrics["strangers"] = recall_of(
            clip_results.of_clips(name, strangers, scores[name], point.window, level, word_spans(strangers, index))
        )
    wrong = {
        name: clip_results.of_streams(name, *tested[name])
        for name in ambient["testing"]
        if len(scores[f"testing_{name}"])
    }
    metrics["testing"] |= in_groups(lines, tested["positive"][0], index)
    metrics["testing"]["by_ambient"] = {
        name: {
            "false_accepts": len(events),
            "hours": round(hours(len(tested[name][1].outputs), tested[name][1].stride), 3),
        }
        for name, events in wrong.items()
    }
    lines += [line for events in wrong.values() for line in events]
    arrays = {name: each.outputs for name, each in scores.items()} | {
        f"{name}_offsets": each.offsets for name, each in scores.items()
    }
    return metrics, arrays, lines


def of_recordings(figures: dict) -> str:
    """From how many recordings the false accepts are, where that says anything."""
    count = figures["false_accept_recordings"]
    return f", from {count} recording{'s' if count > 1 else ''}" if figures["false_accepts"] > 1 else ""


def printed(metrics: dict) -> str:
    """The metrics as a table people read."""
    cutoff, testing = metrics["probability_cutoff"], metrics["testing"]
    lowest, highest = metrics["plateau"]
    lines = [
        f"Chosen on validation data: cutoff {cutoff:.2f}, window {metrics['sliding_window_size']}"
        + (f" (as good from {lowest:.2f} to {highest:.2f})" if lowest < highest else "")
    ]
    if not metrics["target_met"]:
        lines.append(
            f"{metrics['validation']['hours']:.2f} h of validation sound show of no cutoff, with {metrics['confidence']:.0%} confidence, that it stays within "
            f"{metrics['target_fa_per_hour']} false accepts per hour; it is chosen among those with the fewest."
        )
    for split in SPLITS:
        m = metrics[split]
        near = (
            ""
            if m["near_accept_rate"] is None
            else f", near misses accepted {m['near_accept_rate']:.1%} of {m['n_near']}"
        )
        lines.append(
            f"{split:>10}: recall {m['recall']:.1%} of {m['n_positive']} ({m['recall_interval'][0]:.1%} to {m['recall_interval'][1]:.1%}), "
            f"{m['fa_per_hour']:.2f} false accepts per hour ({m['false_accepts']} in {m['hours']:.2f} h{of_recordings(m)}, "
            f"{m['fa_per_hour_interval'][0]:.2f} to {m['fa_per_hour_interval'][1]:.2f}){near}"
        )
    if m := metrics.get("strangers"):
        lines.append(
            f" strangers: recall {m['recall']:.1%} of {m['n_positive']} ({m['recall_interval'][0]:.1%} to {m['recall_interval'][1]:.1%}), voices that no "
            "training hears: they rank models more as people do"
        )
    if talk := [f"{split} {told:.2f} h" for split in SPLITS if (told := metrics[split]["talk_hours"])]:
        lines.append(
            f"The talk in it is recordings of {', '.join(talk)}, each heard as recorded, in rooms and over music, that of validation also slowed; "
            "the intervals allow for one that is taken for the word each time."
        )
    lines.append("On testing data    cutoff   recall   false accepts/h   near misses")
    for point in testing["curve"]:
        if point["cutoff"] in SHOWN or point["cutoff"] == cutoff:
            near = "-" if point["near_accept_rate"] is None else f"{point['near_accept_rate']:.1%}"
            mark = "chosen" if point["cutoff"] == cutoff else ""
            lines.append(
                f"{mark:>18} {point['cutoff']:8.2f} {point['recall']:8.1%} {point['fa_per_hour']:17.2f} {near:>13}"
            )
    return "\n".join(lines)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(
        description="Choose cutoff and window on validation data, measure the model on testing data."
    )
    parser.add_argument("--model", type=Path, required=True, help="the streaming .tflite")
    parser.add_argument("--features", type=Path, required=True, help="the word's stores")
    parser.add_argument("--common", type=Path, required=True, help="the stores all words share")
    parser.add_argument("--negatives", type=Path, action="append", default=[], help="ready-made features, repeatable")
    parser.add_argument("--out", type=Path, required=True, help="folder to publish")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0 is one for each processor")
    options = parser.parse_args(argv)

    import numpy as np

    from scripts.core.files import publishing, write_json, write_jsonl
    from scripts.core.timing import stage_timer

    if not options.model.is_file():
        raise SystemExit(f"There is no model {options.model}; `make train` writes it.")
    with stage_timer(options.out, "evaluate") as facts, publishing(options.out, directory=True) as part:
        try:
            metrics, arrays, lines = evaluate(
                options.model, options.features, options.common, options.jobs, options.negatives
            )
        except ValueError as error:
            raise SystemExit(str(error)) from error
        np.savez_compressed(part / "probabilities.npz", **arrays)
        write_json(part / "metrics.json", metrics)
        write_jsonl(part / "clips.jsonl", lines)
        facts["items"] = sum(len(array) for name, array in arrays.items() if not name.endswith("_offsets"))
    print(printed(metrics))


if __name__ == "__main__":
    main()
