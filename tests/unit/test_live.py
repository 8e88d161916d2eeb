"""A published model on recordings and in the terminal: the official alexa model, and voices that call it."""

import io
import json
import re

import numpy as np
import pytest
from packages import needs_tflm

from scripts.core import audio
from scripts.core.decode import Decoder
from scripts.core.detection import detections
from scripts.live import detect, listen, microphone
from scripts.live.published import find_published, parse_cutoff
from scripts.live.streaming import StreamingDetector


def near(times, ends):
    """Each time within 0.6 s of the end of its call."""
    return len(times) == len(ends) and all(-0.3 <= time - end <= 0.6 for time, end in zip(times, ends))


@pytest.fixture
def alexa(alexa_data):
    return find_published(alexa_data, "alexa")


def run(function, capsys, *arguments):
    function([*map(str, arguments)])
    return capsys.readouterr().out


@needs_tflm
def test_the_ear_hears_what_the_device_hears(alexa, three_calls):
    from scripts.core.frontend import spectrogram
    from scripts.model.inputs import make_inference_inputs
    from scripts.model.runtimes import run as run_model

    whole = audio.read(three_calls[0])
    ear = StreamingDetector(alexa)
    moments = [moment for piece in np.array_split(whole, 97) for moment in ear.push(piece)]
    outputs, _ = run_model("tflm", alexa.model, make_inference_inputs(spectrogram(whole), 3))
    assert [round(moment.output * 255) for moment in moments] == outputs.tolist()
    heard = [index for index, moment in enumerate(moments) if moment.detected]
    assert heard == detections(outputs, alexa.cutoff, alexa.window).tolist()
    assert near([moments[index].time_s for index in heard], three_calls[1])
    assert moments[0].time_s == 0.05, "three frames: 30 ms, and 10 ms more for each of two"


def test_the_cutoff_may_move_while_it_listens(alexa, three_calls):
    (path, ends), heard = three_calls, {}
    for name, first, then in (("low", 0.3, 0.3), ("high", 0.98, 0.98), ("raised", 0.3, 0.98)):
        ear, whole = StreamingDetector(alexa, first), audio.read(path)
        moments = ear.push(whole[: int((ends[0] + 1) * audio.SAMPLE_RATE_HZ)])
        ear.cutoff = then
        moments += ear.push(whole[int((ends[0] + 1) * audio.SAMPLE_RATE_HZ) :])
        heard[name] = [moment.time_s for moment in moments if moment.detected]
    assert heard["raised"] == [heard["low"][0], *heard["high"][1:]]
    assert np.less(heard["low"], heard["high"]).all(), "who asks for less answers sooner"


@pytest.mark.parametrize("name, rate_hz", [("a.wav", 48_000), ("b.flac", 44_100), ("c.mp3", 22_050), ("d.ogg", 8_000)])
def test_any_format_and_rate_in_stereo(alexa, alexa_data, three_calls, tmp_path, capsys, name, rate_hz):
    import soundfile

    mono = audio.resample(audio.read(three_calls[0]), 16_000, rate_hz)
    soundfile.write(tmp_path / name, np.stack([mono, mono], axis=1), rate_hz)
    said = json.loads(
        run(detect.main, capsys, "--data", alexa_data, "--slug", "alexa", "--wav", tmp_path / name, "--format", "json")
    )
    (result,) = said["files"]
    assert result["duration_s"] == pytest.approx(audio.duration_s(three_calls[0]), abs=0.1)
    # Through 8 kHz, half of what it knows the word by is gone.
    assert near([heard["time_s"] for heard in result["detections"]], three_calls[1]) or rate_hz == 8_000
    assert said["cutoff"] == alexa.cutoff and all(heard["probability"] > 0.85 for heard in result["detections"])


def test_a_directory_tells_each_file_and_counts_what_is_none(alexa_data, three_calls, espeak_says, tmp_path, capsys):
    calls, ends = three_calls
    (tmp_path / "more").mkdir()
    (tmp_path / "calls.wav").write_bytes(calls.read_bytes())
    audio.write(tmp_path / "more" / "other.wav", espeak_says("the weather will be fine", "en-us"))
    (tmp_path / "notes.txt").write_text("no sound")
    (tmp_path / "empty.wav").touch()
    (tmp_path / ".hidden.wav").touch()
    said = run(detect.main, capsys, "--data", alexa_data, "--slug", "alexa", "--wav", tmp_path, "--jobs", 1)
    assert said.count("calls.wav") == 3 and detect.clock(ends[0])[:3] in said
    assert re.search(r"other\.wav +nothing +highest probability 0\.\d\d\n", said)
    assert "2 files" in said and "3 detections in 1 of them; 2 could not be decoded" in said and "hidden" not in said


def test_a_word_by_itself_is_heard(alexa_data, espeak_says, tmp_path, capsys):
    audio.write(tmp_path / "word.wav", espeak_says("alexa", "en-us+m3"))
    said = json.loads(
        run(
            detect.main,
            capsys,
            "--data",
            alexa_data,
            "--slug",
            "alexa",
            "--wav",
            tmp_path / "word.wav",
            "--format",
            "json",
        )
    )
    assert len(said["files"][0]["detections"]) == 1, (
        "a device is deaf for its first second, which is not the recording's fault"
    )


def test_refusals(alexa_data, tmp_path, capsys):
    given = ["--data", str(alexa_data), "--slug", "alexa", "--wav"]
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    for arguments, sentence in (
        (["--data", str(tmp_path), "--slug", "alexa", "--word", "alexa!", "--wav", "x"], 'make train WORD="alexa!"'),
        ([*given, str(tmp_path / "none.wav")], "no file and no directory"),
        ([*given, ""], "WAV=file-or-directory"),
        ([*given, str(tmp_path / "broken.wav")], "could not be decoded"),
        ([*given, str(tmp_path), "--cutoff", "2"], "is no cutoff"),
    ):
        with pytest.raises(SystemExit, match=sentence.replace("?", ".")):
            detect.main(arguments)


def test_cutoffs_as_people_write_them():
    assert parse_cutoff("0.95") == parse_cutoff(" 95% ") == parse_cutoff(".95") == 0.95
    for wrong in ("", "1", "0", "95", "high", "nan"):
        with pytest.raises(ValueError):
            parse_cutoff(wrong)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_listening_in_plain_lines(alexa, three_calls):
    out = io.StringIO()
    listen.listen(Decoder(three_calls[0]), StreamingDetector(alexa), listen.Display(alexa.cutoff, out))
    lines = out.getvalue().splitlines()
    heard = [line for line in lines if "heard it" in line]
    assert near([float(line.split()[0].split(":")[1]) for line in heard], three_calls[1])
    assert any("listening; highest probability" in line for line in lines) and lines[-1].startswith(
        "Heard 3 times in 0:"
    )
    assert "\033" not in out.getvalue() and "\r" not in out.getvalue()


@pytest.mark.parametrize("no_color", [False, True])
def test_listening_on_a_terminal(alexa, three_calls, monkeypatch, no_color):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1" if no_color else "")
    monkeypatch.setattr(listen, "REDRAWN_S", 0.0)
    out = Terminal()
    listen.listen(Decoder(three_calls[0]), StreamingDetector(alexa), listen.Display(alexa.cutoff, out))
    said = out.getvalue()
    assert said.count("heard it") == 3 and said.count("█" * 20) > 3
    assert ("\033[32" in said) is not no_color


def test_ctrl_c_ends_it_with_a_count(alexa, three_calls):
    def interrupted():
        yield from Decoder(three_calls[0])
        raise KeyboardInterrupt

    out = io.StringIO()
    listen.listen(interrupted(), StreamingDetector(alexa), listen.Display(alexa.cutoff, out))
    assert out.getvalue().splitlines()[-1].startswith("Heard 3 times")


def test_without_portaudio_or_a_microphone_it_says_what_to_do(monkeypatch):
    import sys
    import types

    class Absent(types.ModuleType):
        PortAudioError = RuntimeError

        def query_devices(self, kind):
            raise self.PortAudioError("Error querying device -1")

    monkeypatch.setitem(sys.modules, "sounddevice", Absent("sounddevice"))
    with pytest.raises(SystemExit, match="No microphone .*make try"), microphone.microphone():
        pass
    monkeypatch.delitem(sys.modules, "sounddevice")

    class Broken:
        def find_spec(self, name, *_):
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(SystemExit, match="apt-get install libportaudio2"), microphone.microphone():
        pass


def test_what_a_microphone_delivers_reaches_the_ear(alexa, three_calls, monkeypatch):
    import sys
    import types

    mono = audio.resample(audio.read(three_calls[0]), 16_000, 44_100)

    class Stream:
        """As PortAudio's: calls back from start() on, with frames of one channel."""

        def __init__(self, samplerate, channels, dtype, blocksize, callback):
            assert (samplerate, channels, dtype) == (44_100, 1, "float32")
            self.blocks, self.callback = (
                [mono[at : at + blocksize, None] for at in range(0, len(mono), blocksize)],
                callback,
            )

        def start(self):
            for block in self.blocks:
                self.callback(block, len(block), None, types.SimpleNamespace(input_overflow=False))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    fake = types.ModuleType("sounddevice")
    fake.PortAudioError, fake.InputStream, fake.query_devices = (
        RuntimeError,
        Stream,
        lambda kind: {"default_samplerate": 44_100.0},
    )
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    ear, heard, listened = StreamingDetector(alexa), [], 0
    with microphone.microphone() as blocks:
        for block in blocks:
            listened += len(block)
            heard += [moment.time_s for moment in ear.push(block) if moment.detected]
            if listened > len(mono) / 44_100 * 16_000 - 16_000:
                break
    assert near(heard, three_calls[1])
