"""Run the tasks of a features stage over all processors and write what they make into stores, in a fixed order.

    tasks = [Task(sample_clip, "positive", "training", "positive", "a.wav 0", row=0, source="samples", arguments=(path, 0.1, 0.9))]
    facts = build(tasks, open_recordings(datasets, names), seed=1, jobs=0, out=Path("features"), label="features")

A task is `make(rng, sources, *arguments) -> Take`, a clip as sound; its frames are what is stored. Its random numbers
depend on the seed and its item name only, so neither JOBS nor the order of work changes a byte.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from scripts.core import spectrogram_store
from scripts.core.audio import SAMPLE_RATE_HZ, speech_bounds
from scripts.core.files import publishing, write_json
from scripts.core.frontend import FRAME_SAMPLES, Take
from scripts.core.parallel import parallel
from scripts.core.random_numbers import generator
from scripts.core.spectrogram_store import NOISY, STRANGER, TEACHING
from scripts.features.scene import noisier, short_clip
from scripts.features.sources import SPLITS, Recording, Sources, list_recordings, read_segment

MOST_SKIPPED = 0.02  # share of clips that may fail before it is an error


@dataclass(frozen=True)
class Task:
    """One clip to be: what makes it, which store it goes to, and what it was made from."""

    make: Callable
    store: str
    mode: str
    name: str  # of the mmap: features/STORE/MODE/NAME_mmap
    item: str
    row: int
    source: str
    arguments: tuple

    @property
    def title(self) -> str:
        """How a report speaks of it."""
        return f"{self.store}/{self.mode}/{self.name}, {self.item}"


def split_of(mode: str) -> str:
    """The split whose rooms and backgrounds a mode may use: testing_ambient -> testing, teaching_noisy -> training,
    stranger -> validation."""
    mode = mode.removesuffix(NOISY)
    return {TEACHING: "training", STRANGER: "validation"}.get(mode, mode.removesuffix("_ambient"))


def sample_clip(
    rng: np.random.Generator, sources: Sources, path: Path, start_s: float | None, end_s: float | None
) -> Take:
    """A file with speech from start_s to end_s, in a scene of its own; None: as far as there is sound in it."""
    sound = read_segment(path)
    if start_s is None or end_s is None:
        start_s, end_s = (bound / SAMPLE_RATE_HZ for bound in speech_bounds(sound))
    return short_clip(rng, sources, sound, start_s, end_s)


def noisy_clip(rng: np.random.Generator, sources: Sources, make: Callable, *arguments) -> Take:
    """What `make` makes of the same random numbers, with music or noise over it."""
    return noisier(rng, sources, make(rng, sources, *arguments))


def noisy(tasks: list[Task]) -> list[Task]:
    """The same clips in the same order with noise over them, in modes that end with NOISY."""
    return [
        replace(task, make=noisy_clip, mode=task.mode + NOISY, arguments=(task.make, *task.arguments)) for task in tasks
    ]


def open_recordings(datasets: Path, names: list[str]) -> list[Recording]:
    """The converted files of the datasets; an unconverted one ends the command with a sentence."""
    try:
        return list_recordings(datasets, names)
    except ValueError as error:
        raise SystemExit(str(error)) from None


def render_task(task: Task, sources: Sources, seed: int) -> Take:
    """Make a task's clip as sound. The same task, seed and recordings give the same clip, whenever it is asked for."""
    return task.make(
        generator(seed, task.store, task.mode.removesuffix(NOISY), task.name, task.item), sources, *task.arguments
    )


_files: list[Recording] = []
_seed = 0
_sources: dict[str, Sources] = {}
_numbers: dict[str, int] = {}  # of each recording, the same in all stores of a stage; -1 is any other


def _start(files: list[Recording], seed: int) -> None:
    global _files, _seed, _numbers
    _files, _seed = files, seed
    _numbers = {file.path: number for number, file in enumerate(files)}
    _sources.clear()


def _run(task: Task) -> spectrogram_store.Clip | str:
    split = split_of(task.mode)
    if split not in _sources:
        _sources[split] = Sources(_files, split)
    try:
        take = render_task(task, _sources[split], _seed)
        marks = tuple((at // FRAME_SAMPLES, _numbers.get(str(path), -1)) for at, path in take.marks)
        return spectrogram_store.Clip(take.frames(), take.end_frame, task.row, task.source, take.conditions, marks)
    except (ValueError, OSError) as error:
        return f"{task.title}: {error}"


def _said(files: list[Recording]) -> dict:
    """Files and hours of distinct recordings each split has of each kind; a missing kind is said, since augmentation
    goes without it."""
    counts: dict = {split: {} for split in SPLITS}
    for file in files:
        kind = counts[file.split].setdefault(file.kind, {"files": 0, "hours": 0.0})
        kind["files"] += 1
        kind["hours"] = round(kind["hours"] + file.duration_s / 3600, 6)
    for split, kinds in counts.items():
        missing = [kind for kind in ("rooms", "noise", "music", "speech") if kind not in kinds]
        if missing:
            print(f"warning: no {', '.join(missing)} recordings in the {split} split; its clips go without")
    return counts


def build(
    tasks: list[Task], files: list[Recording], seed: int, jobs: int, out: Path, label: str, facts: dict | None = None
) -> dict:
    """Make every clip, publish the stores as directory `out` with report.json in it, and return counts for the
    timer."""

    def place(task: Task) -> tuple[str, str, str]:
        return task.store, task.mode, task.name

    tasks = sorted(tasks, key=place)
    report: dict = {"seed": seed, "recordings": _said(files), **(facts or {}), "stores": {}, "skipped": []}
    done = frames = 0
    with publishing(out, directory=True) as part:
        results = parallel(_run, tasks, jobs, label, "clip", initializer=_start, arguments=(files, seed))
        for (name, mode, mmap), group in groupby(zip(tasks, results), key=lambda pair: place(pair[0])):
            counts = {"clips": 0, "frames": 0, "skipped": 0}

            def clips() -> Iterator[spectrogram_store.Clip]:
                for _, result in group:
                    if isinstance(result, str):
                        report["skipped"].append(result)
                        counts["skipped"] += 1
                    else:
                        counts["frames"] += len(result.frames)
                        yield result

            counts["clips"] = spectrogram_store.write(part / name / mode, mmap, clips())
            counts["hours"] = round(counts["frames"] / spectrogram_store.FRAMES_AN_HOUR, 4)
            report["stores"].setdefault(name, {}).setdefault(mode, {})[mmap] = counts
            done, frames = done + counts["clips"], frames + counts["frames"]
            print(f"{label}: {name}/{mode}/{mmap} {counts['clips']} clips, {counts['hours']:.2f} h", flush=True)
        skipped = report["skipped"]
        for why in skipped[:10]:
            print(f"skipped {why}")
        if len(skipped) > MOST_SKIPPED * len(tasks):
            raise SystemExit(
                f"{len(skipped)} of {len(tasks)} clips could not be made, more than {MOST_SKIPPED:.0%}. The first: {skipped[0]}. "
                f"If files are damaged or gone, delete the stamp beside the directory they are in (samples.stamp, or a dataset's 16k.stamp), "
                f"and type the same line again: it is made anew."
            )
        if skipped:
            print(f"{label}: {len(skipped)} of {len(tasks)} clips skipped; report.json lists them")
        write_json(part / "report.json", report)
    return {"items": done, "hours": round(frames / spectrogram_store.FRAMES_AN_HOUR, 3), "skipped": len(skipped)}
