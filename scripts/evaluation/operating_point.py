"""Choose the probability cutoff and the sliding window on validation data, by the device's own rule.

    point = choose_operating_point(count(positives, spans, confusable, ambient))      # Scores of the validation split
    point.cutoff, point.window

The rule:

1. A setting is feasible if validation sound woke it at most TARGET_FA_PER_HOUR times an hour, and if its rate is within
   that target with CONFIDENCE. At the target seventeen hours hold eight events, too few to tell models apart, so the
   rate is extrapolated from the TAIL_EVENTS of a lower cutoff (rate_bound). On other sound models then come close to the
   target, and their rates spread half as much as if the events at the cutoff itself were counted (docs/EXPERIMENTS.md).
   If no setting is feasible, those with the fewest events are. The sound of a user's home is validation sound as well,
   and among feasible settings those count with at most one event more in it than the target allows; if there are none,
   those with the fewest.
2. Among feasible settings recall decides. Accepted confusable phrases are reported but do not decide: a network trained
   to refuse them refuses people too (model/batches.py), and they are rare in ambient sound.
3. Neighbouring feasible cutoffs with the same number of detections form a plateau; validation cannot tell them apart.
   Its middle is chosen, of two the lower one: it is farthest from both ends, and real rooms and people differ from
   validation in both directions. A model that separates perfectly gets about 0.5, not 0.02 or 0.99. Cutoffs within one
   standard error of recall are not treated as equal, because the recall of voices says little about people
   (docs/EXPERIMENTS.md).
4. The window with the highest recall at its own choice wins, of equals the longest, which averages most: it answers up
   to 0.15 s later, and detects people no less often (docs/EXPERIMENTS.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from scripts.core.detection import detections, hours, level_of, window_sums
from scripts.evaluation.inference import Scores

WINDOWS = tuple(range(5, 11))  # inferences averaged: the official 5, or steadier
CUTOFFS = np.round(np.arange(0.99, 0.005, -0.01), 2)  # falling, with two digits as in a manifest
TARGET_FA_PER_HOUR = 0.5
GENEROUS_FA_PER_HOUR = 10.0  # where whoever was woken checks the detection a second time
CONFIDENCE = 0.9  # that a model wakes no more often than the target
TAIL_EVENTS = 60  # events from which the rate at higher cutoffs is extrapolated
LATE_FRAMES = 100  # a detection counts until 1 s after the word
LEVELS = np.array([level_of(float(cutoff)) for cutoff in CUTOFFS])


@dataclass(frozen=True)
class AmbientStream:
    """Uninterrupted sound without the wake word, whatever clips it is stored in."""

    scores: Scores
    recordings: np.ndarray  # (inferences,) int64: the recording that sounds at each output (event_sources.py)


@dataclass
class Counts:
    """What every setting would do: rows are windows, columns CUTOFFS; arrays of int64."""

    windows: tuple[int, ...]
    detected: np.ndarray  # (windows, cutoffs) positives detected
    positives: int
    confusable_accepted: np.ndarray  # (windows, cutoffs) confusable phrases taken for the word
    confusable: int
    false_accepts: np.ndarray  # (windows, cutoffs) events in ambient sound
    recordings: np.ndarray  # (windows, cutoffs) recordings that these events are in
    squares: np.ndarray  # (windows, cutoffs) sum over these recordings of the squared number of events in each
    hours: float
    repetitions: int = 1  # how often one recording sounds


@dataclass(frozen=True)
class OperatingPoint:
    """The chosen setting, and how it was chosen."""

    cutoff: float
    window: int
    target_met: bool  # whether false accepts per hour are within the target with CONFIDENCE
    plateau: tuple[float, float]  # lowest and highest cutoff that validation cannot tell from this one

    @property
    def level(self) -> int:
        """The integer that the device compares with."""
        return level_of(self.cutoff)

    @property
    def column(self) -> int:
        """The place of the cutoff in CUTOFFS."""
        return int(np.argmin(np.abs(CUTOFFS - self.cutoff)))


def span_slice(spans: np.ndarray | None, clip: int, scores: Scores, inferences: int) -> slice:
    """The inferences within a clip's span of frames; without `spans` all of them."""
    if spans is None:
        return slice(0, inferences)
    return slice(int(spans[clip, 0]) // scores.stride, int(spans[clip, 1]) // scores.stride + 1)


def highest_levels(scores: Scores, window: int, spans: np.ndarray | None = None) -> np.ndarray:
    """For each clip the highest level at which it is detected, -1 if at none: (clips, 2) for (before, within) its span.

    `spans` (clips, 2) frames: the start of the word, and the last frame at which a detection counts; None for whole
    clips. A detection before the span is no hit, and the device then ignores the word itself. So a clip is detected at
    level L if `before < L <= within`.
    """
    best = np.full((len(scores), 2), -1, np.int64)
    for clip in range(len(scores)):
        # Detected at level L if sum > L * window, so up to (sum - 1) // window.
        levels = (window_sums(scores[clip], window) - 1) // window
        span = span_slice(spans, clip, scores, len(levels))
        best[clip, 0] = levels[: span.start].max(initial=-1)
        best[clip, 1] = levels[span].max(initial=-1)
    return best


def detected_clips(scores: Scores, window: int, level: int, spans: np.ndarray | None = None) -> np.ndarray:
    """(clips,) bool: whether each clip is detected at this setting; `spans` as in highest_levels()."""
    before, within = highest_levels(scores, window, spans).T
    return (before < level) & (level <= within)


def count(
    positives: Scores,
    spans: np.ndarray | None,
    confusable: Scores,
    ambient: Sequence[AmbientStream],
    windows: tuple[int, ...] = WINDOWS,
    repetitions: int = 1,
) -> Counts:
    """Count detected positives, accepted confusable phrases and false accepts for every window and cutoff.

    `spans` as in highest_levels(); `repetitions` is how often one recording sounds in `ambient`.
    """
    detected, accepted, false_accepts, recordings, squares = np.zeros((5, len(windows), len(CUTOFFS)), np.int64)
    for row, window in enumerate(windows):
        before, within = highest_levels(positives, window, spans).T
        detected[row] = ((before[:, None] < LEVELS) & (within[:, None] >= LEVELS)).sum(axis=0)
        accepted[row] = (highest_levels(confusable, window)[:, 1, None] >= LEVELS).sum(axis=0)
        sums = [window_sums(stream.scores.outputs, window) for stream in ambient]
        for column, level in enumerate(map(int, LEVELS)):
            sizes = _events_by_recording(ambient, sums, window, level)
            false_accepts[row, column], recordings[row, column] = sizes.sum(), len(sizes)
            squares[row, column] = (sizes**2).sum()
    duration_h = sum(hours(len(stream.scores.outputs), stream.scores.stride) for stream in ambient)
    return Counts(
        windows,
        detected,
        len(positives),
        accepted,
        len(confusable),
        false_accepts,
        recordings,
        squares,
        duration_h,
        repetitions,
    )


def _events_by_recording(
    ambient: Sequence[AmbientStream], sums: list[np.ndarray], window: int, level: int
) -> np.ndarray:
    """(recordings,) int64: the number of false accepts in each recording that has any."""
    events = [
        stream.recordings[
            detections(stream.scores.outputs, level=level, window=window, stride=stream.scores.stride, sums=stream_sums)
        ]
        for stream, stream_sums in zip(ambient, sums)
    ]
    return np.unique(np.concatenate(events), return_counts=True)[1] if events else np.empty(0, np.int64)


def choose_operating_point(
    counts: Counts, target: float = TARGET_FA_PER_HOUR, at_home: Counts | None = None
) -> OperatingPoint:
    """The setting, by the rule in this module's docstring; `at_home`: of all validation sound that of a user's home.
    ValueError without positives or without ambient sound."""
    if not counts.positives or not counts.hours:
        raise ValueError(
            f"A cutoff is chosen on clips of the word and on ambient sound; there are {counts.positives} clips and "
            f"{counts.hours:.2f} hours."
        )
    within = (rate_bound(counts.false_accepts, counts.hours) <= target) & (
        counts.false_accepts / counts.hours <= target
    )
    target_met = bool(within.any())
    feasible = within if target_met else counts.false_accepts == counts.false_accepts.min()
    if at_home:
        fewest = at_home.false_accepts[feasible].min()
        feasible = feasible & (at_home.false_accepts <= max(fewest, target * at_home.hours + 1))
    plateaus = []
    for row in range(len(counts.windows)):
        if not feasible[row].any():
            continue
        best = int(np.argmax(np.where(feasible[row], counts.detected[row], -1)))
        equal = feasible[row] & (counts.detected[row] == counts.detected[row, best])
        first = last = best
        while first > 0 and equal[first - 1]:
            first -= 1
        while last < len(CUTOFFS) - 1 and equal[last + 1]:
            last += 1
        plateaus.append((row, first, last))
    row, first, last = max(plateaus, key=lambda plateau: (counts.detected[plateau[:2]], plateau[0]))
    return OperatingPoint(
        float(CUTOFFS[(first + last + 1) // 2]),
        counts.windows[row],
        target_met,
        (float(CUTOFFS[last]), float(CUTOFFS[first])),
    )


def choose_generous_column(counts: Counts) -> int:
    """The column of CUTOFFS that detects most with at most GENEROUS_FA_PER_HOUR, of equals the highest; the highest of
    all if none accepts so little. `counts` are those of validation and of the chosen window alone."""
    feasible = counts.false_accepts[0] / counts.hours <= GENEROUS_FA_PER_HOUR
    return int(np.argmax(np.where(feasible, counts.detected[0], -1)))


def rate_bound(events: np.ndarray, duration_h: float) -> np.ndarray:
    """(windows, cutoffs): upper bound, with CONFIDENCE, of false accepts per hour, from counts of the same shape.

    Peaks over a threshold: beyond a high threshold excesses are distributed exponentially, here in log-odds of the
    cutoff (a generalized Pareto distribution of shape 0; Pickands 1975, Annals of Statistics 3; Coles 2001, chapter 4).
    The threshold is the highest cutoff with TAIL_EVENTS events; the mean excess, which is the area under the counts
    beyond it, tells how fast they fall, and the delta method how certain that is. Below the threshold, and where there
    is none, a cutoff's own count decides: Jeffreys' posterior for a Poisson rate, Gamma(events + 1/2). Both assume
    independent events.
    """
    bounds = chi2.ppf(CONFIDENCE, 2 * events + 1) / 2 / duration_h
    log_odds = np.log(CUTOFFS / (1 - CUTOFFS))
    for row, counts in enumerate(events):
        threshold = int(np.argmax(counts >= TAIL_EVENTS))  # 0: at no cutoff, or already at the highest
        if threshold:
            peaks, beyond = counts[threshold], log_odds[: threshold + 1] - log_odds[threshold]
            excess = beyond / (np.trapezoid(counts[threshold::-1], beyond[::-1]) / peaks)
            bounds[row, : threshold + 1] = (
                peaks / duration_h * np.exp(norm.ppf(CONFIDENCE) * np.sqrt((1 + excess**2) / peaks) - excess)
            )
    return bounds
