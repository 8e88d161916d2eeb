"""A published model as a device runs it: sound in chunks of any length in, probabilities and detections out.

    detector = StreamingDetector(find_published(Path("data"), "hey_buster"))
    for inference in detector.push(sound):            # (samples,) float32 at 16 kHz
        print(inference.time_s, inference.probability, inference.detected)

Frontend, runtime (TFLM; LiteRT where that has no package) and detection rule are the device's own. As on the device,
nothing is detected in the first second and for one second after each detection.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from scripts.core.detection import IGNORED_SLICES, SLICE_S, Detector, level_of
from scripts.core.frontend import CHANNELS
from scripts.core.spectrogram import Frontend
from scripts.live.published import LEVELS, Published
from scripts.model.inputs import make_inference_inputs
from scripts.model.runtimes import open_model

FRAME_S = 0.03  # of sound in a frame; one begins every SLICE_S
IGNORED_S = IGNORED_SLICES * SLICE_S  # after a detection, in which there is no other


@dataclass(frozen=True)
class Inference:
    """One run of the model, every 30 ms; `output` and `probability` are 0 to 1."""

    time_s: float  # end of the sound that was used
    output: float  # of this inference alone
    probability: float  # mean over the sliding window, which is compared with the cutoff
    detected: bool
    highest_cutoff: float  # of those that the mean exceeds, if the window is not cleared by a detection


@dataclass(frozen=True)
class Detection:
    """A detection, and the highest cutoff with which there would have been one."""

    time_s: float
    probability: float  # at the moment of the detection: just above the cutoff in force
    highest_cutoff: float  # until IGNORED_S later


def find_highest_cutoff(window_sum: int, window: int) -> float:
    """The highest cutoff, in hundredths, that the sum of `window` outputs exceeds on the device; 0 for none.

    >>> find_highest_cutoff(5 * 227, window=5), find_highest_cutoff(5 * 255, window=5), find_highest_cutoff(0, window=5)
    (0.89, 0.99, 0.0)
    """
    level = (window_sum - 1) // window
    return max(0, (100 * (level + 1) - 1) // LEVELS) / 100


class StreamingDetector:
    """Detects the wake word in one stream of sound.

    `from_s` is the time of the first sample; below zero for a lead-in in which the frontend settles.
    """

    def __init__(self, published: Published, cutoff: float | None = None, from_s: float = 0.0) -> None:
        self._model, self._frontend = open_model(published.model), Frontend()
        self._stride = self._model.stride
        self._detector = Detector(published.cutoff, published.window, stride=self._stride)
        self._frames = np.zeros((0, CHANNELS), np.uint16)
        self._outputs = deque([0] * published.window, maxlen=published.window)
        self._uncleared = self._outputs.copy()
        self._inferences, self._from_s = 0, from_s
        self.cutoff = published.cutoff if cutoff is None else cutoff

    @property
    def cutoff(self) -> float:
        """The cutoff in force; it may be changed between two calls of push()."""
        return self._cutoff

    @cutoff.setter
    def cutoff(self, cutoff: float) -> None:
        self._cutoff, self._detector.level = cutoff, level_of(cutoff)

    def push(self, sound: np.ndarray) -> list[Inference]:
        """(samples,) float32 at 16 kHz -> the inferences that it completes. The rest waits for the next call."""
        frames = np.concatenate([self._frames, self._frontend.push(sound)])
        steps = make_inference_inputs(frames, self._stride)
        self._frames = frames[len(steps) * self._stride :]
        return [self._infer(self._model(step)) for step in steps]

    def _infer(self, output: int) -> Inference:
        self._inferences += 1
        self._outputs.append(output)
        self._uncleared.append(output)
        time_s = self._from_s + (self._inferences * self._stride - 1) * SLICE_S + FRAME_S
        mean = sum(self._outputs) / len(self._outputs)
        detected = self._detector.push(output)
        if detected:  # the device clears its window too
            self._outputs.extend([0] * len(self._outputs))
        highest_cutoff = find_highest_cutoff(sum(self._uncleared), len(self._uncleared))
        return Inference(round(time_s, 2), output / LEVELS, mean / LEVELS, detected, highest_cutoff)


class DetectionCollector:
    """Turns inferences into detections, each complete once its highest cutoff is known: after IGNORED_S."""

    def __init__(self) -> None:
        self._open: Detection | None = None

    def push(self, inferences: Iterable[Inference]) -> list[Detection]:
        """The detections that these inferences complete."""
        complete = []
        for inference in inferences:
            if self._open and (inference.detected or inference.time_s > self._open.time_s + IGNORED_S):
                complete += self.flush()
            if inference.detected:
                self._open = Detection(inference.time_s, inference.probability, inference.highest_cutoff)
            elif self._open and inference.highest_cutoff > self._open.highest_cutoff:
                self._open = replace(self._open, highest_cutoff=inference.highest_cutoff)
        return complete

    def flush(self) -> list[Detection]:
        """The detection that is not complete yet, at the end of the sound."""
        rest, self._open = [self._open] if self._open else [], None
        return rest
