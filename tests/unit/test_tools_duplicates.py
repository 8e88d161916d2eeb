"""Duplicates of a recording are found, however loud and wherever they begin; another recording of a word is not."""

import numpy as np

from scripts.tools.duplicates import find_duplicates


def test_duplicates_are_found_by_their_sound(espeak_says):
    sound, other, third = (
        espeak_says("alexa", "en-us"),
        espeak_says("alexa", "en-us+m3"),
        espeak_says("alexa", "en-us+f2"),
    )
    random = np.random.default_rng(0)
    later = np.concatenate([np.zeros(3_333, np.float32), 0.3 * sound])
    noisy = sound + 0.1 * sound.std() * random.standard_normal(len(sound)).astype(np.float32)
    assert find_duplicates([sound, other, later, third, noisy, other[500:]]).tolist() == [0, 1, 0, 3, 0, 1]


def test_silence_is_not_a_duplicate():
    assert find_duplicates([np.zeros(8_000, np.float32), np.zeros(8_000, np.float32)]).tolist() == [0, 1]
    assert find_duplicates([]).tolist() == []
