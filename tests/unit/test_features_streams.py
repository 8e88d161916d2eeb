"""Streams: nothing of the recordings is lost, pauses and backgrounds are as asked for."""

from pathlib import Path

import numpy as np
import pytest

from scripts.core import audio
from scripts.core.random_numbers import generator
from scripts.features import streams
from scripts.features.sources import Recording, Sources
from scripts.features.streams import Piece, Treatment, cut, pack, speech_stream


def test_cut_covers_a_file_in_equal_pieces():
    pieces = cut(Path("a"), 30.0, 12.0)
    assert [(piece.start_s, piece.end_s) for piece in pieces] == [(0, 10), (10, 20), (20, 30)]
    assert len(cut(Path("a"), 12.0, 12.0)) == 1


def test_pack_keeps_order_loses_nothing_and_stays_below_its_limit():
    lengths = np.random.default_rng(0).uniform(0.5, 9, 200)
    pieces = [Piece(Path(str(number)), 0.0, length) for number, length in enumerate(lengths)]
    groups = pack(pieces, 12.0)
    assert [piece for group in groups for piece in group] == pieces
    totals = [sum(piece.end_s for piece in group) for group in groups]
    assert max(totals) <= 12.0 and np.mean(totals) > 8.0
    assert [len(group) for group in pack([Piece(Path("x"), 0, 20.0), Piece(Path("y"), 0, 1.0)], 12.0)] == [1, 1]


@pytest.fixture
def tones(tmp_path) -> list[Recording]:
    """Two seconds each of 500 Hz speech and 3 kHz music."""
    made = []
    for kind, hz in (("speech", 500), ("music", 3_000)):
        audio.write(
            tmp_path / f"{kind}.wav", (0.2 * np.sin(2 * np.pi * hz * np.arange(32_000) / 16_000)).astype(np.float32)
        )
        made.append(Recording(tmp_path / f"{kind}.wav", kind, kind, "testing", 2.0, 0))
    return made


def heard(tones, treatment: Treatment, count: int = 3) -> np.ndarray:
    """The sound of a stream."""
    return speech_stream(
        generator(1, "stream"), Sources(tones, "testing"), [Piece(tones[0].path, 0.0, 2.0)] * count, treatment
    ).sound


def test_a_plain_stream_is_the_recordings_with_pauses(tones):
    sound = heard(tones, Treatment(pause_s=(0.5, 0.5), room=0.0, level_dbfs=None, background=0.0))
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
    sound = heard(tones, Treatment(pause_s=(0.5, 0.5), room=0.0, level_dbfs=(-40.0, -20.0), background=0.0))
    levels = [20 * np.log10(audio.rms(sound[start : start + 32_000])) for start in (0, 40_000, 80_000)]
    assert all(-40.1 < level < -19.9 for level in levels) and max(levels) - min(levels) > 0.5


def test_played_slower_a_voice_is_lower_and_longer(tones):
    sound = heard(tones, Treatment(pause_s=(0.5, 0.5), room=0.0, level_dbfs=None, background=0.0, speed=0.8), count=1)
    assert len(sound) == 40_000 + 8_000
    spectrum = np.abs(np.fft.rfft(sound[4_000:20_000]))  # a second of it: a hertz a bin
    assert np.argmax(spectrum) == 400


def test_background_lies_under_the_stream_at_its_snr(tones):
    sound = heard(
        tones, Treatment(pause_s=(0.5, 0.5), room=0.0, level_dbfs=(-20.0, -20.0), background=1.0, snr_db=(10.0, 10.0))
    )
    music = sound[32_000:40_000]
    assert 20 * np.log10(audio.rms(music)) == pytest.approx(-30.0, abs=1.0)


def test_a_stream_of_silence_is_refused(tones, tmp_path):
    audio.write(tmp_path / "silent.wav", np.zeros(16_000, np.float32))
    with pytest.raises(ValueError, match="silent.wav"):
        speech_stream(generator(1), Sources([], "testing"), [Piece(tmp_path / "silent.wav", 0.0, 1.0)], streams.PLAIN)
