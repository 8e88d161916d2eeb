"""Stores of spectrograms on disk, as microWakeWord reads them: FOLDER/NAME_mmap, with FOLDER/NAME_clips.npz beside it.

    write(Path("features/positive/training"), "positive", [Clip(frames, end_frame=120, row=7)])
    store = open_store(Path("features/positive/training/positive_mmap"))
    store[0]            # (frames, 40) uint16, a view into the file
    store.end_frame     # (clips,) int32
    store.marks         # (marks, 3) int32: clip, first frame and number of a recording

NAME_mmap is an mmap_ninja RaggedMmap, so `RaggedMmap("NAME_mmap")` opens it too. Stores made by others have no
NAME_clips.npz, and then nothing is known about their clips. The spectrograms stay on disk and are read when used.
"""

import mmap
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from mmap_ninja.ragged import RaggedMmap

from scripts.core.arrays import read_npz
from scripts.core.damaged import DamagedError, reading
from scripts.core.frontend import CHANNELS, FRAME_SAMPLES

TEACHING = "teaching"  # mode: other scenes of the training clips; teachers give their targets
NOISY = "_noisy"  # suffix of a mode: the same clips in the same order with noise added, the input of students
HELDOUT = "stranger"  # mode, and split of samples: positives of held-out voices
# Stores of a user's own recordings; NEAR_HOME: what in a home nearly wakes the model that is published.
OWN_POSITIVE, OWN_NEGATIVE, HOME, NEAR_HOME = "own_positive", "own_negative", "home", "near_home"
CLIPS_A_WRITE = 256  # clips held in memory before they go to disk
CONDITIONS = {
    "setting": "",
    "room": "",
    "snr_db": np.nan,
    "rt60_s": np.nan,
    "distance_m": np.nan,
}  # and the value for "not known"
FRAMES_AN_HOUR = 3600 * 16_000 // FRAME_SAMPLES


class Clip(NamedTuple):
    """A spectrogram and where it comes from: line `row` of the index of `source` (a dataset, or "samples")."""

    frames: np.ndarray  # (frames, 40) uint16
    end_frame: int = -1  # the frame in which the speech ends, or -1
    row: int = -1  # -1: not from a single file
    source: str = ""
    conditions: dict | None = None  # keys of CONDITIONS, for a clip in a scene
    marks: tuple[tuple[int, int], ...] = ()  # of a stream: first frame and number of each recording


class Store:
    """Read access to one NAME_mmap: len(store), store[i], an array per clip for end_frame, row, source and conditions,
    and marks."""

    def __init__(self, path: Path) -> None:
        path = Path(path)
        if not (path / "data.ninja").is_file():
            raise ValueError(f"{path} is not a store: data.ninja is missing")
        self.path = path
        self.name = path.name.removesuffix("_mmap")
        with reading(path):
            ragged = RaggedMmap(path)
            self.values = ragged.memmap  # a flat array; slicing it is ten times quicker than RaggedMmap's own [i]
            self._flat = np.asarray(self.values)  # slices of a memmap take three times as long
            self.starts, self.ends = np.asarray(ragged.starts), np.asarray(ragged.ends)
            self._check()
        facts = path.with_name(f"{self.name}_clips.npz")
        clips = read_npz(facts) if facts.exists() else {}

        def read_column(name: str, unknown) -> np.ndarray:
            return clips[name] if name in clips else np.full(len(self), unknown)

        self.end_frame, self.row, self.source = (
            read_column("end_frame", np.int32(-1)),
            read_column("row", np.int32(-1)),
            read_column("source", ""),
        )
        self.conditions = {
            name: read_column(name, unknown) for name, unknown in CONDITIONS.items()
        }  # older stores have none
        self.marks = clips["marks"] if "marks" in clips else np.empty((0, 3), np.int32)
        if len(self.row) != len(self):
            raise DamagedError(path, f"holds {len(self)} clips, {self.name}_clips.npz lists {len(self.row)}")

    def _check(self) -> None:
        # write() puts clips of whole frames one after the other.
        if len(self.starts) != len(self.ends) or self.values.ndim != 1:
            raise ValueError(f"it has {len(self.starts)} beginnings and {len(self.ends)} ends of clips")
        lengths = self.ends - self.starts
        if (
            (lengths < 0).any()
            or (lengths % CHANNELS).any()
            or (self.starts < 0).any()
            or (self.ends > len(self.values)).any()
        ):
            raise ValueError("the beginnings and ends of its clips do not fit its data")

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> np.ndarray:
        return self._flat[self.starts[index] : self.ends[index]].reshape(-1, CHANNELS)

    @property
    def lengths(self) -> np.ndarray:
        """(clips,) frames of each clip."""
        return (self.ends - self.starts) // CHANNELS

    def forget(self) -> None:
        """Free the pages that were read, which otherwise fill memory when the file is larger than it."""
        self.values._mmap.madvise(mmap.MADV_DONTNEED)

    @property
    def hours(self) -> float:
        """Hours of sound in the store."""
        return float(self.lengths.sum()) / FRAMES_AN_HOUR


def open_store(path: Path) -> Store:
    """Open FOLDER/NAME_mmap for reading."""
    return Store(path)


def open_stores(features: Path, store: str, mode: str) -> list[Store]:
    """Every store of features/STORE/MODE, by name; none where the folder is missing."""
    return [Store(path) for path in sorted((Path(features) / store / mode).glob("*_mmap"))]


def write(folder: Path, name: str, clips: Iterable[Clip]) -> int:
    """Write clips into folder/NAME_mmap and folder/NAME_clips.npz; return how many.

    Only a few clips are in memory at a time. Without clips nothing is written: an empty RaggedMmap cannot be opened.
    """
    facts: list[tuple] = []
    marks: list[tuple[int, int, int]] = []

    def frames() -> Iterator[np.ndarray]:
        for clip in clips:
            if clip.frames.dtype != np.uint16 or clip.frames.ndim != 2 or clip.frames.shape[1] != CHANNELS:
                raise ValueError(
                    f"a clip of {name} is {clip.frames.dtype} {clip.frames.shape}, expected uint16 (frames, {CHANNELS})"
                )
            marks.extend((len(facts), *mark) for mark in clip.marks)
            facts.append((clip.end_frame, clip.row, clip.source, *(CONDITIONS | (clip.conditions or {})).values()))
            yield clip.frames

    source = frames()
    first = next(source, None)
    if first is None:
        return 0
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    RaggedMmap.from_generator(folder / f"{name}_mmap", chain([first], source), batch_size=CLIPS_A_WRITE)
    ends, rows, sources, *conditions = zip(*facts)
    np.savez(
        folder / f"{name}_clips.npz",
        end_frame=np.array(ends, np.int32),
        row=np.array(rows, np.int32),
        source=np.array(sources, str),
        marks=np.array(marks, np.int32).reshape(-1, 3),
        **{  # type: ignore[arg-type]  # none is called allow_pickle
            name: np.array(values, str if isinstance(CONDITIONS[name], str) else np.float32)
            for name, values in zip(CONDITIONS, conditions)
        },
    )
    return len(facts)
