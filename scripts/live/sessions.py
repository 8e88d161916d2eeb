"""Who listens: one ear for each page that sends sound, forgotten when it has been silent for a while.

listeners = Listeners(published)
moments = listeners.hear("a page's own name", sound, rate_hz=48_000, cutoff=0.9, at_s=0.0)
"""

import threading
import time

import numpy as np

from scripts.live.published import Published
from scripts.live.streaming import Inference, StreamingDetector

MOST = 8  # at once
IDLE_S = 30.0


class BusyError(ValueError):
    """Too many listen already."""


class _Listener:
    def __init__(self, ear: StreamingDetector, rate_hz: int) -> None:
        from scripts.live.microphone import Resampler

        self.ear, self.rate_hz, self.resampler = ear, rate_hz, Resampler(rate_hz)
        self.lock, self.used = threading.Lock(), 0.0


class Listeners:
    """Ears by name, for the threads of a server."""

    def __init__(self, published: Published) -> None:
        self._published, self._known, self._lock = published, {}, threading.Lock()

    def hear(self, name: str, sound: np.ndarray, rate_hz: int, cutoff: float, at_s: float) -> list[Inference]:
        """What `name` hears in (samples,) float32 at its own rate. One that is new, or was forgotten, begins at
        `at_s`."""
        listener = self._listener(name, rate_hz, at_s)
        with listener.lock:
            listener.ear.cutoff = cutoff
            return listener.ear.push(listener.resampler.push(sound))

    def _listener(self, name: str, rate_hz: int, at_s: float) -> _Listener:
        now = time.monotonic()
        with self._lock:
            self._known = {known: listener for known, listener in self._known.items() if now - listener.used < IDLE_S}
            found = self._known.get(name)
            if found is None or found.rate_hz != rate_hz:
                if found is None and len(self._known) >= MOST:
                    raise BusyError(
                        f"{MOST} pages are listening already: close one, and press Start again in half a minute."
                    )
                found = self._known[name] = _Listener(StreamingDetector(self._published, from_s=at_s), rate_hz)
            found.used = now
            return found
