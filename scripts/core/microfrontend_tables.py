"""The tables of TFLM's audio frontend, computed in the float32 of its C code (see microfrontend.py)."""

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.frontend import CHANNELS, WINDOW_SAMPLES

FFT = 512
HALF = FFT // 2  # length of the complex FFT from which the one of real numbers is computed
LOW_HZ, HIGH_HZ = 125.0, 7500.0
WINDOW_BITS = WEIGHT_BITS = 12
SMOOTHING_BITS = 10
PCAN_STRENGTH, PCAN_OFFSET, GAIN_BITS = 0.95, 80.0, 21
CORRECTION_BITS = FFT.bit_length() - 1 - WEIGHT_BITS // 2  # amplitudes are this many bits below the scale of the sound
LOG_SEGMENTS = 128


def make_window() -> np.ndarray:
    """(WINDOW_SAMPLES,) int16: the Hann window as 12-bit fractions."""
    phase = np.float32(np.float32(np.pi) * 2 / WINDOW_SAMPLES) * (
        np.arange(WINDOW_SAMPLES, dtype=np.float32) + np.float32(0.5)
    )
    hann = np.float32(0.5) - np.float32(0.5) * np.cos(phase.astype(np.float64)).astype(np.float32)
    return np.floor(hann * np.float32(1 << WINDOW_BITS) + np.float32(0.5)).astype(np.int16)


def make_rotations(angles: np.ndarray) -> np.ndarray:
    """(n, 2) int16: cosine and sine of angles as 15-bit fractions."""
    return np.floor(0.5 + 32767 * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.int16)


def make_order() -> np.ndarray:
    """(HALF,) int: the input that each place of the FFT takes; its place's digits to base 4 in reverse."""
    places, backwards = np.arange(HALF), np.zeros(HALF, int)
    for _ in range(4):
        places, backwards = places // 4, backwards * 4 + places % 4
    return backwards


def _mel(hz) -> np.ndarray:
    return np.float32(1127) * np.log1p((np.asarray(hz, np.float32) / np.float32(700)).astype(np.float64)).astype(
        np.float32
    )


def make_bands() -> tuple[int, np.ndarray, np.ndarray]:
    """The first bin in use; (bins,) int, the number of channels whose peak is at or below each bin; (bins, 2) int64,
    its weights in the last of them and in the next channel."""
    low, high = _mel(LOW_HZ), _mel(HIGH_HZ)
    edges = np.append(low, low + (high - low) / np.float32(CHANNELS + 1) * np.arange(1, CHANNELS + 2, dtype=np.float32))
    first, mel = int(1.5 + LOW_HZ / (SAMPLE_RATE_HZ / FFT)), _mel(np.arange(HALF + 1) * (SAMPLE_RATE_HZ / FFT))
    mel = mel[first : int(np.searchsorted(mel, edges[-1], "right"))]
    channel = np.searchsorted(edges[1:], mel, "left")
    share = (edges[1:][channel] - mel) / (edges[1:][channel] - edges[channel])
    weights = np.floor(np.stack([share, 1 - share], axis=1) * np.float32(1 << WEIGHT_BITS) + np.float32(0.5)).astype(
        np.int64
    )
    # The devices' log1pf is not correctly rounded. These two weights are the only ones that it changes.
    for place, rising in ((149, 2471), (221, 1401)):
        weights[place - first] = rising, (1 << WEIGHT_BITS) - rising
    return first, channel, weights


def make_gains() -> np.ndarray:
    """(33, 3) int64: for noise of 0 to 32 bits the gain at the lowest such number, and the parabola through the gains at
    the middle and the end of the octave."""

    def gain(noise: int) -> int:
        level = noise / 2 ** (SMOOTHING_BITS - CORRECTION_BITS)
        return int(min(32767, 2.0**GAIN_BITS * (level + PCAN_OFFSET) ** -PCAN_STRENGTH + 0.5))

    rows = [(gain(0), 0, 0), (gain(1), 0, 0)]
    for bits in range(2, 33):
        start = 1 << bits - 1
        middle, end = (gain(noise) - gain(start) for noise in (start + start // 2, 2 * start - (bits == 32)))
        rows.append((gain(start), 4 * middle - end, 2 * end - 4 * middle))
    return np.array(rows, np.int64)


def make_logs() -> np.ndarray:
    """(LOG_SEGMENTS + 2,) int64: log2(1 + x) - x in 16 bits at the beginning of each segment of an octave, 0 <= x <= 1."""
    at = np.arange(LOG_SEGMENTS + 1) / LOG_SEGMENTS
    return np.append(np.rint((np.log2(1 + at) - at) * 65536), 0).astype(np.int64)
