"""What a user's recordings changed: the new model against the control, on sound that neither was trained on.

    comparison = compare(control, candidate, Sound(recordings, features, samples))
    comparison["people"][0]["now"], comparison["refused"]

The gate: where recall on synthetic voices (those of the test, or held-out ones) or on a person's held-out recordings falls
by more than MARGIN, or false accepts on the home's held-out sound rise, the new model is refused.
"""

from dataclasses import dataclass
from pathlib import Path

from scripts.core.files import read_json
from scripts.recordings.comparison_text import TESTED
from scripts.recordings.control import Control
from scripts.recordings.scoring import Sound, score

MARGIN = 0.03  # of recall: three in a hundred
FEWEST = 6  # recordings, below which they decide nothing
CHANCE = 1  # a single recording more or less is none


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


def compare(control: Control, candidate: Candidate, sound: Sound, jobs: int = 0) -> dict:
    """Recall of synthetic voices and of each person, and false accepts of the home, before and now, on what was held out;
    "refused" is the reason why the candidate may not be published, or ""."""
    assert sound.recordings
    facts = read_json(sound.recordings / "people.json", dict)
    before, now = (score(each, sound, jobs) for each in (control, candidate))

    def pair(key: str) -> dict | None:
        return {"before": before[key], "now": now[key]} if now[key] else None

    comparison = {
        "control": control.directory.name,
        "people": [
            {
                "person": row["person"],
                "trained": row["clips"] - row["held_out"],
                "before": before["people"][row["store"]],
                "now": now["people"][row["store"]],
            }
            for row in facts["people"]
            if row["store"] in now["people"]
        ],
        "negative": pair("negative"),
        "home": pair("home"),
        "home_sets_cutoff": facts["home"]["sets_cutoff"],
        "synthetic": {key: {"before": before["synthetic"][key], "now": each} for key, each in now["synthetic"].items()},
        "margin": MARGIN,
    }
    return {**comparison, "refused": find_harm(comparison)}


def find_harm(comparison: dict) -> str:
    """Why a model is refused, as a sentence; "" if it may be published."""
    margin = comparison["margin"]
    for key, voices in TESTED.items():
        figures = comparison["synthetic"].get(key)
        if figures and figures["now"]["recall"] < figures["before"]["recall"] - margin:
            return (
                f"with the recordings it detects {figures['now']['recall']:.1%} of {voices}, without them "
                f"{figures['before']['recall']:.1%}; it may lose at most {margin:.0%}"
            )
    people = comparison["people"]
    groups = [("people who do not train", [row for row in people if not row["trained"]])]
    groups += [(row["person"], [row]) for row in people if row["trained"]]
    for name, rows in groups:
        clips = sum(row["now"]["n"] for row in rows)
        lost = sum(row["before"]["detected"] - row["now"]["detected"] for row in rows)
        if clips >= FEWEST and lost > max(CHANCE, margin * clips):
            return (
                f"with the recordings it detects {lost} fewer of the {clips} held-out recordings of {name}; it may lose at "
                f"most {margin:.0%}, or {CHANCE}"
            )
    home = comparison["home"]
    if home and home["now"]["false_accepts"] > home["before"]["false_accepts"] + CHANCE:
        return (
            f"your own sound wakes it {home['now']['false_accepts']} times in {home['now']['hours']:.2f} h, without the "
            f"recordings {home['before']['false_accepts']} times"
        )
    return ""
