"""Short utterances cut out of longer speech at its pauses.

    >>> import numpy as np
    >>> tone = np.sin(np.arange(8_000) / 4, dtype=np.float32)      # 0.5 s
    >>> find_utterances(np.concatenate([np.zeros(8_000), tone, np.zeros(8_000)]).astype(np.float32))
    [(0.5, 1.0)]

A network that learns that continuous speech is not the wake word takes any short utterance between pauses for it. So
short utterances of real people are cut out of their continuous speech.
"""

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.spectrogram import SoundClip
from scripts.features.scene import render_clip
from scripts.features.sources import Sources, read_random

PAUSE_S = 0.12  # a silence this long separates two utterances
SHORTEST_S, LONGEST_S = 0.3, 1.5
BELOW_LOUDEST_DB = 32.0  # level of silence, against the loudest 10 ms
SEARCHED_S = 20.0  # of a long file
TRIES = 40


def find_utterances(sound: np.ndarray) -> list[tuple[float, float]]:
    """Start and end (s, on a 10 ms grid) of every utterance of SHORTEST_S to LONGEST_S in (samples,) at 16 kHz."""
    hop = SAMPLE_RATE_HZ // 100
    frames = len(sound) // hop
    if not frames:
        return []
    power = np.mean(sound[: frames * hop].reshape(frames, hop) ** 2, axis=1)
    loud = np.flatnonzero(power > max(power.max() * 10 ** (-BELOW_LOUDEST_DB / 10), 1e-9))
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > PAUSE_S * 100)
    starts, ends = loud[np.r_[0, breaks + 1]], loud[np.r_[breaks, -1]] + 1
    return [
        (start / 100, end / 100)
        for start, end in zip(starts.tolist(), ends.tolist())
        if SHORTEST_S <= (end - start) / 100 <= LONGEST_S
    ]


def render_utterance(rng: np.random.Generator, sources: Sources) -> SoundClip:
    """A drawn short utterance of the split's speech, in a scene. Raises ValueError if none is found in TRIES files."""
    for _ in range(TRIES):
        sound = read_random(rng, sources.speech.draw(rng), int(SEARCHED_S * SAMPLE_RATE_HZ))
        if utterances := find_utterances(sound):
            start_s, end_s = utterances[rng.integers(len(utterances))]
            return render_clip(rng, sources, sound, start_s, end_s)
    raise ValueError(f"no short utterance in {TRIES} recordings of {sources.split} speech")
