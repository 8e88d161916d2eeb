"""Recordings that are the same sound: collections hold duplicates, and then one person counts as many.

    groups = find_duplicates([sound, louder_and_later, another])      # [0, 0, 2]

Two recordings are duplicates if they differ only in loudness and a shift in time: the largest normalised
cross-correlation of their sounds between 200 and 1,000 Hz is at least ALIKE. In the two words it was chosen on,
duplicates have 0.89 to 1 and other recordings at most 0.79. Every recording is compared with each sound found before
it, which takes a tenth of a millisecond a pair.
"""

from collections.abc import Iterable

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.progress import progress

BAND_HZ = (200, 1_000)
ALIKE = 0.85


def find_duplicates(sounds: Iterable[np.ndarray]) -> np.ndarray:
    """For each of (samples,) float32 at 16 kHz the number of the first that it is a duplicate of, else its own."""
    sounds = list(sounds)
    size = 1 << (2 * max(map(len, sounds), default=1) - 1).bit_length()  # circular shifts never wrap into one another
    first, last = (round(edge * size / SAMPLE_RATE_HZ) for edge in BAND_HZ)
    # Samples of a correlation: twice what the band needs, so that no peak falls between two.
    band = 1 << (4 * last - 1).bit_length()
    groups = np.arange(len(sounds))
    firsts: list[tuple[int, np.ndarray]] = []  # number and conjugate spectrum of each different sound
    for number, sound in enumerate(progress(sounds, len(sounds), "duplicates", "files")):
        spectrum = np.zeros(band // 2 + 1, np.complex64)
        spectrum[first:last] = np.fft.rfft(sound, size)[first:last]
        power = 2 * np.sum(np.abs(spectrum) ** 2, dtype=np.float64) / band
        if not power:
            continue  # silence is not a duplicate of anything
        spectrum /= np.sqrt(power)
        for group, other in firsts:
            if np.fft.irfft(spectrum * other, band).max() >= ALIKE:
                groups[number] = group
                break
        else:
            firsts.append((number, spectrum.conj()))
    return groups
