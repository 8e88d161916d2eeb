"""Whether each single clip of the testing data is detected at the chosen setting, for people who want to listen.

    list_clip_results(sets.splits["testing"].positive, point)
    list_false_accepts(ambient_set, point)

A clip result is a line of evaluation/clips.jsonl (docs/stages/evaluate.md): the clip's place in its set and in its
store, whether it was detected, the frame at which the model came nearest to a detection, and the highest cutoff with
one.
"""

import numpy as np

from scripts.core.detection import detections, window_sums
from scripts.core.spectrogram_store import Store
from scripts.evaluation.evaluation_sets import EvaluationSet
from scripts.evaluation.operating_point import (
    CUTOFFS,
    LEVELS,
    OperatingPoint,
    detected_clips,
    highest_levels,
    span_slice,
)


def highest_cutoff(level: int) -> float:
    """The highest of CUTOFFS that is at most this level; 0 if none is."""
    reached = CUTOFFS[level >= LEVELS]
    return float(reached[0]) if len(reached) else 0.0


def _result(name: str, number: int, store: Store, clip: int, **more) -> dict:
    return {
        "set": name,
        "number": number,
        "store": store.path.parent.parent.name,
        "mode": store.path.parent.name,
        "name": store.name,
        "clip": clip,
        "row": int(store.row[clip]),
        **more,
    }


def list_clip_results(clips: EvaluationSet, point: OperatingPoint) -> list[dict]:
    """The result of each short clip. `early`: the model detected the word before it was said, so the device ignores
    the word itself."""
    scores, window, level = clips.scores, point.window, point.level
    results = []
    judged = zip(
        clips.clips,
        detected_clips(scores, window, level, clips.spans),
        highest_levels(scores, window, clips.spans),
        strict=True,
    )
    for number, ((store, clip), detected, (before, within)) in enumerate(judged):
        sums = window_sums(scores[number], window)
        span = span_slice(clips.spans, number, scores, len(sums))
        peak = span.start + int(np.argmax(sums[span])) if len(sums[span]) else 0
        results.append(
            _result(
                clips.name,
                number,
                store,
                clip,
                heard=bool(detected),
                early=bool(before >= level),
                frame=peak * scores.stride,
                highest_cutoff=highest_cutoff(int(within)),
            )
        )
    return results


def list_false_accepts(ambient: EvaluationSet, point: OperatingPoint) -> list[dict]:
    """A result for each false accept in ambient sound, which is one stream: where it is, and the highest cutoff at
    which it still occurs."""
    scores, window = ambient.scores, point.window
    places, results = ambient.clips, []
    sums = window_sums(scores.outputs, window)
    for event in detections(scores.outputs, level=point.level, window=window, stride=scores.stride, sums=sums):
        number = int(np.searchsorted(scores.offsets, event, side="right")) - 1
        peak = int(sums[event : event + window].max())
        results.append(
            _result(
                ambient.name,
                number,
                *places[number],
                heard=True,
                frame=int(event - scores.offsets[number]) * scores.stride,
                highest_cutoff=highest_cutoff((peak - 1) // window),
            )
        )
    return results
