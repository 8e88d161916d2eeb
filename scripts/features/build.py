"""Render the tasks of a features stage in parallel and write the clips into stores, in a fixed order.

    tasks = [Task(render_sample, Place("positive", "training", "positive"), "a.wav 0", 0, "samples", (path, 0.1, 0.9))]
    facts = build(tasks, open_recordings(datasets, names), seed=1, jobs=0, out=Path("features"), label="features")

The random numbers of a task depend on the seed and the name of the task alone, so neither JOBS nor the order of work
changes a byte.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.core import spectrogram_store
from scripts.core.audio import SAMPLE_RATE_HZ, speech_bounds
from scripts.core.files import publishing, write_json
from scripts.core.frontend import FRAME_SAMPLES
from scripts.core.parallel import parallel
from scripts.core.random_numbers import generator
from scripts.core.spectrogram import SoundClip
from scripts.core.spectrogram_store import HELDOUT, NOISY, TEACHING
from scripts.features.scene import add_noise, render_clip
from scripts.features.sources import SPLITS, Recording, Sources, list_recordings, read_segment

MOST_SKIPPED = 0.02  # share of clips that may fail before it is an error
KINDS = ("rooms", "noise", "music", "speech")  # of recordings; augmentation goes without a kind that a split lacks


class Place(NamedTuple):
    """Where a clip goes: features/STORE/MODE/NAME_mmap."""

    store: str
    mode: str
    name: str


@dataclass(frozen=True)
class Task:
    """One clip to render: render(rng, sources, *arguments) -> SoundClip, whose frames are stored at `place`."""

    render: Callable[..., SoundClip]
    place: Place
    item: str  # names it within its place
    row: int  # of samples/index.jsonl or of the dataset's index; -1 for none
    source: str  # a dataset, or "samples"
    arguments: tuple

    @property
    def store(self) -> str:
        return self.place.store

    @property
    def mode(self) -> str:
        return self.place.mode

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def title(self) -> str:
        """Its name in messages and in report.json."""
        return f"{self.store}/{self.mode}/{self.name}, {self.item}"


def split_of(mode: str) -> str:
    """The split whose rooms and backgrounds a mode uses.

    >>> [split_of(mode) for mode in ("testing_ambient", "teaching_noisy", "stranger")]
    ['testing', 'training', 'validation']
    """
    mode = mode.removesuffix(NOISY)
    return {TEACHING: "training", HELDOUT: "validation"}.get(mode, mode.removesuffix("_ambient"))


def render_sample(
    rng: np.random.Generator, sources: Sources, path: Path, start_s: float | None, end_s: float | None
) -> SoundClip:
    """A file with speech from start_s to end_s (None: as measured), in a drawn scene."""
    sound = read_segment(path)
    if start_s is None or end_s is None:
        start_s, end_s = (bound / SAMPLE_RATE_HZ for bound in speech_bounds(sound))
    return render_clip(rng, sources, sound, start_s, end_s)


def render_noisy(rng: np.random.Generator, sources: Sources, render: Callable, *arguments) -> SoundClip:
    """The clip that `render` gives for the same random numbers, with music or noise over it."""
    return add_noise(rng, sources, render(rng, sources, *arguments))


def noisy_copies(tasks: list[Task]) -> list[Task]:
    """The same clips in the same order with noise over them, in modes that end with NOISY."""
    return [
        replace(
            task,
            render=render_noisy,
            place=task.place._replace(mode=task.mode + NOISY),
            arguments=(task.render, *task.arguments),
        )
        for task in tasks
    ]


def open_recordings(datasets: Path, names: list[str]) -> list[Recording]:
    """The converted files of the datasets. SystemExit if one is not converted."""
    try:
        return list_recordings(datasets, names)
    except ValueError as error:
        raise SystemExit(str(error)) from None


def render_task(task: Task, sources: Sources, seed: int) -> SoundClip:
    """The clip of a task as sound. The same task, seed and recordings give the same clip at any time.

    Raises ValueError or OSError if it cannot be rendered.
    """
    rng = generator(seed, task.store, task.mode.removesuffix(NOISY), task.name, task.item)
    return task.render(rng, sources, *task.arguments)


class TaskRenderer:
    """The state of a worker process: recordings by split, and a number for each, the same in all stores of a stage."""

    def __init__(self, files: list[Recording], seed: int):
        self.seed = seed
        self.sources = {split: Sources(files, split) for split in SPLITS}
        self.numbers = {file.path: number for number, file in enumerate(files)}  # -1 for any other file

    def run(self, task: Task) -> spectrogram_store.Clip | str:
        """A task's clip for its store, or the reason why there is none."""
        try:
            clip = render_task(task, self.sources[split_of(task.mode)], self.seed)
            marks = tuple((at // FRAME_SAMPLES, self.numbers.get(str(path), -1)) for at, path in clip.marks)
            return spectrogram_store.Clip(clip.frames(), clip.end_frame, task.row, task.source, clip.conditions, marks)
        except (ValueError, OSError) as error:
            return f"{task.title}: {error}"


def _count_recordings(files: list[Recording]) -> dict:
    """Files and hours of each kind in each split; prints a warning for a missing kind."""
    counts: dict = {split: {} for split in SPLITS}
    for file in files:
        kind = counts[file.split].setdefault(file.kind, {"files": 0, "hours": 0.0})
        kind["files"] += 1
        kind["hours"] = round(kind["hours"] + file.duration_s / 3600, 6)
    for split, kinds in counts.items():
        if missing := [kind for kind in KINDS if kind not in kinds]:
            print(f"warning: no {', '.join(missing)} recordings in the {split} split; its clips go without")
    return counts


def _report_skipped(label: str, skipped: list[str], tasks: int) -> None:
    """Print why clips were skipped. SystemExit if more than MOST_SKIPPED were."""
    for reason in skipped[:10]:
        print(f"skipped {reason}")
    if len(skipped) > MOST_SKIPPED * tasks:
        raise SystemExit(
            f"{len(skipped)} of {tasks} clips could not be made, more than {MOST_SKIPPED:.0%}. The first: {skipped[0]}. "
            f"If files are damaged or gone, delete the stamp beside the directory they are in (samples.stamp, or a dataset's 16k.stamp), "
            f"and type the same line again: it is made again."
        )
    if skipped:
        print(f"{label}: {len(skipped)} of {tasks} clips skipped; report.json lists them")


def build(tasks: list[Task], files: list[Recording], seed: int, jobs: int, out: Path, label: str) -> dict:
    """Render all clips and publish the stores and report.json as directory `out`; counts for stage_timer.

    If more than MOST_SKIPPED of the clips fail, it raises SystemExit and publishes nothing.
    """
    tasks = sorted(tasks, key=lambda task: task.place)
    report: dict = {"seed": seed, "recordings": _count_recordings(files), "stores": {}, "skipped": []}
    clips = frames = 0
    with publishing(out, directory=True) as part:
        results = parallel(TaskRenderer.run, tasks, jobs, label, "clip", state=partial(TaskRenderer, files, seed))
        for place, group in groupby(zip(tasks, results), key=lambda pair: pair[0].place):
            frames_before, skipped_before = frames, len(report["skipped"])

            def rendered() -> Iterator[spectrogram_store.Clip]:
                nonlocal frames
                for _, result in group:
                    if isinstance(result, str):
                        report["skipped"].append(result)
                    else:
                        frames += len(result.frames)
                        yield result

            count = spectrogram_store.write(part / place.store / place.mode, place.name, rendered())
            hours = round((frames - frames_before) / spectrogram_store.FRAMES_AN_HOUR, 4)
            counts = {
                "clips": count,
                "frames": frames - frames_before,
                "skipped": len(report["skipped"]) - skipped_before,
                "hours": hours,
            }
            report["stores"].setdefault(place.store, {}).setdefault(place.mode, {})[place.name] = counts
            clips += count
            print(f"{label}: {place.store}/{place.mode}/{place.name} {count} clips, {hours:.2f} h", flush=True)
        _report_skipped(label, report["skipped"], len(tasks))
        write_json(part / "report.json", report)
    hours = round(frames / spectrogram_store.FRAMES_AN_HOUR, 3)
    return {"items": clips, "hours": hours, "skipped": len(report["skipped"])}
