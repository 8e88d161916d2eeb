"""Choose the probability cutoff and the sliding window on validation data, by the device's own rule.

    point = choose(tables(positives, spans, near, ambient))      # Scores of the validation split
    point.cutoff, point.window

The rule:

1. Feasible is a setting of which CONFIDENCE says that it wakes at most TARGET_FA_PER_HOUR times an hour of ambient
sound, and
   which validation sound woke no oftener. At the target seventeen hours hold eight events, too few to tell one model from
   another; so the rate is read off the TAIL_EVENTS of a lower cutoff, by how fast they become fewer (rate_bound). Other
   sound then wakes models half a time per hour as asked, and they differ half as much as by a count of the events at the
   cutoff itself (docs/EXPERIMENTS.md). If no setting is feasible, those with the fewest events are.
2. Among the feasible ones what counts is recall. Near misses accepted are reported, but do not choose: a network made
to
   refuse them refuses people too (model/batches.py), and ambient sound seldom holds one.
3. All cutoffs around the best that hear just as many are as good as it, as far as validation can tell. The middle of
that
   plateau is chosen, of two in the middle the lower: it is farthest from both cliffs, and real rooms and people differ from
   validation to either side. A model that separates perfectly gets about 0.5, not 0.02 or 0.99. Nothing is given away
   beyond it: how many of the voices are heard says little about people (docs/EXPERIMENTS.md), so that within its standard
   error does not count as the same.
4. Each window is treated so; the one with the highest recall at its own choice wins, of equals the longest, which
averages
   most: it answers up to 0.15 s later, and people are heard no less (docs/EXPERIMENTS.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scripts.core.detection import detections, hours, level_of, window_sums
from scripts.evaluation.inference import Scores

WINDOWS = tuple(range(5, 11))  # inferences averaged: the official 5, or steadier
CUTOFFS = np.round(np.arange(0.99, 0.005, -0.01), 2)  # falling, as people write them in a manifest
TARGET_FA_PER_HOUR = 0.5  # the goal's rate
CONFIDENCE = 0.9  # that a model wakes no more often than the target
TAIL_EVENTS = 60  # as many tell how fast they become fewer
LATE_FRAMES = 100  # an answer counts until 1 s after the word
LEVELS = np.array([level_of(float(cutoff)) for cutoff in CUTOFFS])


@dataclass
class Tables:
    """What every setting would do: rows are windows, columns CUTOFFS; counts as int64."""

    windows: tuple[int, ...]
    heard: np.ndarray  # (windows, cutoffs) positives heard
    positives: int
    near_accepted: np.ndarray  # (windows, cutoffs) near misses accepted
    near: int
    false_accepts: np.ndarray  # (windows, cutoffs) events in ambient sound
    recordings: np.ndarray  # (windows, cutoffs) recordings that these events are in
    squares: np.ndarray  # (windows, cutoffs) sum over these recordings of the squared number of events in each
    hours: float
    hearings: int = 1  # how often one recording is heard


@dataclass
class Point:
    """A chosen setting, and how it was found."""

    cutoff: float
    window: int
    target_met: bool  # whether CONFIDENCE says that false accepts per hour are within the target
    plateau: tuple[float, float]  # lowest and highest cutoff as good as this one


def highest_levels(scores: Scores, window: int, spans: np.ndarray | None = None) -> np.ndarray:
    """For each clip the highest level at which it is heard, -1 if at none: (clips, 2) for (before, in) its span.

    `spans` (clips, 2) frames: where the word starts, and until when an answer counts; None takes all of each clip. The
    first column tells of answers before the word, which are no hits, and after which the device would ignore the word.
    A clip is heard at level L when `before < L <= in`.
    """
    best = np.full((len(scores), 2), -1, np.int64)
    for clip in range(len(scores)):
        # Heard at level L: sum > L * window, so up to (sum - 1) // window.
        levels = (window_sums(scores[clip], window) - 1) // window
        start, stop = (
            (0, len(levels))
            if spans is None
            else (int(spans[clip, 0]) // scores.stride, int(spans[clip, 1]) // scores.stride + 1)
        )
        best[clip, 0] = levels[:start].max(initial=-1)
        best[clip, 1] = levels[start:stop].max(initial=-1)
    return best


def heard_by_clip(scores: Scores, window: int, level: int, spans: np.ndarray | None = None) -> np.ndarray:
    """(clips,) bool: is each clip heard at this setting?"""
    before, within = highest_levels(scores, window, spans).T
    return (before < level) & (level <= within)


def tables(
    positives: Scores,
    spans: np.ndarray,
    near: Scores,
    ambient: Sequence[tuple[Scores, np.ndarray]],
    windows: tuple[int, ...] = WINDOWS,
    hearings: int = 1,
) -> Tables:
    """Count, for every window and cutoff, positives heard, near misses accepted and false accepts in ambient sound.

    `spans` as in highest_levels(). Each of `ambient` is one uninterrupted stream, whatever clips it is made of, and
    which recording sounds at each of its outputs (origins.py), which may sound `hearings` times.
    """
    heard, accepted, false_accepts, recordings, squares = np.zeros((5, len(windows), len(CUTOFFS)), np.int64)
    for row, window in enumerate(windows):
        before, within = highest_levels(positives, window, spans).T
        heard[row] = ((before[:, None] < LEVELS) & (within[:, None] >= LEVELS)).sum(axis=0)
        accepted[row] = (highest_levels(near, window)[:, 1, None] >= LEVELS).sum(axis=0)
        streams = [(scores, sounding, window_sums(scores.outputs, window)) for scores, sounding in ambient]
        for column, level in enumerate(map(int, LEVELS)):
            events = [
                sounding[detections(scores.outputs, level=level, window=window, stride=scores.stride, sums=sums)]
                for scores, sounding, sums in streams
            ]
            counts = np.unique(np.concatenate(events), return_counts=True)[1] if events else np.empty(0, np.int64)
            false_accepts[row, column], recordings[row, column], squares[row, column] = (
                counts.sum(),
                len(counts),
                (counts**2).sum(),
            )
    duration = sum(hours(len(scores.outputs), scores.stride) for scores, _ in ambient)
    return Tables(
        windows, heard, len(positives), accepted, len(near), false_accepts, recordings, squares, duration, hearings
    )


def choose(table: Tables, target: float = TARGET_FA_PER_HOUR) -> Point:
    """The setting, by the rule in this module's docstring. ValueError without positives or without ambient sound."""
    if not table.positives or not table.hours:
        raise ValueError(
            f"A cutoff is chosen on positives and ambient sound; there are {table.positives} clips and {table.hours:.2f} hours."
        )
    within = (rate_bound(table.false_accepts, table.hours) <= target) & (table.false_accepts / table.hours <= target)
    met = bool(within.any())
    feasible = within if met else table.false_accepts == table.false_accepts.min()
    found = []
    for row in range(len(table.windows)):
        if not feasible[row].any():
            continue
        best = int(np.argmax(np.where(feasible[row], table.heard[row], -1)))
        good = feasible[row] & (table.heard[row] == table.heard[row, best])
        first = last = best
        while first > 0 and good[first - 1]:
            first -= 1
        while last < len(CUTOFFS) - 1 and good[last + 1]:
            last += 1
        found.append((row, first, last))
    row, first, last = max(found, key=lambda plateau: (table.heard[plateau[:2]], plateau[0]))
    return Point(
        float(CUTOFFS[(first + last + 1) // 2]), table.windows[row], met, (float(CUTOFFS[last]), float(CUTOFFS[first]))
    )


def rate_bound(events: np.ndarray, duration_h: float) -> np.ndarray:
    """(windows, cutoffs): per hour, what the rate of false accepts does not exceed with CONFIDENCE, from counts of the
    same shape.

    Peaks over a threshold: beyond a high one, what exceeds it is distributed exponentially, here in log-odds of the
    cutoff (a generalized Pareto distribution of shape 0; Pickands 1975, Annals of Statistics 3; Coles 2001, chapter 4).
    The threshold is the highest cutoff with TAIL_EVENTS events; their mean excess, the area under the counts beyond it,
    says how fast they become fewer, and the delta method how sure that is. Below it, and where there are not as many, a
    cutoff's own count decides: Jeffreys' posterior for a Poisson rate, Gamma(events + 1/2). Both take events for
    independent.
    """
    from scipy.stats import chi2, norm

    bounds = chi2.ppf(CONFIDENCE, 2 * events + 1) / 2 / duration_h
    log_odds = np.log(CUTOFFS / (1 - CUTOFFS))
    for row, counts in enumerate(events):
        threshold = int(
            np.argmax(counts >= TAIL_EVENTS)
        )  # 0 if there are not as many, or at the highest cutoff already
        if threshold:
            peaks, beyond = counts[threshold], log_odds[: threshold + 1] - log_odds[threshold]
            excess = beyond / (np.trapezoid(counts[threshold::-1], beyond[::-1]) / peaks)
            bounds[row, : threshold + 1] = (
                peaks / duration_h * np.exp(norm.ppf(CONFIDENCE) * np.sqrt((1 + excess**2) / peaks) - excess)
            )
    return bounds
