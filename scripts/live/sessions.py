"""The pages that listen: a streaming detector for each, dropped when it has been silent for a while.

sessions = Sessions(published)
inferences = sessions.push("name of a page", sound, rate_hz=48_000, cutoff=0.9, at_s=0.0)
"""

import threading
import time

import numpy as np

from scripts.live.microphone import Resampler
from scripts.live.published import Published
from scripts.live.streaming import Inference, StreamingDetector

MAX_SESSIONS = 8  # at once
IDLE_S = 30.0


class BusyError(ValueError):
    """Too many pages are listening already."""


class _Session:
    def __init__(self, detector: StreamingDetector, rate_hz: int) -> None:
        self.detector, self.rate_hz, self.resampler = detector, rate_hz, Resampler(rate_hz)
        self.lock, self.used = threading.Lock(), 0.0


class Sessions:
    """Streaming detectors by the name of the page, for the threads of a server."""

    def __init__(self, published: Published) -> None:
        self._published, self._lock = published, threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def push(self, name: str, sound: np.ndarray, rate_hz: int, cutoff: float, at_s: float) -> list[Inference]:
        """The inferences completed by (samples,) float32 at its own rate. A new or dropped session starts at `at_s`."""
        session = self._find(name, rate_hz, at_s)
        with session.lock:
            session.detector.cutoff = cutoff
            return session.detector.push(session.resampler.push(sound))

    def _find(self, name: str, rate_hz: int, at_s: float) -> _Session:
        now = time.monotonic()
        with self._lock:
            self._sessions = {key: each for key, each in self._sessions.items() if now - each.used < IDLE_S}
            session = self._sessions.get(name)
            if session is None and len(self._sessions) >= MAX_SESSIONS:
                raise BusyError(
                    f"{MAX_SESSIONS} pages are listening already: close one, and press Start again in half a minute."
                )
            if session is None or session.rate_hz != rate_hz:
                session = _Session(StreamingDetector(self._published, from_s=at_s), rate_hz)
                self._sessions[name] = session
            session.used = now
            return session
