"""Short utterances are cut out of speech at its pauses."""

import numpy as np
import pytest

from scripts.features.utterances import find_utterances


def test_utterances_are_cut_at_pauses():
    time = np.arange(16_000) / 16_000
    voice = (0.2 * np.sin(2 * np.pi * 300 * time)).astype(np.float32)
    silence = np.zeros(16_000, np.float32)
    sound = np.concatenate(
        [
            silence[:3_200],
            voice[:8_000],
            silence[:4_800],
            voice,
            voice,
            silence[:3_200],
            voice[:1_600],
            silence[:8_000],
            voice[:16_000],
            silence[:800],
            voice[:4_800],
        ]
    )
    utterances = find_utterances(
        sound
    )  # 0.5 s; 2 s is too long; 0.1 s too short; 1 s and 0.3 s with a gap of 50 ms are one
    assert utterances == [(0.2, 0.7), (pytest.approx(3.8, abs=0.02), pytest.approx(5.15, abs=0.02))]
    assert find_utterances(silence) == [] and find_utterances(voice[:50]) == []
