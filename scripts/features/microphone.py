"""A random microphone: equaliser, stopped band, distortion, hiss.

    sound = apply_microphone(rng, sound)          # (samples,) float32; all random numbers come from `rng`

The first three are the transforms SevenBandParametricEQ, BandStopFilter and TanhDistortion of audiomentations 0.43
(MIT), with its random draws in its order: the result is the same to the bit, which a test checks if the package is
installed. wakemake does not need the package, which depends on librosa and on a package without a wheel for arm64 Linux.
"""

import math
import random
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt, sosfilt_zi

from scripts.core.audio import SAMPLE_RATE_HZ, rms
from scripts.features.augment import HISSES, draw_noise, gain_for_snr

EQUALISER_SHARE, EQUALISER_GAIN_DB = 0.25, (-8.0, 8.0)
STOPPED_SHARE, STOPPED_CENTRE_HZ, STOPPED_ORDER = 0.1, (200.0, 4000.0), 2
STOPPED_WIDTH = (0.5, 1.99)  # as a share of the centre
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
    """The two generators of audiomentations: Python's for choices and most values, numpy's for frequencies."""

    choices: random.Random
    frequencies: np.random.RandomState

    def draw_hz(self, bounds_hz: tuple[float, float]) -> float:
        """A frequency, uniform on the mel scale."""
        low, high = (2595.0 * math.log10(1.0 + hz / 700.0) for hz in bounds_hz)
        return 700.0 * (10 ** (self.frequencies.uniform(low, high) / 2595.0) - 1.0)


def band_filter(shape: str, centre_hz: float, gain_db: float, q: float) -> np.ndarray:
    """(1, 6) second-order section of an equaliser band; `shape` is "peak", "low shelf" or "high shelf".

    W3C, Audio EQ Cookbook (https://www.w3.org/TR/audio-eq-cookbook/), in the order of audiomentations' operations.
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


def equalise(draws: Draws, sound: np.ndarray) -> np.ndarray:
    """(samples,) through seven drawn bands, as one filter."""
    sections = []
    for shape, bounds_hz, q_bounds in BANDS:
        draws.choices.random()  # audiomentations draws whether to apply each; it always does
        centre_hz = min(draws.draw_hz(bounds_hz), HIGHEST_HZ)
        gain_db = draws.choices.uniform(*EQUALISER_GAIN_DB)
        sections.append(band_filter(shape, centre_hz, gain_db, draws.choices.uniform(*q_bounds)))
    return sosfilt(np.concatenate(sections), sound).astype(np.float32)


def stop_band(sound: np.ndarray, centre_hz: float, width_hz: float) -> np.ndarray:
    """(samples,) float32 without a band (2nd order Butterworth, causal; its past is a constant at the first sample)."""
    low_hz, high_hz = centre_hz - width_hz / 2, centre_hz + width_hz / 2
    sections = butter(
        STOPPED_ORDER,
        [low_hz, HIGHEST_HZ if high_hz > SAMPLE_RATE_HZ / 2 else high_hz],
        "bandstop",
        fs=SAMPLE_RATE_HZ,
        output="sos",
    )
    return sosfilt(sections, sound, zi=sosfilt_zi(sections) * sound[0])[0].astype(np.float32)


def measure_rms(sound: np.ndarray) -> np.float32:
    """Root mean square of (samples,) float32 in the order in which numpy-rms adds with AVX: the remainder of eight first,
    then eight lanes in float32."""
    squares = sound * sound
    remainder = len(sound) % 8
    total = 0.0
    for square in (*squares[:remainder].tolist(), *np.add.reduce(squares[remainder:].reshape(-1, 8), axis=0).tolist()):
        total += square
    return np.float32(math.sqrt(total / len(sound)))


def distort(sound: np.ndarray, amount: float) -> np.ndarray:
    """(samples,) float32 through a tanh that limits the loudest 99 * `amount` percent of its samples; same rms."""
    threshold = np.percentile(np.abs(sound), 100 - 99 * amount)
    limited = np.tanh(0.5 / (threshold + 1e-6) * sound)
    before = measure_rms(sound)
    return before / measure_rms(limited) * limited if before > 1e-9 else limited


def apply_microphone(rng: np.random.Generator, sound: np.ndarray) -> np.ndarray:
    """(samples,) float32 through a drawn microphone; each of its four effects is absent in most draws."""
    first, second = (int(number) for number in rng.integers(2**32, size=2))
    draws = Draws(random.Random(first), np.random.RandomState(second))
    if rng.random() < EQUALISER_SHARE:
        sound = equalise(draws, sound)
    sound = np.ascontiguousarray(sound, np.float32)
    draws.choices.random()  # audiomentations draws whether to apply the chain (always),
    stopped = draws.choices.random() < STOPPED_SHARE
    draws.choices.randint(STOPPED_ORDER, STOPPED_ORDER)  # the order of the filter (always the same),
    centre_hz = draws.draw_hz(STOPPED_CENTRE_HZ)  # and the band, even if none is stopped
    width_hz = centre_hz * draws.frequencies.uniform(*STOPPED_WIDTH)
    if stopped and len(sound):
        sound = stop_band(sound, centre_hz, width_hz)
    if draws.choices.random() < DISTORTED_SHARE:
        amount = draws.choices.uniform(*DISTORTION)
        sound = distort(sound, amount) if len(sound) else sound
    if rng.random() < HISS_SHARE:
        hiss = draw_noise(rng, str(rng.choice(list(HISSES))), len(sound))
        sound = sound + hiss * gain_for_snr(rms(sound), hiss, rng.uniform(*HISS_SNR_DB))
    return sound
