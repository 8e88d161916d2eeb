"""Changes of sound between a mouth and the frontend: rooms, backgrounds, levels.

The functions take arrays and numbers and return arrays; scene.py draws the numbers. Microphones are in microphone.py.

    wet = apply_room(speech, impulse_response)
    mixed = speech + noise * gain_for_snr(speech_rms, noise, snr_db=10)

The frontend takes more time than all of them together. Pitch shift, the slowest (12 ms for 3 s of sound), is left to the
samples, which are perturbed before they get here.
"""

from functools import lru_cache

import numpy as np
from scipy.fft import irfft, rfft
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfilt

from scripts.core.audio import SAMPLE_RATE_HZ, ramp, rms

COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}  # power is proportional to 1 / frequency ** this
HISSES = {"violet": -2.0, "blue": -1.0} | COLOURS  # of a microphone: -6 to 6 dB an octave
HOP, SYLLABLE_HOPS = SAMPLE_RATE_HZ // 100, 8  # loudness is measured over 80 ms
QUIETEST_DB = -30.0  # below the loudest 80 ms; softer sound is treated like this
NOISE_BANK_S = 20  # of coloured noise, made once a process and then cut from


def db(ratio_db):
    """A ratio in dB, or an array of ratios, as a factor of the amplitude."""
    return 10 ** (ratio_db / 20)


def set_rms(sound: np.ndarray, level_dbfs: float, measured_rms: float | None = None) -> np.ndarray:
    """Scale (samples,) so that its rms, or that of the part with `measured_rms`, is `level_dbfs`. Silence stays silence."""
    current = rms(sound) if measured_rms is None else measured_rms
    return sound if current == 0 else sound * np.float32(db(level_dbfs) / current)


def gain_for_snr(speech_rms: float, noise: np.ndarray, snr_db: float) -> np.float32:
    """The factor that puts `noise` (samples,) `snr_db` below speech with rms `speech_rms`; 0 for silent noise."""
    noise_rms = rms(noise)
    return np.float32(0.0 if noise_rms == 0 else speech_rms / noise_rms / db(snr_db))


def emphasise(speech: np.ndarray, curve_db: np.ndarray, contrast: float) -> np.ndarray:
    """Speech, (samples,), with another distribution of loudness over its syllables and the same rms.

    `curve_db` is its gain at equidistant points from start to end. A part that is d dB softer than the loudest becomes
    `contrast` * d dB softer, for d up to -QUIETEST_DB, where pauses and noise begin.
    """
    frames = -(-len(speech) // HOP)
    padded = np.zeros(frames * HOP, np.float32)
    padded[: len(speech)] = speech
    power = uniform_filter1d(np.square(padded).reshape(frames, HOP).mean(axis=1), SYLLABLE_HOPS)
    below_db = 10 * np.log10(np.maximum(power / max(power.max(), 1e-12), 1e-12))
    places = np.linspace(0, 1, frames)
    gain = db(
        np.interp(places, np.linspace(0, 1, len(curve_db)), curve_db)
        + (contrast - 1) * np.maximum(below_db, QUIETEST_DB)
    )
    louder = speech * np.interp(np.arange(len(speech)), (np.arange(frames) + 0.5) * HOP, gain).astype(np.float32)
    return louder * np.float32(rms(speech) / max(rms(louder), 1e-9))


def convolve(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """The first len(sound) samples of a convolution, float32: overlap-save, in blocks that fit in the processor's cache."""
    before = len(response) - 1
    size = max(8192, 1 << (3 * before // 2).bit_length())
    step = size - before
    padded = np.zeros(before + -(-len(sound) // step) * step, np.float32)
    padded[before : before + len(sound)] = sound
    blocks = np.lib.stride_tricks.sliding_window_view(padded, size)[::step]
    wet = irfft(rfft(blocks) * rfft(response, size), size)
    return wet[:, before:].reshape(-1)[: len(sound)]


def apply_room(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """(samples,) through an impulse response whose first sample is the direct sound, so that nothing moves in time.

    Length and rms stay the same: the level is drawn separately.
    """
    wet = convolve(sound, response)
    return wet * np.float32(rms(sound) / max(rms(wet), 1e-9))


def fade(sound: np.ndarray, fade_s: float) -> np.ndarray:
    """A copy of (samples,) that starts and ends in silence, with linear ramps."""
    out = np.array(sound, np.float32)
    samples = min(int(fade_s * SAMPLE_RATE_HZ), len(out) // 2)
    out[:samples] *= ramp(samples)
    out[len(out) - samples :] *= ramp(samples)[::-1]
    return out


@lru_cache
def _noise_bank(colour: str) -> np.ndarray:
    samples = NOISE_BANK_S * SAMPLE_RATE_HZ
    spectrum = np.fft.rfft(np.random.default_rng(len(colour)).standard_normal(samples))
    hz = np.maximum(np.fft.rfftfreq(samples, 1 / SAMPLE_RATE_HZ), 20.0)  # flat below the audible range
    noise = np.fft.irfft(spectrum / hz ** (HISSES[colour] / 2), samples)
    bank = (noise / rms(noise)).astype(np.float32)
    bank.flags.writeable = False  # cuts are views
    return bank


def draw_noise(rng: np.random.Generator, colour: str, samples: int) -> np.ndarray:
    """(samples,) of noise with rms about 1, cut from a random place of a bank of 20 s that repeats seamlessly."""
    bank = _noise_bank(colour)
    first = rng.integers(len(bank))
    return (
        bank[first : first + samples]
        if first + samples <= len(bank)
        else np.take(bank, first + np.arange(samples), mode="wrap")
    )


@lru_cache
def _telephone_filter() -> np.ndarray:
    return butter(4, [300, 3400], "bandpass", fs=SAMPLE_RATE_HZ, output="sos").astype(np.float32)


def apply_telephone(sound: np.ndarray) -> np.ndarray:
    """(samples,) with the band of a telephone, 300 to 3400 Hz (4th order Butterworth, causal)."""
    return sosfilt(_telephone_filter(), sound).astype(np.float32)
