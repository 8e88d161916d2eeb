"""The converted recordings of a split, and how sounds are drawn from them.

    sources = Sources(list_recordings(Path("data/datasets"), ["rooms_simulated", "noise_keyboard"]), "training")
    noise = sources.background(generator(7, "clip 1"), samples=48_000)         # (samples,) float32
    response = sources.room(generator(7, "clip 1"))                            # (samples,) float32

All sounds in a clip come from the split of the clip: no room or song of testing is in training.
"""

import wave
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ, ramp, rms
from scripts.core.damaged import reading
from scripts.core.files import read_json

SPLITS = ("training", "validation", "testing")
SHORT_S = 3.0  # files up to this duration stay in memory, ...
SHORT_FILES = 1_000  # ... this many in each process, about 100 MB
SILENT_RMS = 10 ** (-60 / 20)  # sound below -60 dBFS is a pause
CROSSFADE = SAMPLE_RATE_HZ // 100


class Recording(NamedTuple):
    """One converted file: entry `row` of its dataset's index.json. Plain values, since each worker gets tens of
    thousands."""

    path: str
    dataset: str
    kind: str
    split: str
    duration_s: float
    row: int
    rt60_s: float = float("nan")  # of a room, if its index has them
    distance_m: float = float("nan")


def list_recordings(datasets: Path, names: list[str]) -> list[Recording]:
    """All converted files of the named datasets. Voices have none and are skipped.

    Raises ValueError for a dataset that is not converted, or an index with an unknown split.
    """
    recordings = []
    for name in names:
        folder = Path(datasets) / name / "16k"
        if not (folder / "index.json").is_file():
            if (Path(datasets) / name / "voice").is_dir():
                continue
            raise ValueError(
                f"dataset {name} is not converted: {folder / 'index.json'} is missing; `make convert-{name}` makes it"
            )
        index = read_json(folder / "index.json", dict, "files")
        with reading(folder / "index.json"):
            for row, file in enumerate(index["files"]):
                if file["split"] not in SPLITS:
                    raise ValueError(f"split {file['split']!r} of {file['path']}, expected one of {SPLITS}")
                recordings.append(
                    Recording(
                        f"{folder}/{file['path']}",
                        name,
                        file.get("kind") or index["kind"],
                        file["split"],
                        file["duration_s"],
                        row,
                        file.get("rt60_s", float("nan")),
                        file.get("distance_m", float("nan")),
                    )
                )
    return recordings


def read_segment(path: Path | str, start: int = 0, samples: int = -1) -> np.ndarray:
    """Samples [start, start + samples) of a 16 kHz, 16-bit mono WAV as (samples,) float32, fewer at its end.

    Reads nothing else of the file. Raises ValueError for any other format or a truncated file.
    """
    try:
        with wave.open(str(path)) as file:  # three times as fast as soundfile
            rate_hz, channels, bits = file.getframerate(), file.getnchannels(), 8 * file.getsampwidth()
            if (rate_hz, channels, bits) != (SAMPLE_RATE_HZ, 1, 16):
                raise ValueError(
                    f"{path} has {rate_hz} Hz, {channels} channels and {bits} bits, expected {SAMPLE_RATE_HZ} Hz, 1 and 16"
                )
            length = file.getnframes()
            first = min(start, length)
            count = length - first if samples < 0 else min(samples, length - first)
            file.setpos(first)
            data = file.readframes(count)
            if len(data) < 2 * count:  # the speech would end before its label does
                raise EOFError
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path} cannot be read as 16-bit WAV: {str(error) or 'it ends too early'}") from None
    return np.frombuffer(data, "<i2") * np.float32(1 / 32768)


@lru_cache(maxsize=SHORT_FILES)
def _read_short(path: str) -> np.ndarray:
    return read_segment(path)


def read_random(rng: np.random.Generator, recording: Recording, samples: int) -> np.ndarray:
    """Up to `samples` samples from a random place in a recording, all of it if it is shorter: (samples,) float32."""
    length = int(recording.duration_s * SAMPLE_RATE_HZ)
    start = int(rng.integers(0, max(1, length - samples + 1)))
    if recording.duration_s <= SHORT_S:
        return _read_short(recording.path)[start : start + samples].copy()
    return read_segment(recording.path, start, samples)


def cumulate(weights) -> list[float]:
    """The cumulative shares of weights, for `pick`."""
    shares = np.cumsum(weights)
    return list(shares / shares[-1]) if len(shares) else []


def pick(rng: np.random.Generator, shares: list[float]) -> int:
    """Draw an index by cumulative shares: the same as Generator.choice(p=...), ten times as fast."""
    return bisect_right(shares, rng.random())


class Pool:
    """Recordings to draw from: first a dataset, in proportion to the square root of its number of files, then a file.

    So eight measured rooms count beside three hundred simulated ones, and a big dataset does not crowd out the others.
    """

    def __init__(self, files: list[Recording]) -> None:
        by_dataset: dict[str, list[Recording]] = {}
        for file in files:
            by_dataset.setdefault(file.dataset, []).append(file)
        self.datasets = [by_dataset[name] for name in sorted(by_dataset)]
        self._shares = cumulate(np.sqrt([len(files) for files in self.datasets]))

    def __len__(self) -> int:
        return sum(map(len, self.datasets))

    def draw(self, rng: np.random.Generator) -> Recording:
        files = self.datasets[pick(rng, self._shares)]
        return files[rng.integers(len(files))]


class Sources:
    """Rooms, noise, music and speech of one split. `talk` is all speech, `speech` without short recordings."""

    def __init__(self, files: list[Recording], split: str) -> None:
        def pool(*kinds: str) -> Pool:
            return Pool([file for file in files if file.split == split and file.kind in kinds])

        self.split = split
        self.rooms, self.noise, self.music = pool("rooms"), pool("noise"), pool("music")
        self.speech, self.talk = pool("speech"), pool("speech", "short")

    def draw_room(self, rng: np.random.Generator) -> Recording | None:
        """A drawn room, or None if the split has none."""
        return self.rooms.draw(rng) if len(self.rooms) else None

    def response(self, room: Recording) -> np.ndarray:
        """A room's impulse response, (samples,) float32, which starts with the direct sound."""
        return _read_short(room.path)

    def room(self, rng: np.random.Generator) -> np.ndarray | None:
        """The impulse response of a drawn room, or None if the split has no room."""
        room = self.draw_room(rng)
        return None if room is None else self.response(room)

    def sound(self, rng: np.random.Generator, pool: Pool, samples: int) -> np.ndarray | None:
        """(samples,) float32 of one dataset of a pool: a stretch of a long file, or short files in a row.

        Short files follow each other, sometimes after a gap, so key strokes become typing. None if the pool is empty or
        a few tries find nothing audible.
        """
        if not len(pool):
            return None
        first = pool.draw(rng)
        files = next(files for files in pool.datasets if files[0].dataset == first.dataset)
        out, at, file = np.zeros(samples, np.float32), 0, first
        for _ in range(8 + samples // 800):  # bounded, even if all files are silent
            chunk = read_random(rng, file, samples - at)
            if rms(chunk) > SILENT_RMS:
                fade = min(CROSSFADE, len(chunk) // 4)
                chunk[:fade] *= ramp(fade)
                chunk[len(chunk) - fade :] *= ramp(fade)[::-1]
                out[at : at + len(chunk)] = chunk
                at += len(chunk)
                if rng.random() < 0.3:
                    at += int(rng.uniform(0, 0.3) * SAMPLE_RATE_HZ)
            if at >= samples - CROSSFADE:
                break
            file = files[rng.integers(len(files))]
        return out if at else None

    def background(self, rng: np.random.Generator, samples: int) -> np.ndarray | None:
        """Noise or music, equally likely if the split has both; None if it has neither."""
        pools = [pool for pool in (self.noise, self.music) if len(pool)]
        return self.sound(rng, pools[rng.integers(len(pools))], samples) if pools else None
