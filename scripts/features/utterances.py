"""Short utterances cut out of longer speech, at the pauses the speaker made.

    >>> import numpy as np
    >>> tone = np.sin(np.arange(8_000) / 4, dtype=np.float32)      # 0.5 s
    >>> short_pieces(np.concatenate([np.zeros(8_000), tone, np.zeros(8_000)]).astype(np.float32))
    [(0.5, 1.0)]

A network that knows continuous speech only as "not the word" takes any short utterance between silences for it; so real
people's short utterances are cut from their long ones.
"""

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.frontend import Take
from scripts.features.scene import short_clip
from scripts.features.sources import Sources, read_random

PAUSE_S = 0.12  # silence this long separates two pieces
SHORTEST_S, LONGEST_S = 0.3, 1.5
BELOW_LOUDEST_DB = 32.0  # what counts as silence, against the loudest 10 ms
LOOK_S = 20.0  # how much of a long file is looked at
TRIES = 40


def short_pieces(sound: np.ndarray) -> list[tuple[float, float]]:
    """Start and end (seconds, on a 10 ms grid) of every piece of SHORTEST_S to LONGEST_S with pauses on both sides."""
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


def piece_clip(rng: np.random.Generator, sources: Sources) -> Take:
    """A short piece of somebody's speech, drawn from the split's, in a scene of its own."""
    for _ in range(TRIES):
        sound = read_random(rng, sources.speech.draw(rng), int(LOOK_S * SAMPLE_RATE_HZ))
        found = short_pieces(sound)
        if found:
            start_s, end_s = found[rng.integers(len(found))]
            return short_clip(rng, sources, sound, start_s, end_s)
    raise ValueError(f"no short utterance in {TRIES} recordings of {sources.split} speech")
