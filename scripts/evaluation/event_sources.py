"""Which recording it is that a model takes for the word, so that one heard six times does not count as six.

sounding = origins({"speech": (stores, scores), "mixed": (others, their_scores)})
sounding["speech"]                  # (inferences,): the number of the recording that sounded then
hearings(all_stores)                # 6: each recording is heard as it is, in a room and over music, and slowed the same
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from scripts.evaluation.clip_results import places
from scripts.evaluation.inference import Scores

BLAMED_FRAMES = (
    30  # a model answers up to 0.6 s after a word, and after 0.2 s of pause the next recording may already sound
)


def origins(sets: Mapping[str, tuple[Sequence, Scores]]) -> dict[str, np.ndarray]:
    """For every output of every set, (inferences,) int64, which recording sounded BLAMED_FRAMES before.

    Of clips without marks, as ready-made stores have them, each is a recording of its own, with a number below zero.
    """
    found, unknown = {}, 0
    for name, (stores, scores) in sets.items():
        sounding = np.empty(len(scores.outputs), np.int64)
        for number, (store, clip) in enumerate(places(stores)):
            first, last = scores.offsets[number : number + 2]
            begin, end = np.searchsorted(store.marks[:, 0], (clip, clip + 1))
            if begin == end:
                unknown -= 1
                sounding[first:last] = unknown
                continue
            at = np.arange(last - first) * scores.stride - BLAMED_FRAMES
            place = np.searchsorted(store.marks[begin:end, 1], at, side="right") - 1
            sounding[first:last] = store.marks[begin:end, 2][np.maximum(place, 0)]
        found[name] = sounding
    return found


def hearings(stores: Iterable) -> int:
    """In how many of some stores one recording is heard, at most; 1 where nothing is known of recordings."""
    return max(Counter(number for store in stores for number in np.unique(store.marks[:, 2])).values(), default=1)
