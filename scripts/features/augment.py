"""What happens to sound between a mouth and the frontend: rooms, backgrounds, microphones, levels.

Functions that take arrays and numbers and return arrays; the numbers are drawn in scene.py. The exception is
`Microphone`, a chain of audiomentations transforms, which draw from the global generators of `random` and numpy: it seeds
both from the clip's own generator, so that a clip does not depend on what was done before it.

    wet = in_room(speech, impulse_response)
    mixed = speech + noise * gain_for_snr(speech_rms, noise, snr_db=10)

Milliseconds of one core for 3 s of sound, where the frontend itself takes 3.0: seven-band equaliser 3.5,
coloured noise by audiomentations 2.5 (from our bank 0.06), room 1.3, recorded background 1.1, band stop 1.1, distortion
0.5, telephone 0.4. Hence their shares. Pitch shift (12) is left to the samples, which are bent before they get here.
"""
import random
from functools import lru_cache

import numpy as np

from scripts.audio import SAMPLE_RATE_HZ, rms

COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}  # power falls with 1 / frequency ** this
NOISE_BANK_S = 20  # coloured noise is made once a process and then cut from


def db(ratio_db: float) -> float:
    """A ratio in dB as a factor of amplitude."""
    return 10 ** (ratio_db / 20)


def at_rms(sound: np.ndarray, level_dbfs: float, measured_rms: float | None = None) -> np.ndarray:
    """Scale (samples,) so that its rms (or the part whose rms is given) has `level_dbfs`. Silence stays silence."""
    now = rms(sound) if measured_rms is None else measured_rms
    return sound if now == 0 else sound * np.float32(db(level_dbfs) / now)


def gain_for_snr(speech_rms: float, noise: np.ndarray, snr_db: float) -> np.float32:
    """The factor that puts `noise` (samples,) `snr_db` below speech of that rms; 0 for silent noise."""
    noise_rms = rms(noise)
    return np.float32(0.0 if noise_rms == 0 else speech_rms / noise_rms / db(snr_db))


def in_room(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """(samples,) as heard through an impulse response whose first sample is the direct sound: nothing moves in time.

    Same length, same rms as before: how loud the room makes it is for the level to say, not for the room.
    """
    from scipy.signal import fftconvolve

    wet = fftconvolve(sound, response)[: len(sound)].astype(np.float32)
    return wet * np.float32(rms(sound) / max(rms(wet), 1e-9))


def faded(sound: np.ndarray, fade_s: float) -> np.ndarray:
    """A copy of (samples,) that starts and ends in silence, with linear ramps."""
    out = np.array(sound, np.float32)
    samples = min(int(fade_s * SAMPLE_RATE_HZ), len(out) // 2)
    ramp = np.linspace(0, 1, samples, dtype=np.float32)
    out[:samples] *= ramp
    out[len(out) - samples:] *= ramp[::-1]
    return out


@lru_cache
def _noise_bank(colour: str) -> np.ndarray:
    samples = NOISE_BANK_S * SAMPLE_RATE_HZ
    spectrum = np.fft.rfft(np.random.default_rng(len(colour)).standard_normal(samples))
    hz = np.maximum(np.fft.rfftfreq(samples, 1 / SAMPLE_RATE_HZ), 20.0)  # flat below what can be heard
    noise = np.fft.irfft(spectrum / hz ** (COLOURS[colour] / 2), samples)
    return (noise / rms(noise)).astype(np.float32)


def coloured_noise(rng: np.random.Generator, colour: str, samples: int) -> np.ndarray:
    """(samples,) of noise with rms about 1, cut from a random place of a bank of 20 s that closes on itself."""
    bank = _noise_bank(colour)
    return np.take(bank, rng.integers(len(bank)) + np.arange(samples), mode="wrap")


@lru_cache
def _telephone() -> np.ndarray:
    from scipy.signal import butter

    return butter(4, [300, 3400], "bandpass", fs=SAMPLE_RATE_HZ, output="sos").astype(np.float32)


def telephone(sound: np.ndarray) -> np.ndarray:
    """The 300 to 3400 Hz of a telephone (4th order Butterworth, causal)."""
    from scipy.signal import sosfilt

    return sosfilt(_telephone(), sound).astype(np.float32)


class Microphone:
    """Colour and faults of a recording: equaliser, stopped band, distortion, coloured noise, after audiomentations."""

    def __init__(self) -> None:
        import audiomentations as a

        self._chain = a.Compose([
            a.SevenBandParametricEQ(min_gain_db=-8.0, max_gain_db=8.0, p=0.25),
            a.BandStopFilter(min_rolloff=12, max_rolloff=12, p=0.1),
            a.TanhDistortion(min_distortion=0.01, max_distortion=0.3, p=0.1),
            a.AddColorNoise(min_snr_db=15.0, max_snr_db=40.0, p=0.08),
        ])

    def __call__(self, rng: np.random.Generator, sound: np.ndarray) -> np.ndarray:
        """(samples,) float32 -> the same, changed as drawn from `rng` alone."""
        first, second = (int(number) for number in rng.integers(2 ** 32, size=2))
        random.seed(first)
        np.random.seed(second)
        return np.asarray(self._chain(np.ascontiguousarray(sound, np.float32), sample_rate=SAMPLE_RATE_HZ), np.float32)


@lru_cache
def microphone() -> Microphone:
    """The process's one chain; building it takes longer than a clip."""
    return Microphone()
