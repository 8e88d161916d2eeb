"""Recordings are read in segments, checked, and drawn from one split."""

import numpy as np
import pytest

from scripts.core import audio
from scripts.core.random_numbers import generator
from scripts.features.sources import Recording, Sources, read_random, read_segment


def test_a_segment_is_read_without_the_rest(tmp_path):
    ramp = (np.arange(32_000) / 32_768).astype(np.float32)
    audio.write(tmp_path / "ramp.wav", ramp)
    np.testing.assert_allclose(read_segment(tmp_path / "ramp.wav", 1_000, 50), ramp[1_000:1_050], atol=1e-4)
    assert len(read_segment(tmp_path / "ramp.wav", 31_990, 50)) == 10
    long = Recording(tmp_path / "ramp.wav", "x", "music", "training", 2.0, 0)
    assert len(read_random(generator(1), long, 400)) == 400
    assert len(read_random(generator(1), long, 99_999)) == 32_000


def test_other_formats_than_16_bit_wav_of_16_khz_are_refused_by_name(tmp_path):
    import soundfile

    for name, rate_hz, shape, kind in (
        ("fast.wav", 44_100, 100, "PCM_16"),
        ("wide.wav", 16_000, (100, 2), "PCM_16"),
        ("deep.wav", 16_000, 100, "FLOAT"),
        ("other.flac", 16_000, 100, "PCM_16"),
    ):
        soundfile.write(tmp_path / name, np.zeros(shape), rate_hz, subtype=kind)
        with pytest.raises(ValueError, match=name):
            read_segment(tmp_path / name)
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(ValueError, match="empty.wav"):
        read_segment(tmp_path / "empty.wav")


def test_short_noises_follow_each_other_to_the_end(files):
    sources = Sources(files, "training")
    sound = sources.sound(generator(12), sources.noise, 32_000)  # from files of 4,000 samples
    assert len(sound) == 32_000
    loud = [audio.rms(part) > 0.01 for part in np.split(sound, 8)]
    assert sum(loud) >= 4 and loud[-1] | loud[-2]
    assert sources.sound(generator(12), Sources([], "training").noise, 32_000) is None
