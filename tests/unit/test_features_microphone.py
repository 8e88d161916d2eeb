"""A microphone changes sound as audiomentations does, depends on its generator alone, and does not move it in time."""

import random
from pathlib import Path

import numpy as np
import pytest

from scripts.core.audio import rms
from scripts.core.files import read_json
from scripts.core.random_numbers import generator
from scripts.core.spectrogram import compute_spectrogram
from scripts.features import microphone
from scripts.features.microphone import apply_microphone

GOLDEN = Path(__file__).with_name(
    "golden_microphone.json"
)  # every 997th sample of clips(60) through audiomentations 0.43.1


def tone(hz: float, seconds: float = 1.0, amplitude: float = 0.1) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * 16_000)) / 16_000)).astype(np.float32)


def level_db(sound: np.ndarray) -> float:
    return 20 * np.log10(rms(sound))


def clip(number: int) -> np.ndarray:
    """Noise of some length and loudness."""
    rng = generator(41, number)
    return (rng.standard_normal(int(rng.integers(9_000, 30_000))) * 10 ** rng.uniform(-3, -0.5)).astype(np.float32)


@pytest.fixture(scope="module")
def by_audiomentations():
    """The same chain by the package itself, where it is installed: (rng, sound) -> sound, and which transform does what
    alone."""
    a = pytest.importorskip(
        "audiomentations", reason="audiomentations is not installed, and nothing but this comparison needs it"
    )
    from scipy.signal import sosfilt

    equaliser = a.SevenBandParametricEQ(min_gain_db=-8.0, max_gain_db=8.0)
    bands = [equaliser.low_shelf_filter, *equaliser.peaking_filters, equaliser.high_shelf_filter]

    def equalise(sound):
        sections = []
        for band in bands:
            band.randomize_parameters(sound, 16_000)
            drawn = band.parameters
            sections.append(
                band._get_biquad_coefficients_from_input_parameters(
                    min(drawn["center_freq"], 0.9999 * 8_000), drawn["gain_db"], drawn["q_factor"], 16_000
                )
            )
        return sosfilt(np.concatenate(sections), sound).astype(np.float32)

    def filtered(rng, sound, equaliser_share=0.25, share=0.1):
        chain = a.Compose(
            [
                a.BandStopFilter(min_rolloff=12, max_rolloff=12, p=share),
                a.TanhDistortion(min_distortion=0.01, max_distortion=0.3, p=share),
            ]
        )
        first, second = (int(number) for number in rng.integers(2**32, size=2))
        random.seed(first)
        np.random.seed(second)
        if rng.random() < equaliser_share:
            sound = equalise(sound)
        return chain(np.ascontiguousarray(sound, np.float32), sample_rate=16_000)

    return filtered


@pytest.mark.parametrize("equaliser_share, share", [(0.25, 0.1), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_it_is_the_same_to_the_bit_as_audiomentations(equaliser_share, share, by_audiomentations, monkeypatch):
    """With the shares of a build, and with each transform in every clip; so are the features, and features are what is
    stored."""
    for name, value in (
        ("EQUALISER_SHARE", equaliser_share),
        ("STOPPED_SHARE", share),
        ("DISTORTED_SHARE", share),
        ("HISS_SHARE", 0.0),
    ):
        monkeypatch.setattr(microphone, name, value)
    for number in range(60):
        expected = by_audiomentations(generator(9, number), clip(number), equaliser_share, share)
        filtered = apply_microphone(generator(9, number), clip(number))
        assert filtered.dtype == expected.dtype == np.float32
        np.testing.assert_array_equal(filtered, expected, err_msg=f"clip {number}")
        np.testing.assert_array_equal(compute_spectrogram(filtered), compute_spectrogram(expected))


def test_it_is_the_same_as_stored_results_of_audiomentations():
    golden = read_json(GOLDEN)
    assert len(golden) == 25
    for number in range(60):
        filtered = apply_microphone(generator(42, number), clip(number))
        if str(number) in golden:  # another processor's sine and tanh may round the last digit otherwise
            np.testing.assert_allclose(filtered[::997], golden[str(number)], rtol=1e-4, atol=1e-6)
        else:
            np.testing.assert_array_equal(filtered, clip(number))


def test_it_depends_on_its_generator_alone():
    sound = tone(440)

    def render(*name):
        return apply_microphone(generator(5, *name), sound)

    first = [render(number) for number in range(30)]
    random.seed(99)
    np.random.seed(99)
    again = [render(number) for number in reversed(range(30))][::-1]
    for one, other in zip(first, again):
        np.testing.assert_array_equal(one, other)
    changed = sum(not np.array_equal(one, sound) for one in first)
    assert 5 < changed < 25  # about 43 % of clips pass through at least one transform


@pytest.mark.parametrize(
    "shape, gain_db", [("low shelf", 6.0), ("peak", -6.0), ("high shelf", 6.0), ("high shelf", -4.0)]
)
def test_a_band_of_the_equaliser_has_its_gain_where_it_is_and_none_elsewhere(shape, gain_db):
    from scipy.signal import sosfreqz

    _, response = sosfreqz(
        microphone.band_filter(shape, 1_000.0, gain_db, 0.7), worN=[20.0, 1_000.0, 7_900.0], fs=16_000
    )
    low, centre, high = 20 * np.log10(np.abs(response))
    expected = {"low shelf": (gain_db, 0.0), "peak": (0.0, 0.0), "high shelf": (0.0, gain_db)}[shape]
    assert (low, high) == pytest.approx(expected, abs=0.1)
    assert centre == pytest.approx(gain_db if shape == "peak" else gain_db / 2, abs=0.1)


def test_a_stopped_band_is_gone_and_the_rest_is_not():
    def lost(hz: float) -> float:
        return level_db(tone(hz)) - level_db(microphone.stop_band(tone(hz), 1_000.0, 1_000.0)[4_000:])

    assert lost(900) > 20 and abs(lost(100)) < 0.5 and abs(lost(5_000)) < 0.5


def test_distortion_limits_the_loud_samples_and_keeps_the_rms():
    sound = tone(440)
    distorted = microphone.distort(sound, 0.3)
    assert (
        rms(distorted) == pytest.approx(rms(sound), rel=1e-4) and np.abs(distorted).max() < 0.98 * np.abs(sound).max()
    )
    np.testing.assert_array_equal(microphone.distort(np.zeros(1_001, np.float32), 0.3), 0)


def test_it_sometimes_hisses_15_to_40_db_below_the_sound(monkeypatch):
    for share in ("EQUALISER_SHARE", "STOPPED_SHARE", "DISTORTED_SHARE"):
        monkeypatch.setattr(microphone, share, 0.0)
    sound, below = tone(440), []
    for number in range(300):
        filtered = apply_microphone(generator(8, number), sound)
        if not np.array_equal(filtered, sound):
            below.append(level_db(sound) - level_db(filtered - sound))
    assert 10 < len(below) < 45 and 15 <= min(below) < 22 and 33 < max(below) <= 40.01  # 8 % of 300 are 24


def test_it_delays_less_than_half_a_frame():
    click = np.zeros(8_000, np.float32)
    click[4_000] = 0.5
    for number in range(60):
        filtered = apply_microphone(generator(6, number), click)
        assert abs(int(np.abs(filtered).argmax()) - 4_000) <= 80  # half a frame
