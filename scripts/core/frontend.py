"""Sound to spectrogram, to the bit as the device's TFLM audio frontend makes it (microfrontend.py says how).

    >>> spectrogram(np.zeros(16_000, np.float32)).shape          # one second: 1 + (16000 - 480) // 160 frames
    (98, 40)

Frame i covers the samples [160 i, 160 i + 480): 30 ms of sound, a new frame every 10 ms, 40 channels of 125 to 7500 Hz.
The frontend follows noise and level as it goes, so it is a thing with a state: one per clip, or one for a whole stream.

A stored value is the frontend's own uint16. The network's input in training is value / 25.6, which is what
pymicro-features returns; ESPHome quantises the same integer (q = (value * 256 + 333) // 666 - 128).
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

FRAME_SAMPLES = 160
WINDOW_SAMPLES = 480
CHANNELS = 40
VALUE_PER_INPUT = 25.6  # stored value / 25.6 = what the network is trained on


def pcm16(sound: np.ndarray) -> np.ndarray:
    """(samples,) float in [-1, 1) as the int16 a microphone delivers; beyond full scale it clips.

    A 16-bit WAV read as float comes back as exactly the integers that are in the file.
    """
    return np.clip(np.rint(np.asarray(sound) * 32768.0), -32768, 32767).astype("<i2")


def frames_in(samples: int) -> int:
    """How many frames `samples` samples give."""
    return max(0, 1 + (samples - WINDOW_SAMPLES) // FRAME_SAMPLES)


def end_frame(end_sample: int) -> int:
    """The first frame that has heard everything before `end_sample`: smallest i with 160 i + 480 >= end_sample."""
    return max(0, -(-(end_sample - WINDOW_SAMPLES) // FRAME_SAMPLES))


class Frontend:
    """A running frontend: push sound in pieces of any length, get the frames that became complete."""

    def __init__(self) -> None:
        self._noise = np.zeros(CHANNELS, np.int64)
        self._rest = np.empty(0, np.int16)

    def push(self, sound: np.ndarray) -> np.ndarray:
        """(samples,) float32 -> (frames, 40) uint16. What the next frame begins with waits for the next call."""
        from scripts.core import microfrontend

        heard = np.concatenate([self._rest, pcm16(sound)])
        self._rest = heard[frames_in(len(heard)) * FRAME_SAMPLES :]
        return microfrontend.normalised(microfrontend.amplitudes(heard), self._noise)


def spectrogram(sound: np.ndarray) -> np.ndarray:
    """(samples,) float32 at 16 kHz -> (frames, 40) uint16, from a fresh frontend."""
    return Frontend().push(sound)


@dataclass(frozen=True)
class SoundClip:
    """A clip before the frontend: people listen to its sound, and its frames are stored."""

    sound: np.ndarray  # (samples,) float32, warm-up included
    end_frame: int = -1  # the stored frame in which the speech ends; -1 if there is none
    warm_up: int = 0  # frames in which the frontend settles; they are not stored
    conditions: dict = field(default_factory=dict)  # of the speech; keys of spectrogram_store.CONDITIONS
    marks: tuple[tuple[int, Path], ...] = ()  # of a stream: the first sample of each recording, and its file

    def frames(self) -> np.ndarray:
        """(frames, 40) uint16, as stored."""
        return spectrogram(self.sound)[self.warm_up :]
