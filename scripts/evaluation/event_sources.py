"""The recording behind each output of ambient sound, so that one heard six times does not count as six.

speech, mixed = find_recordings([(speech_stores, speech_scores), (mixed_stores, mixed_scores)])
speech                              # (inferences,) int64: the number of the recording that sounded then
count_repetitions(all_stores)       # 6: each recording sounds plain, in a room and over music, and slowed the same
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from scripts.core.spectrogram_store import Store
from scripts.evaluation.inference import Scores

# Models answer up to 0.6 s after a word, and after a pause of 0.2 s the next recording may already sound.
DELAY_FRAMES = 30


def find_recordings(streams: Iterable[tuple[Sequence[Store], Scores]]) -> list[np.ndarray]:
    """For every output of every stream, (inferences,) int64, the number of the recording DELAY_FRAMES before.

    A clip without marks, as in ready-made stores, is a recording of its own, with a number below zero.
    """
    results, unmarked = [], 0
    for stores, scores in streams:
        recordings = np.empty(len(scores.outputs), np.int64)
        clips = ((store, clip) for store in stores for clip in range(len(store)))
        for number, (store, clip) in enumerate(clips):
            first, last = scores.offsets[number : number + 2]
            begin, end = np.searchsorted(store.marks[:, 0], (clip, clip + 1))
            if begin == end:
                unmarked -= 1
                recordings[first:last] = unmarked
                continue
            frames = np.arange(last - first) * scores.stride - DELAY_FRAMES
            mark = np.searchsorted(store.marks[begin:end, 1], frames, side="right") - 1
            recordings[first:last] = store.marks[begin:end, 2][np.maximum(mark, 0)]
        results.append(recordings)
    return results


def count_repetitions(stores: Iterable[Store]) -> int:
    """In how many of the stores the same recording sounds, at most; 1 where recordings are not marked."""
    return max(Counter(number for store in stores for number in np.unique(store.marks[:, 2])).values(), default=1)
