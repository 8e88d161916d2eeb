"""What the model says of each single clip of the testing data at the chosen setting, for those who want to listen.

    verdicts.of_clips("positive", stores, scores, spans, window=9, level=226)
    verdicts.of_streams("speech", stores, scores, window=9, level=226)

A verdict is a line of evaluation/clips.jsonl (docs/ARCHITECTURE.md): which clip of its set and of which store, whether
it was heard, the frame in which the model came nearest to hearing it, and the highest cutoff at which it would have
been.
"""

from collections.abc import Sequence

import numpy as np

from scripts.core.detection import detections, window_sums
from scripts.evaluation.inference import Scores
from scripts.evaluation.operating_point import CUTOFFS, LEVELS, heard_by_clip, highest_levels


def highest_cutoff(level: int) -> float:
    """The highest cutoff of the grid at which a clip is heard that is heard up to this level; 0 if it is at none."""
    reached = CUTOFFS[level >= LEVELS]
    return float(reached[0]) if len(reached) else 0.0


def places(stores: Sequence) -> list[tuple]:
    """(store, clip in it) for every clip of a set, in the order of its scores."""
    return [(store, clip) for store in stores for clip in range(len(store))]


def _line(name: str, number: int, place: tuple, **told) -> dict:
    store, clip = place
    return {
        "set": name,
        "number": number,
        "store": store.path.parent.parent.name,
        "mode": store.path.parent.name,
        "name": store.name,
        "clip": clip,
        "row": int(store.row[clip]),
        **told,
    }


def of_clips(
    name: str, stores: Sequence, scores: Scores, window: int, level: int, spans: np.ndarray | None = None
) -> list[dict]:
    """A verdict for each short clip. `early`: the word was heard before it was said, so the device ignores the word
    itself."""
    lines = []
    verdicts = zip(
        places(stores), heard_by_clip(scores, window, level, spans), highest_levels(scores, window, spans), strict=True
    )
    for clip, (place, heard, (before, within)) in enumerate(verdicts):
        sums = window_sums(scores[clip], window)
        start, stop = (
            (0, len(sums))
            if spans is None
            else (int(spans[clip, 0]) // scores.stride, int(spans[clip, 1]) // scores.stride + 1)
        )
        peak = start + int(np.argmax(sums[start:stop])) if len(sums[start:stop]) else 0
        lines.append(
            _line(
                name,
                clip,
                place,
                heard=bool(heard),
                early=bool(before >= level),
                frame=peak * scores.stride,
                highest_cutoff=highest_cutoff(int(within)),
            )
        )
    return lines


def of_streams(name: str, stores: Sequence, scores: Scores, window: int, level: int) -> list[dict]:
    """A verdict for each false accept in one uninterrupted stream made of clips: where it is, and up to which cutoff it
    stays."""
    where, lines = places(stores), []
    sums = window_sums(scores.outputs, window)
    for event in detections(scores.outputs, level=level, window=window, stride=scores.stride, sums=sums):
        clip = int(np.searchsorted(scores.offsets, event, side="right")) - 1
        peak = int(sums[event : event + window].max())
        lines.append(
            _line(
                name,
                clip,
                where[clip],
                heard=True,
                frame=int(event - scores.offsets[clip]) * scores.stride,
                highest_cutoff=highest_cutoff((peak - 1) // window),
            )
        )
    return lines
