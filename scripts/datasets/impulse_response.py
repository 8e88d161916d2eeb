"""Impulse responses of rooms as all other stages expect them: direct sound first, peak at one, no silent end.

>>> align(np.array([0, 0, 1, 0.5, 0, 0.25, 0, 0])).tolist()
[1.0, 0.5, 0.0, 0.25]
"""

import numpy as np

FLOOR_DB = -60.0  # as in the definition of RT60


def find_direct_sound(response: np.ndarray) -> int:
    """Index of the direct sound in (samples,): the first peak of at least half the largest one.

    Not simply the largest: behind a corner, or far away, a reflection can be louder than the direct sound.
    """
    level = np.abs(response)
    first = int(np.argmax(level >= 0.5 * level.max()))
    while first + 1 < len(level) and level[first + 1] > level[first]:
        first += 1
    return first


def align(response: np.ndarray, direct: int | None = None) -> np.ndarray:
    """Cut (samples,) so that it begins with the direct sound and ends where it has fallen by 60 dB; unit peak.

    `direct` is the index of the direct sound, where it is known. As the response begins with it, a reverberant clip
    stays in step with the dry one, whose end is labelled. The level of a recorded response tells how loud the shot was
    and nothing of the room; with unit peak, convolution leaves the direct sound as loud as it was. ValueError for a
    silent response.
    """
    response = np.asarray(response, np.float32)
    if not len(response) or not np.abs(response).max() > 0:
        raise ValueError("the response is silent")
    response = response[find_direct_sound(response) if direct is None else direct :]
    level = np.abs(response) / np.abs(response).max()
    last = int(np.flatnonzero(level > 10 ** (FLOOR_DB / 20))[-1])
    return response[: last + 1] / np.abs(response).max()


def measure_rt60_s(response: np.ndarray, rate_hz: int, over_db: float = 20.0) -> float:
    """Reverberation time in seconds of (samples,), from the slope of Schroeder's backward integral between -5 and
    -5 - over_db dB (ISO 3382); 0 where that is too short."""
    energy = np.cumsum(np.square(response[::-1], dtype=np.float64))[::-1]
    decay_db = 10 * np.log10(np.maximum(energy / energy[0], 1e-12))
    fitted = np.flatnonzero((decay_db <= -5) & (decay_db >= -5 - over_db))
    if len(fitted) < 2:
        return 0.0
    slope_db_per_s = np.polyfit(fitted / rate_hz, decay_db[fitted], 1)[0]
    return float(-60 / slope_db_per_s)
