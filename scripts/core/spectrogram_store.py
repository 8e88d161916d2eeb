"""Stores of spectrograms on disk, as microWakeWord reads them: FOLDER/NAME_mmap, with FOLDER/NAME_clips.npz beside it.

    write(Path("features/positive/training"), "positive", [Clip(frames, end_frame=120, row=7)])
    store = open_store(Path("features/positive/training/positive_mmap"))
    store[0]            # (frames, 40) uint16, a view into the file
    store.end_frame     # (clips,) int32
    store.marks         # (marks, 3) int32: in which clip, from which frame on, which recording sounds

NAME_mmap is an mmap_ninja RaggedMmap, so `RaggedMmap("NAME_mmap")` opens it just as well. Stores that others made come
without NAME_clips.npz: nothing is known of their clips, then. The spectrograms stay on disk and are read as they are
used.
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

TEACHING = "teaching"  # mode: other scenes of the training clips, in which teachers give the student's targets
NOISY = "_noisy"  # ends a mode: the same clips in the same order with noise over them, as the student hears them
HELDOUT = "stranger"  # mode, and split of samples: positives of held-out voices
CLIPS_A_WRITE = 256  # clips held in memory before they go to disk
CONDITIONS = {
    "setting": "",
    "room": "",
    "snr_db": np.nan,
    "rt60_s": np.nan,
    "distance_m": np.nan,
}  # and what stands for "not told"
FRAMES_AN_HOUR = 3600 * 16_000 // FRAME_SAMPLES


class Clip(NamedTuple):
    """A spectrogram and where it comes from: line `row` of the index of `source` (a dataset, or "samples")."""

    frames: np.ndarray  # (frames, 40) uint16
    end_frame: int = -1  # the frame in which the speech ends, -1 where there is no one such frame
    row: int = -1  # -1: of no one file
    source: str = ""
    conditions: dict | None = None  # CONDITIONS, of what was put into a scene
    marks: tuple[tuple[int, int], ...] = ()  # of a stream: the frame in which each recording begins, and its number


class Store:
    """Read access to one NAME_mmap: len(store), store[i], an array per clip for end_frame, row, source and conditions,
    and marks."""

    def __init__(self, path: Path) -> None:
        path = Path(path)
        if not (path / "data.ninja").is_file():
            raise ValueError(f"{path} is no store: data.ninja is missing")
        self.path = path
        self.name = path.name.removesuffix("_mmap")
        with reading(path):
            ragged = RaggedMmap(path)
            self.values = (
                ragged.memmap
            )  # one flat array: cutting it here is ten times quicker than RaggedMmap's own [i]
            self.starts, self.ends = np.asarray(ragged.starts), np.asarray(ragged.ends)
            self._check()
        facts = path.with_name(f"{self.name}_clips.npz")
        clips = read_npz(facts) if facts.exists() else {}

        def told(name: str, unknown) -> np.ndarray:
            return clips[name] if name in clips else np.full(len(self), unknown)

        self.end_frame, self.row, self.source = (
            told("end_frame", np.int32(-1)),
            told("row", np.int32(-1)),
            told("source", ""),
        )
        self.conditions = {name: told(name, unknown) for name, unknown in CONDITIONS.items()}  # older stores have none
        self.marks = clips["marks"] if "marks" in clips else np.empty((0, 3), np.int32)
        if len(self.row) != len(self):
            raise DamagedError(path, f"holds {len(self)} clips, {self.name}_clips.npz speaks of {len(self.row)}")

    def _check(self) -> None:
        # Clips lie one after the other, each of whole frames; what starts and ends say otherwise was not written by
        # write().
        if len(self.starts) != len(self.ends) or self.values.ndim != 1:
            raise ValueError(f"{len(self.starts)} clips begin in it, and {len(self.ends)} end")
        lengths = self.ends - self.starts
        if (
            (lengths < 0).any()
            or (lengths % CHANNELS).any()
            or (self.starts < 0).any()
            or (self.ends > len(self.values)).any()
        ):
            raise ValueError("where its clips begin and end does not fit to what is in it")

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.values[self.starts[index] : self.ends[index]].reshape(-1, CHANNELS)

    @property
    def lengths(self) -> np.ndarray:
        """(clips,) frames of each clip."""
        return (self.ends - self.starts) // CHANNELS

    def forget(self) -> None:
        """Let go of what was read: else the pages of a file that is larger than memory pile up until the system takes
        them."""
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

    Few clips are in memory at a time. Without any clip nothing is written: an empty RaggedMmap cannot be opened.
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
        **{  # type: ignore[arg-type]  # none of them is called allow_pickle
            name: np.array(values, str if isinstance(CONDITIONS[name], str) else np.float32)
            for name, values in zip(CONDITIONS, conditions)
        },
    )
    return len(facts)
