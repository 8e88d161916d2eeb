"""The one place that knows 16 kHz: reading, writing and resampling audio.

Everywhere in wakemake a sound in memory is a float32 array of shape (samples,), mono, nominally in [-1, 1], at
SAMPLE_RATE_HZ; on disk it is a 16-bit PCM WAV of the same rate.
"""
from math import gcd
from pathlib import Path

import numpy as np

SAMPLE_RATE_HZ = 16_000


def resample(sound: np.ndarray, from_hz: int, to_hz: int = SAMPLE_RATE_HZ) -> np.ndarray:
    """Return `sound` (samples,) at another rate, band-limited (polyphase FIR), as float32."""
    if from_hz == to_hz:
        return np.asarray(sound, np.float32)
    from scipy.signal import resample_poly

    common = gcd(int(from_hz), int(to_hz))
    return resample_poly(sound, to_hz // common, from_hz // common).astype(np.float32)


def read(path: Path) -> np.ndarray:
    """Read any file libsndfile knows as (samples,) float32 at 16 kHz; channels are averaged.

    Raises soundfile.LibsndfileError when the file cannot be decoded.
    """
    import soundfile

    sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return resample(sound.mean(axis=1), rate_hz)


def write(path: Path, sound: np.ndarray) -> None:
    """Write (samples,) float32 as a 16 kHz, 16-bit mono WAV. Samples beyond +-1 are clipped."""
    import soundfile

    soundfile.write(path, np.clip(sound, -1.0, 1.0), SAMPLE_RATE_HZ, subtype="PCM_16", format="WAV")


def duration_s(path: Path) -> float:
    """Length of a sound file in seconds, from its header."""
    import soundfile

    header = soundfile.info(path)
    return header.frames / header.samplerate


def rms(sound: np.ndarray) -> float:
    """Root mean square of (samples,); 0.0 for an empty sound."""
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0


def speech_bounds(sound: np.ndarray, below_peak_db: float = 35.0) -> tuple[int, int]:
    """First and one-past-last sample (10 ms grid) within `below_peak_db` of the loudest 10 ms. (0, 0) for silence."""
    hop = SAMPLE_RATE_HZ // 100
    frames = len(sound) // hop
    if not frames:
        return 0, len(sound)
    level = np.sqrt(np.mean(sound[: frames * hop].reshape(frames, hop) ** 2, axis=1))
    loud = np.flatnonzero(level > max(level.max() * 10 ** (-below_peak_db / 20), 1e-5))
    return (0, 0) if not len(loud) else (int(loud[0]) * hop, int(loud[-1] + 1) * hop)
