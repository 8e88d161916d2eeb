"""Recall and false accepts of a model's outputs on recordings, by the device's rule of detection."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scripts.core.detection import LEVELS, detections, hours, level_of, window_sums
from scripts.core.statistics import rate_interval, share, wilson_interval
from scripts.evaluation.inference import Scores
from scripts.evaluation.operating_point import highest_levels

RATES = (0.1, 0.5, 1.0, 2.0, 5.0)  # false accepts per hour at which recall is given


@dataclass(frozen=True)
class Stream:
    """A model's outputs (inferences,) uint8 for one stream without the wake word, made of so many files."""

    name: str
    outputs: np.ndarray
    stride: int
    files: int = 1

    @property
    def duration_h(self) -> float:
        return hours(len(self.outputs), self.stride)

    def count_events(self, window: int) -> np.ndarray:
        """Detections at each level (LEVELS,)."""
        sums = window_sums(self.outputs, window)
        return np.array(
            [
                len(detections(self.outputs, level=level, window=window, stride=self.stride, sums=sums))
                for level in range(LEVELS)
            ]
        )


@dataclass(frozen=True)
class Positives:
    """The highest level at which each positive is detected, -1 for none, and how they group into different sounds."""

    highest: np.ndarray
    groups: np.ndarray  # equal where two positives are duplicates of one sound

    @property
    def group_sizes(self) -> np.ndarray:
        return np.unique(self.groups, return_counts=True)[1]

    @property
    def effective(self) -> int:
        """Number of independent positives: duplicates are detected together or not at all (Kish 1965)."""
        return round(len(self.highest) ** 2 / (self.group_sizes**2).sum())

    def describe_recall(self, level: int) -> dict:
        """Recall at a level, its 95 % interval, and recall with each sound counted once."""
        _, places, sizes = np.unique(self.groups, return_inverse=True, return_counts=True)
        weights = 1 / sizes[places] / len(sizes)
        detected = int((self.highest >= level).sum())
        return {
            "recall": share(detected, len(self.highest)),
            "recall_interval": wilson_interval(round(detected / len(self.highest) * self.effective), self.effective),
            "recall_once": share(weights[self.highest >= level].sum(), 1),
        }


def _describe_rate(events: int, duration_h: float) -> dict:
    return {
        "false_accepts": events,
        "fa_per_hour": round(events / duration_h, 3),
        "fa_per_hour_interval": rate_interval(events, duration_h),
    }


def find_level(events: np.ndarray, most: float) -> int | None:
    """The lowest level from which on no level has more than `most` events; None if there is none.

    Level 0 is never chosen: at it the device never listens again.

    >>> find_level(np.array([9, 5, 2, 3, 1]), 2.5)
    4
    """
    above = np.flatnonzero(events[1:] > most)
    level = int(above[-1]) + 2 if len(above) else 1
    return level if level < len(events) else None


def describe_recall(
    positives: Scores, negatives: Sequence[Stream], window: int, cutoff: float, groups: np.ndarray | None = None
) -> dict:
    """Recall at RATES, counted over all negatives together, and at `cutoff`, with each stream by itself.

    groups: (positives,), equal where two positives are duplicates of one sound; None if all are different.
    """
    highest = highest_levels(positives, window)[:, 1]
    facts = Positives(highest, np.arange(len(highest)) if groups is None else groups)
    by_stream = [stream.count_events(window) for stream in negatives]
    events, duration_h = np.sum(by_stream, axis=0), sum(stream.duration_h for stream in negatives)

    def describe(level: int) -> dict:
        return {**facts.describe_recall(level), **_describe_rate(int(events[level]), duration_h)}

    levels = {f"{rate}": find_level(events, rate * duration_h) for rate in RATES}
    own = level_of(cutoff)
    return {
        "window": window,
        "n_positive": len(highest),
        "n_sounds": len(facts.group_sizes),
        "n_effective": facts.effective,
        "hours": round(duration_h, 3),
        "at_cutoff": {"cutoff": cutoff, **describe(own)},
        "streams": [
            {
                "name": stream.name,
                "files": stream.files,
                "hours": round(stream.duration_h, 4),
                "false_accepts": int(counts[own]),
            }
            for stream, counts in zip(negatives, by_stream)
        ],
        "at_fa_per_hour": {
            rate: None if level is None else {"cutoff": round(-(-level * 1000 // 255) / 1000, 3), **describe(level)}
            for rate, level in levels.items()
        },
    }
