"""The clips of a user's recordings as tasks for scripts/features/build.py, and what is refused before.

Clips of people and false accepts train in several scenes, as any sample does, and as recorded; the home trains as
recorded (home.py). All that is held out is judged as recorded. How often they are drawn in training is bounded:
batches.SHARES.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.damaged import printable
from scripts.core.decode import UndecodableError, read_all
from scripts.core.frontend import FRAME_SAMPLES, end_frame
from scripts.core.random_numbers import generator
from scripts.core.spectrogram import SoundClip
from scripts.core.spectrogram_store import OWN_NEGATIVE, OWN_POSITIVE, TEACHING
from scripts.features.build import Place, Task, noisy_copies
from scripts.features.scene import WARM_UP_FRAMES, render_clip
from scripts.features.sources import Sources
from scripts.recordings import storage
from scripts.recordings.control import Control
from scripts.recordings.holding_out import group_people, hold_out
from scripts.recordings.home import describe_home, plan_home
from scripts.recordings.storage import Recording, find_fault, find_word, list_recordings

SCENES = 4  # of a training clip, beside the clip as recorded
TRACE = 1e-4  # of full scale: noise under what is judged, as in any microphone
# A model finds a trace of the word even where it misses it. Where it finds none in most of a person's recordings, they
# hold something else (docs/recordings.md).
TRACE_OF_WORD, PLAUSIBLE_SHARE = 0.05, 0.5


@dataclass
class UserRecordings:
    """What a user recorded of a word and a home, by kind, and a phrase for each file that is left out."""

    positive: list[Recording] = field(default_factory=list)
    negative: list[Recording] = field(default_factory=list)
    home: list[Recording] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    seconds: dict[Path, float] = field(default_factory=dict)


def read_all_recordings(folder: Path, word: str) -> UserRecordings:
    """All recordings of use below DATA_DIR/recordings/SLUG. SystemExit if there are none."""
    recordings = UserRecordings()
    for kind in storage.KINDS:
        for recording in list_recordings(folder, kind):
            try:
                sound, _ = read_all(recording.path)
                fault = find_fault(sound, kind)
            except UndecodableError as error:
                fault = f"not decoded: {error}"
            if fault:
                recordings.left_out.append(f"{kind}/{printable(recording.path.name)}: {fault}")
            else:
                getattr(recordings, kind).append(recording)
                recordings.seconds[recording.path] = len(sound) / SAMPLE_RATE_HZ
    for line in recordings.left_out:
        print(f"left out {line}")
    if not recordings.seconds:
        raise SystemExit(
            f"MY_RECORDINGS=on, but {folder} holds no recording of use ({len(recordings.left_out)} left out). Make some: "
            f'make record WORD="{word}", or make import-recordings WORD="{word}" FROM=directory'
        )
    return recordings


def refuse_implausible(recordings: UserRecordings, control: Control, word: str) -> None:
    """SystemExit if the control finds a trace of the word in less than PLAUSIBLE_SHARE of a person's recordings."""
    for person, clips in group_people(recordings.positive).items():
        cutoffs = control.highest_cutoffs(render_recorded(None, None, clip.path).frames() for clip in clips)
        traces = int((cutoffs >= TRACE_OF_WORD).sum())
        if traces < PLAUSIBLE_SHARE * len(clips):
            raise SystemExit(
                f"The recordings of {person} do not sound like {word!r}: in {traces} of {len(clips)} the model that is "
                f"published finds a trace of it (cutoff {TRACE_OF_WORD} or more), expected {PLAUSIBLE_SHARE:.0%}. Nothing "
                "was trained, and the published model stands. Listen to them, delete what is something else, and type "
                "the same line again."
            )


def render_recorded(rng: np.random.Generator | None, sources: Sources | None, path: Path) -> SoundClip:
    """A file as it was recorded, between 0.5 and 1 s of silence. Draws nothing."""
    sound, _ = read_all(path)
    start, end = find_word(sound)
    lead = WARM_UP_FRAMES * FRAME_SAMPLES + SAMPLE_RATE_HZ // 2
    padded = np.pad(sound, (lead, SAMPLE_RATE_HZ))
    noise = generator(1, "recordings", path.name).standard_normal(len(padded), dtype=np.float32)
    return SoundClip(padded + TRACE * noise, end_frame(lead + end) - WARM_UP_FRAMES, WARM_UP_FRAMES)


def render_in_scene(rng: np.random.Generator, sources: Sources, path: Path) -> SoundClip:
    """A file in a drawn scene, as any sample."""
    sound, _ = read_all(path)
    start, end = find_word(sound)
    return render_clip(rng, sources, sound, start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ)


def name_stores(recordings: Sequence[Recording]) -> dict[str, str]:
    """For each person the name of the store with what is held out: numbers, as names may be no file names."""
    return {person: f"person{number}" for number, person in enumerate(group_people(recordings))}


def plan_clips(recordings: Sequence[Recording], store: str, seed: int) -> list[Task]:
    """Tasks for clips of people, or for false accepts."""
    held_out, names = hold_out(recordings, seed), name_stores(recordings)
    tasks = []
    for recording in recordings:
        path, item = recording.path, f"{recording.person} {recording.path.name}"
        if path in held_out:
            tasks.append(
                Task(render_recorded, Place(store, "testing", names[recording.person]), item, -1, "own", (path,))
            )
            continue
        for mode in ("training", TEACHING):
            place = Place(store, mode, store)
            tasks += [Task(render_in_scene, place, f"{item} {n}", -1, "own", (path,)) for n in range(SCENES)]
            tasks.append(Task(render_recorded, place, item, -1, "own", (path,)))
    return tasks


def plan(recordings: UserRecordings, seed: int, control: Control | None = None) -> list[Task]:
    """All tasks, with copies in noise for students, and with `control` the home's sound that comes nearest to waking it."""
    tasks = plan_clips(recordings.positive, OWN_POSITIVE, seed) + plan_clips(recordings.negative, OWN_NEGATIVE, seed)
    noisy = noisy_copies([task for task in tasks if task.mode == TEACHING])
    return tasks + noisy + plan_home(recordings.home, recordings.seconds, seed, control)


def describe(recordings: UserRecordings, seed: int) -> dict:
    """people.json: the clips of each person, the store of those held out, and hours of home sound."""
    held_out, stores = hold_out(recordings.positive, seed), name_stores(recordings.positive)
    rejected = hold_out(recordings.negative, seed)
    return {
        "people": [
            {
                "person": person,
                "store": stores[person],
                "clips": len(clips),
                "held_out": sum(clip.path in held_out for clip in clips),
            }
            for person, clips in group_people(recordings.positive).items()
        ],
        "negative": {"clips": len(recordings.negative), "held_out": len(rejected)},
        "home": describe_home(recordings.home, recordings.seconds, seed),
        "left_out": len(recordings.left_out),
    }
