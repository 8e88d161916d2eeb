"""A published model as a device runs it: sound in chunks of any length in, probabilities and detections out.

    detector = StreamingDetector(find_published(Path("data"), "hey_buster"))
    for inference in detector.push(sound):            # (samples,) float32 at 16 kHz
        print(inference.time_s, inference.probability, inference.detected)

Frontend, runtime (TFLM; LiteRT where that has no package) and detection rule are the device's own. As on the device,
nothing is detected in the first second and for one second after each detection.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from scripts.core.detection import SLICE_S, Detector, level_of
from scripts.core.frontend import CHANNELS, Frontend
from scripts.live.published import LEVELS, Published
from scripts.model.inputs import make_inference_inputs
from scripts.model.runtimes import open_model

FRAME_S = 0.03  # of sound in a frame; one begins every SLICE_S


@dataclass(frozen=True)
class Inference:
    """One run of the model, every 30 ms; `output` and `probability` are 0 to 1."""

    time_s: float  # end of the sound that was used
    output: float  # of this inference alone
    probability: float  # mean over the sliding window, which is compared with the cutoff
    detected: bool


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
        time_s = self._from_s + (self._inferences * self._stride - 1) * SLICE_S + FRAME_S
        mean = sum(self._outputs) / len(self._outputs)
        detected = self._detector.push(output)
        if detected:  # the device clears its window too
            self._outputs.extend([0] * len(self._outputs))
        return Inference(round(time_s, 2), output / LEVELS, mean / LEVELS, detected)
