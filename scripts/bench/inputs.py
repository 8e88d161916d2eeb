"""What benchmarks work on: a word's samples, features and model in DATA_DIR, and stores larger than they are."""

import os
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from mmap_ninja import base
from mmap_ninja import numpy as flat

from scripts.core import spectrogram_store
from scripts.core.files import read_json, read_jsonl
from scripts.core.frontend import CHANNELS


def find_trained_word(data: Path) -> str:
    """The slug of a word with samples, features and model. SystemExit if there is none."""
    for stamp in sorted((data / "work").glob("*/export.stamp")):
        if all((stamp.parent / name).is_dir() for name in ("samples", "features", "model")):
            return stamp.parent.name
    raise SystemExit(
        f'The benchmark works on a trained word, and {data}/work holds none: make train WORD="hey buster."'
    )


def list_training_clips(data: Path, slug: str, count: int) -> list[dict]:
    """`count` lines of a word's samples/index.jsonl with absolute paths, repeated if there are too few."""
    samples = (data / "work" / slug / "samples").resolve()
    rows = [
        {**row, "path": str(samples / row["path"])}
        for row in read_jsonl(samples / "index.jsonl")
        if row["split"] == "training"
    ]
    return list(islice(cycle(rows), count))


def list_sounds(data: Path, *kinds: str) -> list[Path]:
    """The converted training files of some kinds."""
    paths = []
    for path in sorted((data / "datasets").glob("*/16k/index.json")):
        index = read_json(path)
        paths += [
            path.parent / file["path"]
            for file in index["files"]
            if (file.get("kind") or index.get("kind")) in kinds and file["split"] == "training"
        ]
    return paths


def make_ambient_stores(common: Path, hours: float, out: Path) -> None:
    """Common features with `hours` of ambient sound, half of it for validation: the real ones repeated."""
    for mode in ("validation_ambient", "testing_ambient"):
        stores = spectrogram_store.open_stores(common, "speech", mode)
        frames = hours / 2 * spectrogram_store.FRAMES_AN_HOUR
        spectrogram_store.write(out / "speech" / mode, "plain", _repeat_clips(stores, frames))


def _repeat_clips(stores: list, frames: float) -> Iterator[spectrogram_store.Clip]:
    # The clips of all stores, over and over, until there are so many frames.
    for store in cycle(stores):
        for number in range(len(store)):
            if frames <= 0:
                return
            frames -= len(store[number])
            yield spectrogram_store.Clip(np.array(store[number]))
        store.forget()


def make_huge_store(folder: Path, name: str, gigabytes: float, frames: int = 1_200) -> None:
    """A store of so many GB of clips that takes no disk space: a sparse file in RaggedMmap's format."""
    count = int(gigabytes * 1e9 / (frames * CHANNELS * 2))
    empty = np.zeros((1, CHANNELS), np.uint16)
    spectrogram_store.write(folder, name, (spectrogram_store.Clip(empty) for _ in range(count)))
    path = folder / f"{name}_mmap"
    starts = np.arange(count, dtype=np.int64) * frames * CHANNELS
    for key, values in (("starts", starts), ("ends", starts + frames * CHANNELS)):
        flat.from_ndarray(path / key, values)
    base._shape_to_file((count * frames * CHANNELS,), path / "shape.ninja")
    os.truncate(path / "data.ninja", count * frames * CHANNELS * 2)
