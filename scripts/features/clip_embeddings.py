"""Embeddings of the common training clips: making, writing and reading them.

build(plan_training_clips(rows, samples, files, seed=1), files, seed=1, jobs=0, out=Path("data/common/embeddings"))
clips = read_embeddings(Path("data/common/embeddings"))["short"]      # in the order of the store
"""

from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.core.arrays import read_npz
from scripts.core.files import publishing
from scripts.core.frontend import frames_in
from scripts.core.parallel import parallel
from scripts.core.spectrogram_store import FRAMES_AN_HOUR
from scripts.features import common_tasks
from scripts.features.build import Task, render_task
from scripts.features.embedding import HOP_FRAMES, SIZE, embedding
from scripts.features.sources import Recording, Sources


class ClipEmbedding(NamedTuple):
    """The embedding of one clip."""

    frames: int  # of the clip in its store
    warm_up: int  # frames before those, which the store leaves out and the embedding does not
    values: np.ndarray  # (positions, 96) float16, one position every HOP_FRAMES frames


class Renderer:
    """What a worker process needs to render clips."""

    def __init__(self, files: list[Recording], seed: int):
        self.sources, self.seed = Sources(files, "training"), seed


def plan_training_clips(rows: list[dict], samples: Path, files: list[Recording], seed: int) -> list[Task]:
    """The tasks of the common training stores, by store, in the order of their clips."""
    tasks = [
        *common_tasks.plan_short(rows, samples, files),
        *common_tasks.plan_speech(rows, samples, files, seed),
        *common_tasks.plan_backgrounds(files),
    ]
    return sorted((task for task in tasks if task.mode == "training"), key=lambda task: task.store)


def embed(renderer: Renderer, task: Task) -> ClipEmbedding | None:
    """Render and embed a task's clip; None for a clip that the features leave out as well."""
    try:
        clip = render_task(task, renderer.sources, renderer.seed)
    except (ValueError, OSError):
        return None
    frames = frames_in(len(clip.sound)) - clip.warm_up
    return ClipEmbedding(frames, clip.warm_up, embedding(clip.sound).astype(np.float16))


def build(tasks: list[Task], files: list[Recording], seed: int, jobs: int, out: Path) -> dict:
    """Embed every clip, publish `out` with a file for each store, and return counts for the timer."""
    clips = positions = 0
    with publishing(out, directory=True) as part:
        results = parallel(embed, tasks, jobs, "embeddings", "clip", state=partial(Renderer, files, seed))
        for store, group in groupby(zip(tasks, results), key=lambda pair: pair[0].store):
            embeddings = [result for _, result in group if result]
            write_store(part / f"{store}.npz", embeddings)
            clips, positions = clips + len(embeddings), positions + sum(len(clip.values) for clip in embeddings)
    skipped = len(tasks) - clips
    print(
        f"{positions} positions of {clips} clips, {positions * HOP_FRAMES / FRAMES_AN_HOUR:.1f} h"
        + (f"; {skipped} clips skipped, as in the features" if skipped else ""),
        flush=True,
    )
    return {"clips": clips, "positions": positions, "skipped": skipped}


def write_store(path: Path, clips: list[ClipEmbedding]) -> None:
    """Write the embeddings of a store: frames, warm_up, positions (clips,) int32 and values (positions, 96) float16."""
    np.savez(
        path,
        frames=np.array([clip.frames for clip in clips], np.int32),
        warm_up=np.array([clip.warm_up for clip in clips], np.int32),
        positions=np.array([len(clip.values) for clip in clips], np.int32),
        values=np.concatenate([np.zeros((0, SIZE), np.float16), *(clip.values for clip in clips)]),
    )


def read_embeddings(folder: Path) -> dict[str, list[ClipEmbedding]]:
    """The embeddings of every store in a folder, by its name; SystemExit where there are none."""
    stores = {}
    for path in sorted(Path(folder).glob("*.npz")):
        arrays = read_npz(path, "frames", "warm_up", "positions", "values")
        values = np.split(arrays["values"], np.cumsum(arrays["positions"])[:-1])
        stores[path.stem] = [
            ClipEmbedding(int(frames), int(warm_up), clip)
            for frames, warm_up, clip in zip(arrays["frames"], arrays["warm_up"], values)
        ]
    if not stores:
        raise SystemExit(f"{folder} holds no embeddings: make writes them before it pretrains.")
    return stores
