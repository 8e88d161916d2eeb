"""The audio frontend's figures: how samples become frames, and what the numbers in a frame mean.

    >>> frames_in(16_000)          # one second: 1 + (16000 - 480) // 160 frames
    98

Frame i covers the samples [160 i, 160 i + 480): 30 ms of sound, a new frame every 10 ms, 40 channels of 125 to 7500 Hz.

A stored value is the frontend's own uint16. The network's input in training is value / 25.6, which is what
pymicro-features returns; ESPHome quantises the same integer (q = (value * 256 + 333) // 666 - 128).
spectrogram.py computes the frames.
"""

import numpy as np

FRAME_SAMPLES = 160
WINDOW_SAMPLES = 480
CHANNELS = 40
VALUE_PER_INPUT = 25.6  # stored value / 25.6 is the network's input in training


def pcm16(sound: np.ndarray) -> np.ndarray:
    """(samples,) float in [-1, 1) as the int16 a microphone delivers; beyond full scale it clips.

    A 16-bit WAV read as float comes back as exactly the integers that are in the file.
    """
    return np.clip(np.rint(np.asarray(sound) * 32768.0), -32768, 32767).astype("<i2")


def frames_in(samples: int) -> int:
    """How many frames `samples` samples give."""
    return max(0, 1 + (samples - WINDOW_SAMPLES) // FRAME_SAMPLES)


def end_frame(end_sample: int) -> int:
    """The first frame that covers all samples before `end_sample`: smallest i with 160 i + 480 >= end_sample."""
    return max(0, -(-(end_sample - WINDOW_SAMPLES) // FRAME_SAMPLES))
