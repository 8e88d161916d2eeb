"""Sound as it comes from a microphone, at any rate, as blocks (samples,) float32 at 16 kHz, mono. Files:
scripts/core/decode.py.

with microphone() as blocks:
    for block in blocks:
        ear.push(block)
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.decode import joined

BLOCK_S = 0.09  # three inferences
NO_PORTAUDIO = (
    "The system's PortAudio library is missing, which opens the microphone. Debian and Ubuntu: sudo apt-get install libportaudio2; "
    "Fedora: sudo dnf install portaudio; macOS: brew install portaudio"
)
NO_MICROPHONE = (
    'No microphone could be opened on this machine ({why}). `make try WORD="..."` listens through the microphone of your '
    'browser instead, and `make detect WORD="..." WAV=file` to a recording.'
)


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
        frame = self._audio_frame.from_ndarray(
            np.ascontiguousarray(sound[None], np.float32), format="flt", layout="mono"
        )
        frame.sample_rate = self._rate_hz
        return joined(self._resampler.resample(frame))

    def flush(self) -> np.ndarray:
        return joined(self._resampler.resample(None))


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
                print(
                    f"The machine is too slow to hear everything: the microphone has dropped sound {lost} times",
                    file=sys.stderr,
                )
            yield resampler.push(sound)

    try:
        rate_hz = int(sounddevice.query_devices(kind="input")["default_samplerate"])
        stream = sounddevice.InputStream(
            samplerate=rate_hz,
            channels=1,
            dtype="float32",
            blocksize=int(BLOCK_S * rate_hz),
            callback=lambda sound, _frames, _time, status: heard.put((sound[:, 0].copy(), status.input_overflow)),
        )
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        raise SystemExit(NO_MICROPHONE.format(why=error)) from None
    with stream:
        yield blocks(rate_hz)
