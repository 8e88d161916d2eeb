"""`make detect`: detections in recordings of any format, each with the highest cutoff, as text and as JSON."""

import json
import re

import numpy as np
import pytest
import soundfile

from scripts.core import audio
from scripts.live import detect
from scripts.live.recordings import format_time


@pytest.fixture
def run_detect(alexa_data, capsys):
    """run_detect(wav, *arguments): what `detect` prints."""

    def run(wav, *arguments):
        detect.main(["--data", str(alexa_data), "--slug", "alexa", "--wav", str(wav), "--jobs", "1", *arguments])
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("name, rate_hz", [("a.wav", 48_000), ("b.flac", 44_100), ("c.mp3", 22_050), ("d.ogg", 8_000)])
def test_any_format_and_rate_in_stereo(run_detect, three_calls, tmp_path, name, rate_hz):
    mono = audio.resample(audio.read(three_calls[0]), 16_000, rate_hz)
    soundfile.write(tmp_path / name, np.stack([mono, mono], axis=1), rate_hz)
    report = json.loads(run_detect(tmp_path / name, "--format", "json"))
    (result,) = report["files"]
    assert report["cutoff"] == 0.9 and result["duration_s"] == pytest.approx(audio.duration_s(three_calls[0]), abs=0.1)
    for detection in result["detections"]:
        assert detection["probability"] > 0.85 and 0.9 <= detection["highest_cutoff"] <= result["highest_cutoff"]
    times = [detection["time_s"] for detection in result["detections"]]
    # A sound of 8 kHz holds only half of what the model was trained on.
    assert rate_hz == 8_000 or times == pytest.approx(three_calls[1], abs=0.6)


def test_of_a_directory_each_file_is_reported_and_undecodable_ones_are_counted(
    run_detect, three_calls, espeak_says, tmp_path
):
    calls, ends = three_calls
    (tmp_path / "more").mkdir()
    (tmp_path / "calls.wav").write_bytes(calls.read_bytes())
    audio.write(tmp_path / "more" / "other.wav", espeak_says("the weather will be fine", "en-us"))
    (tmp_path / "notes.txt").write_text("no sound")
    (tmp_path / "empty.wav").touch()
    (tmp_path / ".hidden.wav").touch()
    text = run_detect(tmp_path)
    assert text.count("calls.wav") == 3 and format_time(ends[0])[:3] in text
    assert len(re.findall(r"detected up to cutoff 0\.9\d\n", text)) == 3
    assert re.search(r"other\.wav +nothing +(would be detected up to cutoff 0\.\d\d|at no cutoff)\n", text)
    assert "2 files" in text and "3 detections in 1 of them; 2 could not be decoded" in text and "hidden" not in text


def test_a_recording_of_the_word_alone_is_detected(run_detect, espeak_says, tmp_path):
    audio.write(tmp_path / "word.wav", espeak_says("alexa", "en-us+m3"))
    (result,) = json.loads(run_detect(tmp_path / "word.wav", "--format", "json"))["files"]
    assert len(result["detections"]) == 1, "the first second, which a device ignores, is not the recording's"


def test_what_cannot_be_used_is_refused_in_a_sentence(alexa_data, run_detect, tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    for arguments, sentence in (
        ((tmp_path / "none.wav",), "no file and no directory"),
        (("",), "WAV=file-or-directory"),
        ((tmp_path / "broken.wav",), "could not be decoded"),
        ((tmp_path, "--cutoff", "2"), "is not a cutoff"),
    ):
        with pytest.raises(SystemExit, match=sentence):
            run_detect(*arguments)
    with pytest.raises(SystemExit, match='make train WORD="alexa!"'):
        detect.main(["--data", str(tmp_path), "--slug", "alexa", "--word", "alexa!", "--wav", "x"])
