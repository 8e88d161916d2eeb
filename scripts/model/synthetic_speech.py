"""A buzzing voice that moves through vowels, for checks of a model where no recordings are at hand.

>>> features = synthesise_speech(0.5)
>>> features.shape, features.dtype
((48, 40), dtype('uint16'))
"""

import numpy as np
from scipy.signal import lfilter

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.random_numbers import generator
from scripts.core.spectrogram import compute_spectrogram

VOWEL_S = 0.1


def synthesise_speech(seconds: float = 15.0) -> np.ndarray:
    """Frontend values (frames, 40) uint16 of `seconds` of it, the same each time."""
    random = generator(0, "synthetic speech")
    samples = int(SAMPLE_RATE_HZ * VOWEL_S)
    vowels = []
    for _ in range(int(seconds / VOWEL_S)):
        pulses = np.arange(samples) % int(SAMPLE_RATE_HZ / random.uniform(90, 250)) == 0
        vowel = pulses + 0.02 * random.standard_normal(samples)
        for formant_hz in (random.uniform(250, 900), random.uniform(900, 2500), random.uniform(2500, 3500)):
            vowel = lfilter([1], [1, -1.9 * np.cos(2 * np.pi * formant_hz / SAMPLE_RATE_HZ), 0.9025], vowel)
        vowels.append(vowel / np.abs(vowel).max() * random.choice([0.0, 0.05, 0.2, 0.5]))
    return compute_spectrogram(np.concatenate(vowels).astype(np.float32))
