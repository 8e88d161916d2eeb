"""What a user's recordings changed: the new model against the control, on recordings that neither was trained on.

    comparison = compare(control, candidate, Path("data/work/hey_buster/recordings"))
    comparison["people"][0]["now"], comparison["refused"]

The gate: where recall on synthetic voices (those of the test, or held-out ones) or on people whose recordings do not
train falls by more than MARGIN, or false accepts on the home's held-out sound rise, the new model is refused.
"""

from dataclasses import dataclass
from pathlib import Path

from scripts.core.detection import detections, hours, level_of
from scripts.core.files import read_json
from scripts.core.spectrogram_store import HOME, OWN_NEGATIVE, OWN_POSITIVE, open_stores
from scripts.core.statistics import rate_interval, share, wilson_interval
from scripts.evaluation.inference import ClipSet, Scores, score_stores
from scripts.evaluation.operating_point import LATE_FRAMES, detected_clips
from scripts.recordings.comparison_text import TESTED
from scripts.recordings.control import Control

MARGIN = 0.03  # of recall: three in a hundred
FEWEST_OTHERS = 6  # recordings of people who do not train, below which they decide nothing


@dataclass(frozen=True)
class Candidate:
    """A model that was trained with recordings, before it is published."""

    model: Path
    metrics: dict

    @property
    def cutoff(self) -> float:
        return self.metrics["probability_cutoff"]

    @property
    def window(self) -> int:
        return self.metrics["sliding_window_size"]


def compare(control: Control, candidate: Candidate, recordings: Path, jobs: int = 0) -> dict:
    """Recall of each person and false accepts of the home, before and now, on what was held out; "refused" is the
    reason why the candidate may not be published, or ""."""
    facts = read_json(recordings / "people.json", dict)
    before, now = (score_held_out(each, recordings, jobs) for each in (control, candidate))
    people = [
        {
            "person": row["person"],
            "trained": row["clips"] - row["held_out"],
            "before": before.recall[row["store"]],
            "now": now.recall[row["store"]],
        }
        for row in facts["people"]
        if row["store"] in now.recall
    ]
    comparison = {
        "control": control.directory.name,
        "people": people,
        "negative": {"before": before.accepted, "now": now.accepted} if now.accepted else None,
        "home": {"before": before.home, "now": now.home} if now.home else None,
        "home_sets_cutoff": facts["home"]["sets_cutoff"],
        "synthetic": {
            key: {"before": control.metrics[key]["recall"], "now": candidate.metrics[key]["recall"]}
            for key, _ in TESTED
            if key in control.metrics and key in candidate.metrics
        },
        "margin": MARGIN,
    }
    return {**comparison, "refused": find_harm(comparison)}


def find_harm(comparison: dict) -> str:
    """Why a model is refused, as a sentence; "" if it may be published."""
    margin = comparison["margin"]
    for key, voices in TESTED:
        if (figures := comparison["synthetic"].get(key)) and figures["now"] < figures["before"] - margin:
            return (
                f"with the recordings it detects {figures['now']:.1%} of {voices}, without them {figures['before']:.1%}; "
                f"it may lose at most {margin:.0%}"
            )
    others = [row for row in comparison["people"] if not row["trained"]]
    clips = sum(row["now"]["n"] for row in others)
    if clips >= FEWEST_OTHERS:
        lost = sum(row["before"]["detected"] - row["now"]["detected"] for row in others)
        if lost > margin * clips:
            return (
                f"with the recordings it detects {lost} fewer of the {clips} recordings of people who do not train; it may "
                f"lose at most {margin:.0%}"
            )
    home = comparison["home"]
    if home and home["now"]["false_accepts"] > home["before"]["false_accepts"] + 1:
        return (
            f"your own sound wakes it {home['now']['false_accepts']} times in {home['now']['hours']:.2f} h, without the "
            f"recordings {home['before']['false_accepts']} times"
        )
    return ""


@dataclass(frozen=True)
class Figures:
    """One model on what was held out."""

    recall: dict[str, dict]  # of each store of people
    accepted: dict | None  # clips of false accepts that wake it
    home: dict | None  # false accepts on the home's sound


def score_held_out(model: Control | Candidate, recordings: Path, jobs: int) -> Figures:
    """A model on what was held out of a user's recordings (the folder that make_features writes)."""
    stores = {store.name: store for store in open_stores(recordings, OWN_POSITIVE, "testing")}
    sets = {name: ClipSet([store], LATE_FRAMES) for name, store in stores.items()}
    if rejected := open_stores(recordings, OWN_NEGATIVE, "testing"):
        sets[OWN_NEGATIVE] = ClipSet(rejected, LATE_FRAMES)
    if home := open_stores(recordings, HOME, "testing"):
        sets[HOME] = ClipSet(home)
    scores = score_stores(model.model, sets, jobs=jobs, label="compare") if sets else {}

    def count(name: str) -> dict:
        found = detected_clips(scores[name], model.window, level_of(model.cutoff))
        n, detected = len(found), int(found.sum())
        return {"detected": detected, "n": n, "recall": share(detected, n), "interval": wilson_interval(detected, n)}

    return Figures(
        {name: count(name) for name in stores},
        count(OWN_NEGATIVE) if rejected else None,
        _count_home(scores[HOME], model) if home else None,
    )


def _count_home(scores: Scores, model: Control | Candidate) -> dict:
    events = len(detections(scores.outputs, model.cutoff, model.window, stride=scores.stride))
    length_h = hours(len(scores.outputs), scores.stride)
    return {
        "false_accepts": events,
        "hours": round(length_h, 3),
        "fa_per_hour": round(events / length_h, 3),
        "interval": rate_interval(events, length_h),
    }
