"""Copies of a recording are found, however loud and wherever they begin; other takes are not."""

import numpy as np

from scripts.tools.duplicates import find_duplicates


def test_copies_are_found_by_their_sound(espeak_says):
    sound, take, voice = (
        espeak_says("alexa", "en-us"),
        espeak_says("alexa", "en-us+m3"),
        espeak_says("alexa", "en-us+f2"),
    )
    random = np.random.default_rng(0)
    later = np.concatenate([np.zeros(3_333, np.float32), 0.3 * sound])
    noisy = sound + 0.1 * sound.std() * random.standard_normal(len(sound)).astype(np.float32)
    assert find_duplicates([sound, take, later, voice, noisy, take[500:]]).tolist() == [0, 1, 0, 3, 0, 1]


def test_silence_is_a_copy_of_nothing():
    assert find_duplicates([np.zeros(8_000, np.float32), np.zeros(8_000, np.float32)]).tolist() == [0, 1]
    assert find_duplicates([]).tolist() == []
