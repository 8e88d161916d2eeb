"""The microphone of this machine: a stand-in for PortAudio delivers sound, is missing, or has no device."""

import sys
import types

import pytest

from scripts.core import audio
from scripts.live.microphone import open_microphone
from scripts.live.published import find_published
from scripts.live.streaming import StreamingDetector


def test_without_portaudio_or_a_microphone_a_remedy_is_given(monkeypatch):
    class Absent(types.ModuleType):
        PortAudioError = RuntimeError

        def query_devices(self, kind):
            raise self.PortAudioError("Error querying device -1")

    monkeypatch.setitem(sys.modules, "sounddevice", Absent("sounddevice"))
    with pytest.raises(SystemExit, match="No microphone .*make try"), open_microphone():
        pass
    monkeypatch.delitem(sys.modules, "sounddevice")

    class Broken:
        def find_spec(self, name, *_):
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(SystemExit, match="apt-get install libportaudio2"), open_microphone():
        pass


def test_what_a_microphone_records_reaches_the_detector(alexa_data, three_calls, monkeypatch):
    mono = audio.resample(audio.read(three_calls[0]), 16_000, 44_100)

    class Stream:
        """As PortAudio's: calls back from start() on, with frames of one channel."""

        def __init__(self, samplerate, channels, dtype, blocksize, callback):
            assert (samplerate, channels, dtype) == (44_100, 1, "float32")
            self.blocks = [mono[at : at + blocksize, None] for at in range(0, len(mono), blocksize)]
            self.callback = callback

        def start(self):
            for block in self.blocks:
                self.callback(block, len(block), None, types.SimpleNamespace(input_overflow=False))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    fake = types.ModuleType("sounddevice")
    fake.PortAudioError, fake.InputStream = RuntimeError, Stream
    fake.query_devices = lambda kind: {"default_samplerate": 44_100.0}
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    detector, times, samples = StreamingDetector(find_published(alexa_data, "alexa")), [], 0
    with open_microphone() as blocks:
        for block in blocks:
            samples += len(block)
            times += [inference.time_s for inference in detector.push(block) if inference.detected]
            if samples > len(mono) / 44_100 * 16_000 - 16_000:
                break
    assert times == pytest.approx(three_calls[1], abs=0.6)
