"""Cuts single utterances out of a microphone's sound while it runs.

cutter = UtteranceCutter()
for block in blocks:                    # (samples,) float32 at 16 kHz
    if (utterance := cutter.push(block)) is not None:
        keep(utterance)
"""

from collections import deque

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ, rms

ONSET = 4.0  # times the floor: speech begins
RELEASE = 2.0  # times the floor: silence
QUIETEST = 0.002  # of full scale; a floor below it is taken for this
FLOOR_S = 3.0  # of sound, of which the floor is the lowest tenth
MARGIN_S = 0.4  # kept before and after an utterance
PAUSE_S = 0.6  # ends an utterance
LONGEST_S = 5.0  # ends one too


class UtteranceCutter:
    """Follows the level of the room, and collects what is louder until a pause."""

    def __init__(self) -> None:
        self.level = 0.0  # rms of the last block, for a meter
        self._levels: deque[tuple[float, int]] = deque()  # with the samples of each block
        self._before = np.zeros(0, np.float32)
        self._sound: list[np.ndarray] = []
        self._quiet = 0  # samples since it was last loud

    @property
    def floor(self) -> float:
        """The level of the room."""
        return (
            max(QUIETEST, float(np.percentile([level for level, _ in self._levels], 10))) if self._levels else QUIETEST
        )

    def push(self, block: np.ndarray) -> np.ndarray | None:
        """Takes the next block; returns an utterance (samples,) with MARGIN_S around it when one has just ended."""
        if not len(block):
            return None
        self.level, floor = rms(block), self.floor
        if self._sound:
            self._sound.append(block)
            self._quiet = 0 if self.level > RELEASE * floor else self._quiet + len(block)
            if self._quiet >= PAUSE_S * SAMPLE_RATE_HZ or sum(map(len, self._sound)) >= LONGEST_S * SAMPLE_RATE_HZ:
                sound = np.concatenate(self._sound)
                self._sound, self._before = [], np.zeros(0, np.float32)
                return sound[: len(sound) - max(0, self._quiet - int(MARGIN_S * SAMPLE_RATE_HZ))]
            return None
        if self.level > ONSET * floor:
            self._sound, self._quiet = [self._before, block], 0
            return None
        self._before = np.concatenate([self._before, block])[-int(MARGIN_S * SAMPLE_RATE_HZ) :]
        self._levels.append((self.level, len(block)))
        while sum(samples for _, samples in self._levels) > FLOOR_S * SAMPLE_RATE_HZ:
            self._levels.popleft()
        return None
