"""ESPHome's integer rule for detections, over the outputs of a streaming model.

    events = detections(probabilities, cutoff=0.87, window=5)      # probabilities (inferences,) uint8

The rule, from esphome/components/micro_wake_word (`perform_streaming_inference` and `determine_detected` in
streaming_model.cpp, `process_probabilities_` in micro_wake_word.cpp; the cutoff's integer from __init__.py):

- the cutoff is the integer level int(cutoff * 255), although an output of q means q / 256;
- the word is detected when the sum of the last `window` outputs is greater than level * window;
- a counter starts at -100 (-74 before 2026) and grows by one with every 10 ms slice after which the newest output is
  under the level; below zero nothing is detected. So a model that starts or stays high keeps the device waiting;
- a detection sets the outputs in the window to zero and the counter back to its start.

Outputs come once every `stride` slices. The counter moves with slices: it may reach zero between two inferences, and
the device then looks again at the outputs it has. Both functions here do so too, and give the same events.
The desktop runtime pymicro-wakeword compares mean(q / 256) > cutoff instead and ignores nothing.
"""

from collections import deque

import numpy as np

STRIDE = 3  # slices an inference; all official models
IGNORED_SLICES = 100  # after the start and after a detection
SLICE_S = 0.01
LEVELS = 255  # the device's integer cutoffs: 0 .. 254


def level_of(cutoff: float) -> int:
    """The integer the device compares with, from a manifest's probability_cutoff."""
    return int(cutoff * 255)


def window_sums(probabilities: np.ndarray, window: int) -> np.ndarray:
    """Sum of the last `window` outputs at every inference, zeros before the first: (n,) uint8 to (n,) int64."""
    total = np.concatenate([np.zeros(window, np.int64), np.cumsum(probabilities, dtype=np.int64)])
    return total[window:] - total[:-window]


def chosen_level(cutoff: float | None, level: int | None) -> int:
    """`level` as it is, else that of `cutoff`; ValueError without either."""
    if level is not None:
        return level
    if cutoff is None:
        raise ValueError("give a cutoff or a level")
    return level_of(cutoff)


def detections(
    probabilities: np.ndarray,
    cutoff: float | None = None,
    window: int = 5,
    *,
    level: int | None = None,
    stride: int = STRIDE,
    ignored: int = IGNORED_SLICES,
    sums: np.ndarray | None = None,
) -> np.ndarray:
    """Indices of the inferences at which the device detects the word, in one stream of outputs (n,) uint8.

    Give a `cutoff` as the manifest has it or the integer `level`. `sums` may pass window_sums() computed before.
    """
    level = chosen_level(cutoff, level)
    threshold = level * window
    sums = window_sums(probabilities, window) if sums is None else sums
    candidates = np.flatnonzero(sums > threshold)
    if not len(candidates):
        return np.empty(0, np.int64)
    # low[k]: how many of the outputs before k are under the level; each adds a whole stride to the counter.
    low = np.concatenate([[0], np.cumsum(probabilities < level)])
    events: list[int] = []
    # At the start the outputs are zero, and all but the last slice of the first inference pass under them.
    since, counter = 0, -ignored + (stride - 1 if level > 0 else 0)
    while True:
        # Inference k's slices lift the counter to zero if counter + stride * (low[k + 1] - low[since]) >= 0.
        needed = low[since] + max(0, -(counter // stride))
        first = max(since, int(np.searchsorted(low, needed)) - 1)
        event = None
        for k in candidates[np.searchsorted(candidates, first) :]:
            # Outputs from before the last reset count as zero, which matters only to a window longer than the pause.
            if k - window + 1 >= since or int(probabilities[since : k + 1].sum()) > threshold:
                event = int(k)
                break
        if event is None:
            return np.asarray(events, np.int64)
        events.append(event)
        # How many of this inference's slices passed until the counter was at zero: after those, the newest output is
        # zero.
        before = counter + stride * int(low[event] - low[since])
        step = 1 if probabilities[event] < level else 0
        waited = max(0, -(before + step)) if step else 0
        since, counter = event + 1, -ignored + (stride - 1 - waited if level > 0 else 0)
        if since >= len(probabilities):
            return np.asarray(events, np.int64)


class Detector:
    """The same rule slice by slice, as on the device: push outputs one at a time.

    >>> detector = Detector(cutoff=0.5, window=2, ignored=0)
    >>> [detector.push(output) for output in (0, 200, 200)]
    [False, False, True]
    """

    def __init__(
        self,
        cutoff: float | None = None,
        window: int = 5,
        *,
        level: int | None = None,
        stride: int = STRIDE,
        ignored: int = IGNORED_SLICES,
    ):
        self.level = chosen_level(cutoff, level)
        self.window, self.stride, self.ignored = window, stride, ignored
        self._reset()
        self._slices(stride - 1)

    def _reset(self) -> None:
        self.outputs = deque([0] * self.window, maxlen=self.window)
        self.counter = -self.ignored

    def _slices(self, count: int) -> bool:
        # Slices pass; the newest output stays the same. At most one detection.
        detected = False
        for _ in range(count):
            if self.outputs[-1] < self.level:
                self.counter = min(self.counter + 1, 0)
            if self.counter >= 0 and sum(self.outputs) > self.level * self.window:
                self._reset()
                detected = True
        return detected

    def push(self, output: int) -> bool:
        """Take the output of one inference (0 .. 255); True if the word is detected before the next one is due."""
        self.outputs.append(int(output))
        return self._slices(self.stride)


def hours(inferences: int, stride: int = STRIDE) -> float:
    """How long a stream of so many inferences lasts, in hours."""
    return inferences * stride * SLICE_S / 3600
