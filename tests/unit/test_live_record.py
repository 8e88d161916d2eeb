"""Recording the word and a room, with a file in the place of the microphone."""

import numpy as np
import pytest

from scripts.core import audio
from scripts.live import record
from scripts.live.utterance_cutter import UtteranceCutter
from scripts.recordings.storage import list_recordings


@pytest.fixture
def three_calls(espeak_says):
    """(samples,) of a room in which somebody says "alexa" three times."""
    rng = np.random.default_rng(1)
    pause = np.zeros(24_000, np.float32)
    parts = [part for n in (1, 2, 3) for part in (pause, espeak_says("alexa", f"en-us+m{n}"))]
    sound = np.concatenate([*parts, pause])
    return sound + 0.0005 * rng.standard_normal(len(sound), dtype=np.float32)


def test_each_utterance_is_cut_out_whole(three_calls):
    cutter = UtteranceCutter()
    cut = [
        u for at in range(0, len(three_calls), 1_440) if (u := cutter.push(three_calls[at : at + 1_440])) is not None
    ]
    assert len(cut) == 3
    for utterance in cut:
        start, end = audio.speech_bounds(utterance)
        assert 0.2 <= start / 16_000 <= 0.6 and 0.2 <= (len(utterance) - end) / 16_000 <= 0.7
        assert 0.3 <= (end - start) / 16_000 <= 1.2


def test_a_level_that_stays_ends_after_five_seconds():
    cutter, loud = UtteranceCutter(), 0.3 * np.ones(1_600, np.float32)
    cutter.push(np.zeros(16_000, np.float32))
    cut = [u for _ in range(120) if (u := cutter.push(loud)) is not None]
    assert cut and all(len(utterance) <= 5.5 * 16_000 for utterance in cut)


def test_the_word_is_kept_for_its_person(three_calls, tmp_path, capsys):
    audio.write(tmp_path / "played.wav", three_calls)
    record.main(["--recordings", str(tmp_path / "own"), "--person", "Anna", "--file", str(tmp_path / "played.wav")])
    assert [each.person for each in list_recordings(tmp_path / "own", "positive")] == ["Anna"] * 3
    assert "3 recordings kept of Anna, 0 not" in capsys.readouterr().out


def test_the_room_is_kept_for_as_long_as_asked(three_calls, tmp_path, capsys):
    audio.write(tmp_path / "played.wav", three_calls)
    arguments = ["--recordings", str(tmp_path / "own"), "--file", str(tmp_path / "played.wav")]
    record.main([*arguments, "--home-s", "3"])
    [home] = list_recordings(tmp_path / "own", "home")
    assert audio.duration_s(home.path) == 3.0 and "kept 3 s of home sound" in capsys.readouterr().out
    audio.write(tmp_path / "played.wav", np.zeros(32_000, np.float32))
    with pytest.raises(SystemExit, match="Nothing is kept: the recording is silent"):
        record.main([*arguments, "--home-s", "1"])
