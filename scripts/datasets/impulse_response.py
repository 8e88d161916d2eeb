"""Room impulse responses in the one form the rest of wakemake expects: direct sound first, peak at one, no dead tail.

align(np.array([0, 0, 1, 0.5, 0, 0.2, 0, 0]))     # [1, 0.5, 0, 0.2]
"""

import numpy as np

FLOOR_DB = -60.0  # RT60's own definition: below this a room has gone quiet


def direct_sample(response: np.ndarray) -> int:
    """Where the direct sound arrives in (samples,): the first peak of at least half the largest one.

    Not simply the largest: behind a corner, or far away, a reflection can be louder than what came straight.
    """
    level = np.abs(response)
    first = int(np.argmax(level >= 0.5 * level.max()))
    while first + 1 < len(level) and level[first + 1] > level[first]:
        first += 1
    return first


def align(response: np.ndarray, direct: int | None = None) -> np.ndarray:
    """Cut (samples,) so that it begins with the direct sound and ends where it has fallen by 60 dB; unit peak.

    Beginning with the direct sound keeps a reverberated clip in step with the dry one, whose end is labelled. Unit
    peak, because the level of a recorded response says how loud the shot was, nothing of the room: convolving then
    leaves the dry sound as loud as it was and adds the room, and how loud a clip is stays gain's to decide.
    Raises ValueError for a silent response.
    """
    response = np.asarray(response, np.float32)
    if not len(response) or not np.abs(response).max() > 0:
        raise ValueError("the response is silent")
    response = response[direct_sample(response) if direct is None else direct :]
    level = np.abs(response) / np.abs(response).max()
    last = int(np.flatnonzero(level > 10 ** (FLOOR_DB / 20))[-1])
    return response[: last + 1] / np.abs(response).max()


def rt60_s(response: np.ndarray, rate_hz: int, over_db: float = 20.0) -> float:
    """Reverberation time of (samples,) by Schroeder's backward integration, the slope from -5 to -5-over_db dB (ISO
    3382)."""
    energy = np.cumsum(np.square(response[::-1], dtype=np.float64))[::-1]
    decay_db = 10 * np.log10(np.maximum(energy / energy[0], 1e-12))
    part = np.flatnonzero((decay_db <= -5) & (decay_db >= -5 - over_db))
    if len(part) < 2:
        return 0.0
    slope_db_per_s = np.polyfit(part / rate_hz, decay_db[part], 1)[0]
    return float(-60 / slope_db_per_s)
