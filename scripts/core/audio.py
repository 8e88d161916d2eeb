"""Reading, writing and resampling audio at 16 kHz.

Everywhere in wakemake a sound in memory is a float32 array of shape (samples,), mono, nominally in [-1, 1], at
SAMPLE_RATE_HZ; on disk it is a 16-bit PCM WAV of the same rate.
"""

import os
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

SAMPLE_RATE_HZ = 16_000


def resample(sound: np.ndarray, from_hz: float, to_hz: float = SAMPLE_RATE_HZ) -> np.ndarray:
    """Return `sound` (samples,) at another rate as float32: band-limited by soxr, flat to 0.91 of the lower Nyquist
    frequency."""
    sound = np.asarray(sound, np.float32)
    if from_hz == to_hz:
        return sound
    return soxr.resample(sound, from_hz, to_hz, quality="HQ")


def read(path: Path) -> np.ndarray:
    """Read any file that libsndfile decodes as (samples,) float32 at 16 kHz; channels are averaged.

    Raises soundfile.LibsndfileError when the file cannot be decoded.
    """
    return resample(*(_read_flac(path) or _read_any(path)))


def _read_any(path: Path) -> tuple[np.ndarray, int]:
    """(samples,) float32 and the rate of a file, by libsndfile."""
    # Bytes: a file name need not be UTF-8.
    sound, rate_hz = soundfile.read(os.fsencode(path), dtype="float32", always_2d=True)
    return _mean(sound, 1), rate_hz


def _read_flac(path: Path) -> tuple[np.ndarray, int] | None:
    """The same for a .flac file by dr_flac: bit-identical, in two thirds of libsndfile's time. It reads the upper 16 of
    17 to 23 bits, which libsndfile cannot read at all.

    None for any other file, without miniaudio (no wheel for arm64 Linux), and for a file with fewer samples than its
    header says: dr_flac does not report that, and libsndfile does.
    """
    if Path(path).suffix.lower() != ".flac":
        return None
    try:
        import miniaudio
    except ImportError:
        return None
    try:
        header = miniaudio.flac_get_file_info(str(path))
        is_int16 = header.sample_format == miniaudio.SampleFormat.SIGNED16
        decoded = (miniaudio.flac_read_file_s16 if is_int16 else miniaudio.flac_read_file_f32)(str(path))
    except (miniaudio.MiniaudioError, MemoryError, ValueError):
        return None
    samples = np.frombuffer(decoded.samples, np.int16 if is_int16 else np.float32).reshape(-1, decoded.nchannels)
    if not len(samples) == header.num_frames > 0:
        return None
    return _mean(samples, 2**15 if is_int16 else 1), header.sample_rate


def _mean(samples: np.ndarray, full_scale: int) -> np.ndarray:
    """The mean of the channels of (samples, channels): (samples,) float32, 1 at `full_scale`."""
    mean = samples[:, 0].astype(np.float32)  # np.mean of such short rows takes thirty times as long
    for channel in samples.T[1:]:
        mean += channel
    mean /= full_scale * samples.shape[1]
    return mean


def write(path: Path, sound: np.ndarray) -> None:
    """Write (samples,) float32 as a 16 kHz, 16-bit mono WAV. Samples beyond +-1 are clipped. Raises OSError if the
    file cannot be written."""
    values = np.multiply(sound, np.float32(2**15), dtype=np.float32)
    np.clip(np.rint(values, out=values), -(2**15), 2**15 - 1, out=values)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        out.writeframes(values.astype("<i2"))


def duration_s(path: Path) -> float:
    """Length of a sound file in seconds, from its header."""
    header = soundfile.info(os.fsencode(path))
    return header.frames / header.samplerate


def rms(sound: np.ndarray) -> float:
    """Root mean square of (samples,); 0.0 for an empty sound."""
    # Not np.dot: BLAS splits long sums among threads, so the last digit would depend on their number.
    return float(np.sqrt(np.einsum("i,i", sound, sound) / len(sound))) if len(sound) else 0.0


@lru_cache
def ramp(samples: int) -> np.ndarray:
    """(samples,) float32 from 0 to 1: a linear fade-in."""
    fade = np.linspace(0, 1, samples, dtype=np.float32)
    fade.flags.writeable = False
    return fade


def speech_bounds(sound: np.ndarray, below_peak_db: float = 35.0, rate_hz: int = SAMPLE_RATE_HZ) -> tuple[int, int]:
    """First and one-past-last sample (10 ms grid) within `below_peak_db` of the loudest 10 ms. (0, 0) for silence."""
    hop = rate_hz // 100
    frames = len(sound) // hop
    if not frames:
        return 0, len(sound)
    level = np.sqrt(np.mean(sound[: frames * hop].reshape(frames, hop) ** 2, axis=1))
    loud = np.flatnonzero(level > max(level.max() * 10 ** (-below_peak_db / 20), 1e-5))
    return (0, 0) if not len(loud) else (int(loud[0]) * hop, int(loud[-1] + 1) * hop)
