"""The sound of a user's home as tasks for scripts/features/build.py, in segments of SEGMENT_S.

    tasks = plan_home(recordings, seconds, 1, control)

It trains as recorded. What comes nearest to waking the model that is published is in a store of its own, NEAR_HOME, which
is drawn as often as all the rest (batches.SHARES).
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.decode import read_all
from scripts.core.detection import SLICE_S
from scripts.core.frontend import FRAME_SAMPLES
from scripts.core.spectrogram import SoundClip
from scripts.core.spectrogram_store import HOME, NEAR_HOME
from scripts.features.build import Place, Task
from scripts.features.scene import WARM_UP_FRAMES
from scripts.features.sources import Sources, read_segment
from scripts.recordings.control import Control
from scripts.recordings.holding_out import HELD_OUT, MOST_HELD_OUT, group_sessions, in_drawn_order
from scripts.recordings.storage import Recording

SEGMENT_S, SHORTEST_S = 10.0, 1.0
CUTOFF_HOURS = 1.0  # of home sound, from which its held-out part also sets the cutoff
FEWEST_SESSIONS = 3  # from which whole ones are held out
NEAR_SHARE, NEAR_CUTOFF = 0.1, 0.02  # of the segments that train: those with the highest outputs, and above this
BEFORE_S, AFTER_S = 3.0, 1.0  # of the moment at which a model comes nearest


class Segment(NamedTuple):
    """A stretch of a file; its first one has nothing before it in which the frontend settles."""

    path: Path
    start_s: float
    end_s: float

    @property
    def item(self) -> str:
        """Its name among tasks."""
        return f"{self.path.parent.name}/{self.path.name} {self.start_s:.2f}"


def render_segment(rng: np.random.Generator | None, sources: Sources | None, segment: Segment) -> SoundClip:
    """A segment as recorded. Draws nothing."""
    warm_up = WARM_UP_FRAMES if segment.start_s * SAMPLE_RATE_HZ >= WARM_UP_FRAMES * FRAME_SAMPLES else 0
    start, end = (int(at * SAMPLE_RATE_HZ) for at in (segment.start_s, segment.end_s))
    start -= warm_up * FRAME_SAMPLES
    try:
        sound = read_segment(segment.path, start, end - start)
    except ValueError:  # not converted by make import-recordings
        sound = _read_long(segment.path)[start:end]
    return SoundClip(sound, warm_up=warm_up)


@lru_cache(maxsize=1)
def _read_long(path: Path) -> np.ndarray:
    return read_all(path)[0]


def _hold_out(recordings: Sequence[Recording], seconds: dict[Path, float], seed: int) -> set[Path]:
    """The files of whole sessions that judge, a third of the sound; none where there are few sessions."""
    sessions, chosen, length_s = group_sessions(recordings), set(), 0.0
    total_s = sum(seconds[each.path] for each in recordings)
    if len(sessions) < FEWEST_SESSIONS:
        return set()
    for session in in_drawn_order(sessions, seed):
        session_s = sum(seconds[each.path] for each in session)
        if length_s < HELD_OUT * total_s and length_s + session_s <= MOST_HELD_OUT * total_s:
            chosen |= {each.path for each in session}
            length_s += session_s
    return chosen


def split_home(recordings: Sequence[Recording], seconds: dict[Path, float], seed: int) -> dict[str, list[Segment]]:
    """{"training", "testing"}: the segments. Whole sessions are held out, or the last third of each file where there are
    few."""
    segments: dict[str, list[Segment]] = {"training": [], "testing": []}
    whole = _hold_out(recordings, seconds, seed)
    for path in (recording.path for recording in recordings):
        split_s = seconds[path] * (float(path not in whole) if whole else 1 - HELD_OUT)
        for mode, first_s, last_s in (("training", 0.0, split_s), ("testing", split_s, seconds[path])):
            cut = [
                Segment(path, float(at), float(min(at + SEGMENT_S, last_s)))
                for at in np.arange(first_s, last_s, SEGMENT_S)
            ]
            segments[mode] += [segment for segment in cut if segment.end_s - segment.start_s >= SHORTEST_S]
    return segments


def find_near(segments: Sequence[Segment], control: Control) -> list[Segment]:
    """The moments at which the control comes nearest to a detection, in NEAR_SHARE of the segments at most, by time."""
    moments = []
    for segment in segments:
        means = control.average_outputs(render_segment(None, None, segment).frames())
        if len(means) and means.max() > NEAR_CUTOFF:
            at_s = segment.start_s + (int(np.argmax(means)) + 1) * control.stride * SLICE_S
            start_s, end_s = max(segment.start_s, at_s - BEFORE_S), min(segment.end_s, at_s + AFTER_S)
            moments.append((-float(means.max()), Segment(segment.path, start_s, end_s)))
    return sorted(moment for _, moment in sorted(moments)[: int(np.ceil(NEAR_SHARE * len(segments)))])


def plan_home(
    recordings: Sequence[Recording], seconds: dict[Path, float], seed: int, control: Control | None = None
) -> list[Task]:
    """Tasks for home sound. Held-out sound sets the cutoff as well if there is enough of all of it."""
    segments = split_home(recordings, seconds, seed)
    places = [(HOME, "training", segments["training"]), (HOME, "testing", segments["testing"])]
    if control:
        places.append((NEAR_HOME, "training", find_near(segments["training"], control)))
    if describe_home(recordings, seconds, seed)["sets_cutoff"]:
        places.append((HOME, "validation_ambient", segments["testing"]))
    return [
        Task(render_segment, Place(store, mode, store), segment.item, -1, "own", (segment,))
        for store, mode, chosen in places
        for segment in chosen
    ]


def describe_home(recordings: Sequence[Recording], seconds: dict[Path, float], seed: int) -> dict:
    """Hours of home sound, those held out, and whether they set the cutoff."""
    segments = split_home(recordings, seconds, seed)
    hours = {mode: sum(each.end_s - each.start_s for each in chosen) / 3600 for mode, chosen in segments.items()}
    return {
        "hours": hours["training"] + hours["testing"],
        "held_out_hours": hours["testing"],
        "sets_cutoff": sum(hours.values()) >= CUTOFF_HOURS,
    }
