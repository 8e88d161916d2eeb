"""Streams lose nothing of the recordings, and have the pauses and backgrounds of their treatment."""

from pathlib import Path

import numpy as np
import pytest

from scripts.core import audio
from scripts.core.random_numbers import generator
from scripts.features import streams
from scripts.features.sources import Recording, Sources
from scripts.features.streams import Segment, Treatment, pack, render_speech, split_file


def test_a_file_is_split_into_equal_segments():
    segments = split_file(Path("a"), 30.0, 12.0)
    assert [(segment.start_s, segment.end_s) for segment in segments] == [(0, 10), (10, 20), (20, 30)]
    assert len(split_file(Path("a"), 12.0, 12.0)) == 1


def test_pack_keeps_order_loses_nothing_and_stays_below_its_limit():
    lengths = np.random.default_rng(0).uniform(0.5, 9, 200)
    segments = [Segment(Path(str(number)), 0.0, length) for number, length in enumerate(lengths)]
    groups = pack(segments, 12.0)
    assert [segment for group in groups for segment in group] == segments
    totals = [sum(segment.end_s for segment in group) for group in groups]
    assert max(totals) <= 12.0 and np.mean(totals) > 8.0
    assert [len(group) for group in pack([Segment(Path("x"), 0, 20.0), Segment(Path("y"), 0, 1.0)], 12.0)] == [1, 1]


@pytest.fixture
def tones(tmp_path) -> list[Recording]:
    """Two seconds each of 500 Hz speech and 3 kHz music."""
    recordings = []
    for kind, hz in (("speech", 500), ("music", 3_000)):
        audio.write(
            tmp_path / f"{kind}.wav", (0.2 * np.sin(2 * np.pi * hz * np.arange(32_000) / 16_000)).astype(np.float32)
        )
        recordings.append(Recording(tmp_path / f"{kind}.wav", kind, kind, "testing", 2.0, 0))
    return recordings


def render(tones, treatment: Treatment, count: int = 3) -> np.ndarray:
    """The sound of a stream."""
    return render_speech(
        generator(1, "stream"), Sources(tones, "testing"), [Segment(tones[0].path, 0.0, 2.0)] * count, treatment
    ).sound


def test_a_plain_stream_is_the_recordings_with_pauses(tones):
    sound = render(tones, Treatment(pause_s=(0.5, 0.5), room=0.0, level_dbfs=None, background=0.0))
    assert len(sound) == 3 * 40_000
    for start in (0, 40_000, 80_000):
        np.testing.assert_allclose(
            sound[start + 200 : start + 31_800],
            0.2 * np.sin(2 * np.pi * 500 * np.arange(200, 31_800) / 16_000),
            atol=2e-3,
        )
        assert 20 * np.log10(audio.rms(sound[start + 32_000 : start + 40_000])) == pytest.approx(
            streams.FLOOR_DBFS, abs=3
        )


def test_each_utterance_has_a_level_of_its_own(tones):
    sound = render(tones, Treatment(pause_s=(0.5, 0.5), room=0.0, level_dbfs=(-40.0, -20.0), background=0.0))
    levels = [20 * np.log10(audio.rms(sound[start : start + 32_000])) for start in (0, 40_000, 80_000)]
    assert all(-40.1 < level < -19.9 for level in levels) and max(levels) - min(levels) > 0.5


def test_speech_played_slower_is_lower_and_longer(tones):
    sound = render(tones, Treatment(pause_s=(0.5, 0.5), room=0.0, level_dbfs=None, background=0.0, speed=0.8), count=1)
    assert len(sound) == 40_000 + 8_000
    spectrum = np.abs(np.fft.rfft(sound[4_000:20_000]))  # a second: one hertz a bin
    assert np.argmax(spectrum) == 400


def test_background_lies_under_the_stream_at_its_snr(tones):
    sound = render(
        tones, Treatment(pause_s=(0.5, 0.5), room=0.0, level_dbfs=(-20.0, -20.0), background=1.0, snr_db=(10.0, 10.0))
    )
    music = sound[32_000:40_000]
    assert 20 * np.log10(audio.rms(music)) == pytest.approx(-30.0, abs=1.0)


def test_a_stream_of_silence_is_refused(tones, tmp_path):
    audio.write(tmp_path / "silent.wav", np.zeros(16_000, np.float32))
    with pytest.raises(ValueError, match="silent.wav"):
        render_speech(generator(1), Sources([], "testing"), [Segment(tmp_path / "silent.wav", 0.0, 1.0)], streams.PLAIN)
