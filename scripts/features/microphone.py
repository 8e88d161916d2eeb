"""Colour and faults of a recording: equaliser, stopped band, distortion, hiss.

    heard = through_microphone(rng, sound)          # (samples,) float32, changed as drawn from `rng` alone

The first three are the transforms SevenBandParametricEQ, BandStopFilter and TanhDistortion of audiomentations 0.43
(MIT) with its draws in its order, so that a clip is to the bit what that package made of it; a test compares the two
where it is installed. The package itself is not needed: it brings librosa and its company, and one part that has no
wheel for arm64 Linux.
"""

import math
import random
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt, sosfilt_zi

from scripts.core.audio import SAMPLE_RATE_HZ, rms
from scripts.features.augment import HISSES, coloured_noise, gain_for_snr

EQUALISER_SHARE, EQUALISER_GAIN_DB = 0.25, (-8.0, 8.0)
STOPPED_SHARE, STOPPED_CENTRE_HZ, STOPPED_WIDTH, STOPPED_ORDER = (
    0.1,
    (200.0, 4000.0),
    (0.5, 1.99),
    2,
)  # width: share of the centre
DISTORTED_SHARE, DISTORTION = 0.1, (0.01, 0.3)
HISS_SHARE, HISS_SNR_DB = 0.08, (15.0, 40.0)
SHELF_Q, PEAK_Q = (0.1, 0.999), (0.5, 5.0)
BANDS = (
    ("low shelf", (42.0, 95.0), SHELF_Q),
    ("peak", (91.0, 204.0), PEAK_Q),
    ("peak", (196.0, 441.0), PEAK_Q),
    ("peak", (421.0, 948.0), PEAK_Q),
    ("peak", (909.0, 2045.0), PEAK_Q),
    ("peak", (1957.0, 4404.0), PEAK_Q),
    ("high shelf", (4216.0, 9486.0), SHELF_Q),
)
HIGHEST_HZ = 0.9999 * SAMPLE_RATE_HZ / 2


@dataclass(frozen=True)
class Draws:
    """The two generators audiomentations draws from: Python's for choices and most values, numpy's for frequencies."""

    choices: random.Random
    frequencies: np.random.RandomState

    def hertz(self, bounds_hz: tuple[float, float]) -> float:
        """A frequency, evenly in mel."""
        low, high = (2595.0 * math.log10(1.0 + hz / 700.0) for hz in bounds_hz)
        return 700.0 * (10 ** (self.frequencies.uniform(low, high) / 2595.0) - 1.0)


def band_filter(shape: str, centre_hz: float, gain_db: float, q: float) -> np.ndarray:
    """(1, 6) second-order section of a band of an equaliser: "peak", "low shelf" or "high shelf".

    W3C, Audio EQ Cookbook (https://www.w3.org/TR/audio-eq-cookbook/), written in the order of audiomentations' sums.
    """
    angle = 2 * np.pi * centre_hz / SAMPLE_RATE_HZ
    gain = 10 ** (gain_db / 40)
    cosine, alpha = np.cos(angle), np.sin(angle) / 2 / q
    if shape == "peak":
        b0, b1, b2 = 1 + alpha * gain, -2 * cosine, 1 - alpha * gain
        a0, a1, a2 = 1 + alpha / gain, -2 * cosine, 1 - alpha / gain
    else:
        side = 1 if shape == "low shelf" else -1
        more, less, slope = gain + 1, gain - 1, 2 * np.sqrt(gain) * alpha
        b0, b2 = gain * (more - side * less * cosine + slope), gain * (more - side * less * cosine - slope)
        b1 = side * 2 * gain * (less - side * more * cosine)
        a0, a2 = more + side * less * cosine + slope, more + side * less * cosine - slope
        a1 = side * -2 * (less + side * more * cosine)
    return np.array([[b0 / a0, b1 / a0, b2 / a0, 1, a1 / a0, a2 / a0]])


def equalised(draws: Draws, sound: np.ndarray) -> np.ndarray:
    """(samples,) through seven bands drawn anew, as one filter."""
    sections = []
    for shape, bounds_hz, q_bounds in BANDS:
        draws.choices.random()  # audiomentations draws whether to apply each, which is always
        centre_hz = min(draws.hertz(bounds_hz), HIGHEST_HZ)
        gain_db = draws.choices.uniform(*EQUALISER_GAIN_DB)
        sections.append(band_filter(shape, centre_hz, gain_db, draws.choices.uniform(*q_bounds)))
    return sosfilt(np.concatenate(sections), sound).astype(np.float32)


def without_band(sound: np.ndarray, centre_hz: float, width_hz: float) -> np.ndarray:
    """(samples,) float32 without a band (2nd order Butterworth, causal), as if its first sample had always sounded."""
    low_hz, high_hz = centre_hz - width_hz / 2, centre_hz + width_hz / 2
    sections = butter(
        STOPPED_ORDER,
        [low_hz, HIGHEST_HZ if high_hz > SAMPLE_RATE_HZ / 2 else high_hz],
        "bandstop",
        fs=SAMPLE_RATE_HZ,
        output="sos",
    )
    return sosfilt(sections, sound, zi=sosfilt_zi(sections) * sound[0])[0].astype(np.float32)


def loudness(sound: np.ndarray) -> np.float32:
    """Root mean square of (samples,) float32, summed as numpy-rms sums with AVX: eight lanes in float32, and what is
    left over first."""
    squares = sound * sound
    left_over = len(sound) % 8
    total = 0.0
    for square in (*squares[:left_over].tolist(), *np.add.reduce(squares[left_over:].reshape(-1, 8), axis=0).tolist()):
        total += square
    return np.float32(math.sqrt(total / len(sound)))


def distorted(sound: np.ndarray, amount: float) -> np.ndarray:
    """(samples,) float32 through a tanh that bends the loudest 99 * `amount` percent of its samples; as loud as
    before."""
    threshold = np.percentile(np.abs(sound), 100 - 99 * amount)
    bent = np.tanh(0.5 / (threshold + 1e-6) * sound)
    before = loudness(sound)
    return before / loudness(bent) * bent if before > 1e-9 else bent


def through_microphone(rng: np.random.Generator, sound: np.ndarray) -> np.ndarray:
    """(samples,) float32 -> the same, changed as drawn from `rng` alone."""
    first, second = (int(number) for number in rng.integers(2**32, size=2))
    draws = Draws(random.Random(first), np.random.RandomState(second))
    if rng.random() < EQUALISER_SHARE:
        sound = equalised(draws, sound)
    sound = np.ascontiguousarray(sound, np.float32)
    draws.choices.random()  # audiomentations draws whether to apply the chain, which is always,
    stopped = draws.choices.random() < STOPPED_SHARE
    draws.choices.randint(STOPPED_ORDER, STOPPED_ORDER)  # how steep the band's sides are, which is always alike,
    centre_hz = draws.hertz(STOPPED_CENTRE_HZ)  # and the band also where none is stopped
    width_hz = centre_hz * draws.frequencies.uniform(*STOPPED_WIDTH)
    if stopped and len(sound):
        sound = without_band(sound, centre_hz, width_hz)
    if draws.choices.random() < DISTORTED_SHARE:
        amount = draws.choices.uniform(*DISTORTION)
        sound = distorted(sound, amount) if len(sound) else sound
    if rng.random() < HISS_SHARE:
        hiss = coloured_noise(rng, str(rng.choice(list(HISSES))), len(sound))
        sound = sound + hiss * gain_for_snr(rms(sound), hiss, rng.uniform(*HISS_SNR_DB))
    return sound
