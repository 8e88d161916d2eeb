"""Sound to spectrogram, bit for bit as the device's TFLM audio frontend computes it (see microfrontend.py).

    >>> compute_spectrogram(np.zeros(16_000, np.float32)).shape
    (98, 40)

The frontend adapts to noise and level as it runs, so it has a state: one for each clip, or one for a whole stream.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scripts.core import microfrontend
from scripts.core.frontend import CHANNELS, FRAME_SAMPLES, frames_in, pcm16


class Frontend:
    """A running frontend: push chunks of sound of any length, get the frames that are complete."""

    def __init__(self) -> None:
        self._noise = np.zeros(CHANNELS, np.int64)
        self._rest = np.empty(0, np.int16)

    def push(self, sound: np.ndarray) -> np.ndarray:
        """(samples,) float32 -> (frames, 40) uint16. Samples of frames that are not complete wait for the next call."""
        pcm = np.concatenate([self._rest, pcm16(sound)])
        self._rest = pcm[frames_in(len(pcm)) * FRAME_SAMPLES :]
        return microfrontend.normalise(microfrontend.compute_amplitudes(pcm), self._noise)


def compute_spectrogram(sound: np.ndarray) -> np.ndarray:
    """(samples,) float32 at 16 kHz -> (frames, 40) uint16, from a fresh frontend."""
    return Frontend().push(sound)


@dataclass(frozen=True)
class SoundClip:
    """A clip as sound; its frames are stored, and examples for people are made from its sound."""

    sound: np.ndarray  # (samples,) float32, warm-up included
    end_frame: int = -1  # the stored frame in which the speech ends; -1 if there is none
    warm_up: int = 0  # frames in which the frontend settles; they are not stored
    conditions: dict = field(default_factory=dict)  # keys as in spectrogram_store.CONDITIONS
    marks: tuple[tuple[int, Path], ...] = ()  # of a stream: the first sample of each recording, and its file

    def frames(self) -> np.ndarray:
        """(frames, 40) uint16, as stored."""
        return compute_spectrogram(self.sound)[self.warm_up :]
