"""Physics of the augmentation: levels, signal-to-noise ratios, rooms, colours, bands; and nothing moves in time."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

from scripts.core.audio import rms
from scripts.core.random_numbers import generator
from scripts.features import augment


def tone(hz: float, seconds: float = 1.0, amplitude: float = 0.1) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * 16_000)) / 16_000)).astype(np.float32)


def level_db(sound: np.ndarray) -> float:
    return 20 * np.log10(rms(sound))


@pytest.mark.parametrize("snr_db", [-3.0, 0.0, 12.5, 25.0])
def test_snr_mixed_is_the_snr_measured(snr_db):
    speech, noise = tone(440), generator(1, "noise").standard_normal(16_000).astype(np.float32)
    mixed = speech + noise * augment.gain_for_snr(rms(speech), noise, snr_db)
    assert level_db(speech) - level_db(mixed - speech) == pytest.approx(snr_db, abs=0.01)


def test_silent_noise_stays_silent():
    assert augment.gain_for_snr(0.1, np.zeros(100, np.float32), 10) == 0


@pytest.mark.parametrize("level", [-45.0, -15.0])
def test_level_is_set_in_dbfs(level):
    assert level_db(augment.set_rms(tone(300), level)) == pytest.approx(level, abs=0.01)
    half_silent = np.concatenate([tone(300), np.zeros(16_000, np.float32)])
    scaled = augment.set_rms(half_silent, level, rms(half_silent[:16_000]))
    assert level_db(scaled[:16_000]) == pytest.approx(level, abs=0.01)
    np.testing.assert_array_equal(augment.set_rms(np.zeros(5, np.float32), level), 0)


def test_emphasis_makes_the_end_as_much_softer_as_it_says():
    """A tone with a gain that falls by 12 dB: its last part is 12 dB below its first, and the whole as loud as
    before."""
    speech = tone(440, seconds=1.2)
    emphasised = augment.emphasise(speech, np.array([0.0, 0.0, -12.0, -12.0]), contrast=1.0)
    assert emphasised.dtype == np.float32 and rms(emphasised) == pytest.approx(rms(speech), rel=1e-4)
    assert level_db(emphasised[-4_000:]) - level_db(emphasised[:4_000]) == pytest.approx(-12.0, abs=0.05)


@pytest.mark.parametrize("contrast", [0.5, 1.0, 2.0])
def test_contrast_multiplies_the_differences_of_loudness(contrast):
    """Two syllables 6 dB apart are `contrast` times as many apart, and a pause 60 dB below is not treated as speech."""
    speech = np.concatenate([tone(440, 0.4), tone(440, 0.4) / np.float32(augment.db(6)), tone(440, 0.4) / 1_000])
    emphasised = augment.emphasise(speech, np.zeros(2), contrast)
    loud, soft, pause = (level_db(emphasised[first : first + 3_200]) for first in (1_600, 8_000, 14_400))
    assert loud - soft == pytest.approx(6 * contrast, abs=0.1)
    assert loud - pause == pytest.approx(60 - augment.QUIETEST_DB * (contrast - 1), abs=0.1)


def test_emphasis_leaves_silence_and_its_own_speech_alone():
    np.testing.assert_array_equal(augment.emphasise(np.zeros(5_000, np.float32), np.array([3.0, -9.0]), 1.9), 0)
    speech = tone(440)
    np.testing.assert_allclose(augment.emphasise(speech, np.zeros(3), 1.0), speech, rtol=1e-5)


def test_an_impulse_comes_out_of_a_room_as_its_response_and_in_its_place():
    response = np.zeros(4_000, np.float32)
    response[[0, 700, 3_100]] = 1.0, 0.5, -0.25
    impulse = np.zeros(16_000, np.float32)
    impulse[5_000] = 1.0
    wet = augment.apply_room(impulse, response)
    assert len(wet) == len(impulse) and np.abs(wet[:5_000]).max() < 1e-6
    np.testing.assert_allclose(wet[[5_700, 8_100]] / wet[5_000], [0.5, -0.25], atol=1e-5)
    assert rms(wet) == pytest.approx(rms(impulse), rel=1e-5)


@pytest.mark.parametrize("taps", [1, 480, 5_462, 9_000, 30_000])
def test_a_convolution_in_blocks_is_a_convolution(taps):
    rng = generator(4, taps)
    sound, response = (rng.standard_normal(length).astype(np.float32) for length in (20_011, taps))
    expected = fftconvolve(sound.astype(float), response.astype(float))[: len(sound)]
    result = augment.convolve(sound, response)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize(
    "colour, db_per_octave", [("violet", 6.02), ("blue", 3.01), ("white", 0.0), ("pink", -3.01), ("brown", -6.02)]
)
def test_coloured_noise_falls_as_it_should(colour, db_per_octave):
    noise = augment.draw_noise(generator(2, colour), colour, 16 * 16_000)
    assert len(noise) == 16 * 16_000 and rms(noise) == pytest.approx(1.0, rel=0.2)
    power = np.abs(np.fft.rfft(noise)) ** 2
    hz = np.fft.rfftfreq(len(noise), 1 / 16_000)
    octave = [10 * np.log10(power[(hz >= low) & (hz < 2 * low)].mean()) for low in (125, 250, 500, 1000, 2000)]
    assert np.polyfit(range(5), octave, 1)[0] == pytest.approx(db_per_octave, abs=0.4)


def test_noise_longer_than_its_bank_goes_on():
    noise = augment.draw_noise(generator(3, "long"), "pink", 45 * 16_000)
    assert len(noise) == 45 * 16_000 and rms(noise[-16_000:]) > 0.3


def test_a_telephone_passes_1_khz_and_stops_100_hz():
    def lost(hz: float) -> float:
        return level_db(tone(hz)) - level_db(augment.apply_telephone(tone(hz))[4_000:])

    assert abs(lost(1_000)) < 0.2 and lost(100) > 30 and lost(6_000) > 15


def test_a_fade_ends_in_silence_and_leaves_the_middle():
    faded = augment.fade(np.ones(1_600, np.float32), 0.01)
    assert faded[0] == faded[-1] == 0
    np.testing.assert_array_equal(faded[160:-160], 1)
