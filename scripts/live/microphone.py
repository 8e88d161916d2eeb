"""Sound from a microphone as blocks (samples,) float32 at 16 kHz, mono. Files: scripts/core/decode.py.

with open_microphone() as blocks:
    for block in blocks:
        detector.push(block)
"""

import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import av
import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.decode import join_frames

BLOCK_S = 0.09  # three inferences
NO_PORTAUDIO = (
    "The system's PortAudio library is missing, which opens the microphone. Debian and Ubuntu: sudo apt-get install libportaudio2; "
    "Fedora: sudo dnf install portaudio; macOS: brew install portaudio"
)
NO_MICROPHONE = (
    'No microphone could be opened on this machine ({why}). `make try WORD="..."` uses the microphone of your browser '
    'instead, and `make detect WORD="..." WAV=file` a recording.'
)


class Resampler:
    """Converts mono sound from any rate to 16 kHz, in chunks."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz, self._resampler = rate_hz, av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)

    def push(self, sound: np.ndarray) -> np.ndarray:
        """(samples,) float32 at its own rate -> (samples,) float32 at 16 kHz, as far as it is ready."""
        if not len(sound):
            return np.zeros(0, np.float32)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None], np.float32), format="flt", layout="mono")
        frame.sample_rate = self._rate_hz
        return join_frames(self._resampler.resample(frame))


@contextmanager
def open_microphone() -> Iterator[Iterator[np.ndarray]]:
    """The default microphone: blocks without end, as they are recorded. SystemExit, in a sentence, if there is none."""
    try:
        import sounddevice
    except OSError:
        raise SystemExit(NO_PORTAUDIO) from None
    recorded: queue.SimpleQueue = queue.SimpleQueue()
    try:
        rate_hz = int(sounddevice.query_devices(kind="input")["default_samplerate"])
        stream = sounddevice.InputStream(
            samplerate=rate_hz,
            channels=1,
            dtype="float32",
            blocksize=int(BLOCK_S * rate_hz),
            callback=lambda sound, _frames, _time, status: recorded.put((sound[:, 0].copy(), status.input_overflow)),
        )
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        raise SystemExit(NO_MICROPHONE.format(why=error)) from None
    with stream:
        yield _resample_blocks(recorded, rate_hz)


def _resample_blocks(recorded: queue.SimpleQueue, rate_hz: int) -> Iterator[np.ndarray]:
    resampler, overflows = Resampler(rate_hz), 0
    while True:
        sound, overflowed = recorded.get()
        overflows += overflowed
        if overflowed and overflows in (1, 10, 100):
            print(f"The machine is too slow: the microphone has dropped sound {overflows} times", file=sys.stderr)
        yield resampler.push(sound)
