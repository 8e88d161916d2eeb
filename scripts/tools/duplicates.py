"""Which recordings are one sound: collections hold copies, and then one person decides what many seem to say.

    groups = find_duplicates([sound, louder_and_later, another])      # [0, 0, 2]

Two recordings are copies if one explains the other but for its loudness and its place in time: the largest normalised
cross-correlation of their sounds between 200 and 1,000 Hz, of all shifts, is at least ALIKE. In the two development
words copies have 0.89 to 1, other recordings at most 0.79. Every recording is compared with each sound found before it,
a tenth of a millisecond a pair.
"""

from collections.abc import Iterable

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.progress import progress

BAND_HZ = (200, 1_000)
ALIKE = 0.85


def find_duplicates(sounds: Iterable[np.ndarray]) -> np.ndarray:
    """For each of (samples,) float32 at 16 kHz the number of the first that it is a copy of; its own if of none."""
    sounds = list(sounds)
    size = 1 << (2 * max(map(len, sounds), default=1) - 1).bit_length()  # circular shifts never wrap into one another
    first, last = (round(edge * size / SAMPLE_RATE_HZ) for edge in BAND_HZ)
    band = (
        1 << (4 * last - 1).bit_length()
    )  # samples of a shift: twice what the band needs, so that none falls between two
    groups, found, known = np.arange(len(sounds)), [], []
    for number, sound in enumerate(progress(sounds, len(sounds), "copies", "files")):
        spectrum = np.zeros(band // 2 + 1, np.complex64)
        spectrum[first:last] = np.fft.rfft(sound, size)[first:last]
        power = 2 * np.sum(np.abs(spectrum) ** 2, dtype=np.float64) / band
        if not power:
            continue  # silence is like nothing
        spectrum /= np.sqrt(power)
        for group, other in zip(found, known):
            if np.fft.irfft(spectrum * other, band).max() >= ALIKE:
                groups[number] = group
                break
        else:
            found.append(number)
            known.append(spectrum.conj())
    return groups
