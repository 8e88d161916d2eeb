"""A perturbation changes pitch, formants, tempo and melody by as much as it says, and each without the others."""

import numpy as np
import pytest
from sounds import RATE, pulses

from scripts.samples import perturb
from scripts.samples.perturb import Perturbation, Rendering, stretch_melody


def fundamental_hz(sound: np.ndarray) -> float:
    f0, _ = perturb.pyworld.dio(sound.astype(np.float64), RATE)
    return float(np.median(f0[f0 > 0]))


def test_resampling_changes_pitch_and_length_together():
    faster = Rendering(pulses(120), RATE).perturb(Perturbation(1.25, 1.25, 1.0, False, 0.0))
    assert fundamental_hz(faster) == pytest.approx(150, rel=0.02)
    assert len(faster) == pytest.approx(RATE / 1.25, rel=0.01)


def test_world_changes_pitch_and_tempo_independently():
    changed = Rendering(pulses(120), RATE).perturb(Perturbation(1.0, 1.5, 1.25, True, 0.0))
    assert fundamental_hz(changed) == pytest.approx(180, rel=0.03)
    assert len(changed) == pytest.approx(RATE / 1.25, rel=0.03)


def test_world_changes_formants_without_the_pitch():
    def centroid_hz(sound):
        power = np.abs(np.fft.rfft(sound)) ** 2
        return float((np.fft.rfftfreq(len(sound), 1 / RATE) * power).sum() / power.sum())

    same, higher = (
        Rendering(pulses(120), RATE).perturb(Perturbation(factor, 1.0, 1.0, True, 0.0)) for factor in (1.0, 1.25)
    )
    assert fundamental_hz(higher) == pytest.approx(120, rel=0.03)
    assert centroid_hz(higher) / centroid_hz(same) == pytest.approx(1.25, rel=0.12)


def test_a_melody_is_stretched_about_its_mean_and_rises_as_a_whole():
    f0 = np.array([0.0, 100.0, 200.0, 100.0, 200.0, 0.0, 0.0])
    octaves = np.log2(stretch_melody(f0, melody=2.0, rise=0.0)[1:5])
    np.testing.assert_allclose(octaves - np.log2(f0[1:5]).mean(), [-1.0, 1.0, -1.0, 1.0])
    risen = stretch_melody(np.full(11, 150.0), melody=1.0, rise=12.0)
    assert risen[-1] / risen[0] == pytest.approx(2.0) and risen[5] == pytest.approx(150.0)
    np.testing.assert_allclose(stretch_melody(f0, 1.0, 0.0), f0)
    assert stretch_melody(f0, 2.5, -9.0)[[0, 5, 6]].tolist() == [0.0, 0.0, 0.0]  # unvoiced frames stay unvoiced
    assert stretch_melody(np.array([0.0, 120.0]), 2.0, 5.0).tolist() == [0.0, 120.0]


def test_world_synthesises_the_melody():
    risen = Rendering(pulses(120), RATE).perturb(Perturbation(1.0, 1.0, 1.0, True, 0.0, rise=12.0))
    start, end = fundamental_hz(risen[1_600:4_800]), fundamental_hz(risen[-4_800:-1_600])
    assert end / start == pytest.approx(2**0.6, rel=0.03)  # 0.6 of the second lie between the middles of both stretches
    assert len(risen) == pytest.approx(RATE, rel=0.03)


@pytest.mark.parametrize("f0_hz, pitch, expected_hz", [(320, 2.4, perturb.HIGHEST_HZ), (70, 0.6, perturb.LOWEST_HZ)])
def test_no_speaker_is_higher_or_lower_than_people(f0_hz, pitch, expected_hz, monkeypatch):
    synthesised = []
    synthesize = perturb.pyworld.synthesize
    monkeypatch.setattr(
        perturb.pyworld, "synthesize", lambda f0, *others: synthesised.append(f0) or synthesize(f0, *others)
    )
    Rendering(pulses(f0_hz), RATE).perturb(Perturbation(1.0, pitch, 1.0, True, 0.0))
    voiced = synthesised[0][synthesised[0] > 0]
    assert len(voiced) > 100 and np.median(voiced) == expected_hz


def test_perturbing_twice_is_the_same_as_perturbing_two_renderings():
    rendering = Rendering(pulses(120), RATE)
    lower, higher = (Perturbation(1.0, factor, 1.0, True, 0.0) for factor in (0.8, 1.3))
    low, high = rendering.perturb(lower), rendering.perturb(higher)
    assert np.array_equal(high, Rendering(pulses(120), RATE).perturb(higher))
    assert fundamental_hz(high) / fundamental_hz(low) == pytest.approx(1.3 / 0.8, rel=0.05)
