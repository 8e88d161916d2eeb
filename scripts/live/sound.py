"""Where sound comes from: a file of any format, or a microphone; always as blocks (samples,) float32 at 16 kHz, mono.

    for block in from_file(Path("clip.m4a")):
        ear.push(block)

Files are decoded and resampled piece by piece by FFmpeg (PyPI av), so an hour takes no more memory than a second.
"""
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from scripts.audio import SAMPLE_RATE_HZ

BLOCK_S = 0.09       # three inferences
NO_PORTAUDIO = ("The system's PortAudio library is missing, which opens the microphone. Debian and Ubuntu: sudo apt-get install libportaudio2; "
                "Fedora: sudo dnf install portaudio; macOS: brew install portaudio")
NO_MICROPHONE = ('No microphone could be opened on this machine ({why}). `make try WORD="..."` listens through the microphone of your '
                 'browser instead, and `make detect WORD="..." WAV=file` to a recording.')


class Undecodable(ValueError):
    """A file with no sound in it that FFmpeg can decode; says why."""


class Resampler:
    """Mono sound at any rate to 16 kHz, in pieces: push() gives what is ready, flush() the rest."""

    def __init__(self, rate_hz: int) -> None:
        import av

        self._rate_hz, self._audio_frame = rate_hz, av.AudioFrame
        self._resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)

    def push(self, sound: np.ndarray) -> np.ndarray:
        """(samples,) float32 at its own rate -> (samples,) float32 at 16 kHz."""
        if not len(sound):
            return np.zeros(0, np.float32)
        frame = self._audio_frame.from_ndarray(np.ascontiguousarray(sound[None], np.float32), format="flt", layout="mono")
        frame.sample_rate = self._rate_hz
        return _joined(self._resampler.resample(frame))

    def flush(self) -> np.ndarray:
        return _joined(self._resampler.resample(None))


def _joined(frames: list) -> np.ndarray:
    return np.concatenate([frame.to_ndarray()[0] for frame in frames] or [np.zeros(0, np.float32)])


def from_file(path: Path) -> Iterator[np.ndarray]:
    """Decode a file block by block; channels are mixed. Undecodable (before the first block, or when it breaks off)."""
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise Undecodable("it has no sound")
            resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)
            for frame in container.decode(audio=0):
                frame.pts = None          # gaps in the time stamps are not filled
                yield _joined(resampler.resample(frame))
            yield _joined(resampler.resample(None))
    except (av.FFmpegError, IndexError) as error:
        raise Undecodable(getattr(error, "strerror", None) or str(error)) from error


@contextmanager
def microphone() -> Iterator[Iterator[np.ndarray]]:
    """The default microphone: blocks as they are heard, without end. SystemExit, in a sentence, if there is none."""
    import queue

    try:
        import sounddevice
    except OSError:
        raise SystemExit(NO_PORTAUDIO) from None
    heard: queue.SimpleQueue = queue.SimpleQueue()

    def blocks(rate_hz: int) -> Iterator[np.ndarray]:
        resampler, lost = Resampler(rate_hz), 0
        while True:
            sound, overflowed = heard.get()
            lost += overflowed
            if overflowed and lost in (1, 10, 100):
                print(f"The machine is too slow to hear everything: the microphone has dropped sound {lost} times", file=sys.stderr)
            yield resampler.push(sound)

    try:
        rate_hz = int(sounddevice.query_devices(kind="input")["default_samplerate"])
        stream = sounddevice.InputStream(samplerate=rate_hz, channels=1, dtype="float32", blocksize=int(BLOCK_S * rate_hz),
                                         callback=lambda sound, _frames, _time, status: heard.put((sound[:, 0].copy(), status.input_overflow)))
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        raise SystemExit(NO_MICROPHONE.format(why=error)) from None
    with stream:
        yield blocks(rate_hz)
