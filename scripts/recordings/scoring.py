"""What a published model detects of a word's test clips and of a user's recordings, and how often a home wakes it.

    figures = score(control, Sound(recordings, features, samples), jobs=0)
    figures["people"]["person0"], figures["synthetic"]["testing"], figures["home"]

Two models are compared on the same sound, whatever they were published with.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scripts.core.detection import detections, hours, level_of
from scripts.core.files import read_jsonl
from scripts.core.spectrogram_store import HELDOUT, HOME, OWN_NEGATIVE, OWN_POSITIVE, open_stores
from scripts.core.statistics import rate_interval, share, wilson_interval
from scripts.evaluation.evaluation_sets import POSITIVE, find_spans
from scripts.evaluation.inference import ClipSet, Scores, score_stores
from scripts.evaluation.operating_point import LATE_FRAMES, detected_clips

SYNTHETIC = {"testing": "testing", "strangers": HELDOUT}  # the names that metrics.json has for them: modes of the store


class Model(Protocol):
    """A streaming model and the operating point it is published with."""

    @property
    def model(self) -> Path: ...
    @property
    def cutoff(self) -> float: ...
    @property
    def window(self) -> int: ...


@dataclass(frozen=True)
class Sound:
    """Where the sound is: spectrograms of a user's recordings, and those of a word with its samples, None for neither."""

    recordings: Path | None
    features: Path | None = None
    samples: Path | None = None


def score(model: Model, sound: Sound, jobs: int = 0) -> dict:
    """Clips detected of each set of synthetic voices, of each person (by store) and of false accepts, and false accepts
    in home sound; what there is no sound for is {} or None."""
    sets, spans = {}, {}
    if sound.features and sound.samples and (sound.samples / "index.jsonl").is_file():
        index = read_jsonl(sound.samples / "index.jsonl")
        for name, mode in SYNTHETIC.items():
            if stores := open_stores(sound.features, POSITIVE, mode):
                sets["synthetic", name], spans["synthetic", name] = stores, find_spans(stores, index)
    if sound.recordings:
        for store in open_stores(sound.recordings, OWN_POSITIVE, "testing"):
            sets["people", store.name] = [store]
        for kind in (OWN_NEGATIVE, HOME):
            if stores := open_stores(sound.recordings, kind, "testing"):
                sets[kind, ""] = stores
    clips = {"/".join(key): ClipSet(stores, 0 if key[0] == HOME else LATE_FRAMES) for key, stores in sets.items()}
    scores = score_stores(model.model, clips, jobs=jobs, label="compare") if clips else {}

    def count(key: tuple[str, str]) -> dict:
        found = detected_clips(scores["/".join(key)], model.window, level_of(model.cutoff), spans.get(key))
        n, detected = len(found), int(found.sum())
        return {"detected": detected, "n": n, "recall": share(detected, n), "interval": wilson_interval(detected, n)}

    return {
        **{group: {key[1]: count(key) for key in sets if key[0] == group} for group in ("synthetic", "people")},
        "negative": count((OWN_NEGATIVE, "")) if (OWN_NEGATIVE, "") in sets else None,
        "home": _count_home(scores[f"{HOME}/"], model) if (HOME, "") in sets else None,
    }


def _count_home(scores: Scores, model: Model) -> dict:
    events = len(detections(scores.outputs, model.cutoff, model.window, stride=scores.stride))
    length_h = hours(len(scores.outputs), scores.stride)
    return {
        "false_accepts": events,
        "hours": round(length_h, 3),
        "fa_per_hour": round(events / length_h, 3),
        "interval": rate_interval(events, length_h),
    }
