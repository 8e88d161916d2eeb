"""What sound there is to augment with: the converted datasets of one split, and how to draw from them.

    sources = Sources(list_recordings(Path("data/datasets"), ["rooms_simulated", "noise_keyboard"]), "training")
    noise, origin = sources.background(generator(7, "clip 1"), samples=48_000)
    room = sources.room(generator(7, "clip 1"))

Everything drawn for a clip comes from the clip's own split: a training clip never sees a room or a song of testing.
"""

import wave
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ, ramp, rms
from scripts.core.damaged import noticed
from scripts.core.files import read_json

SPLITS = ("training", "validation", "testing")
SHORT_S = 3.0  # files up to this length are kept in memory once read ...
SHORT_FILES = 1_000  # ... this many of them a process, about 100 MB
SILENT_RMS = 10 ** (-60 / 20)  # a stretch below -60 dBFS is a pause, no background
CROSSFADE = SAMPLE_RATE_HZ // 100


class Recording(NamedTuple):
    """One converted file: line `row` of its dataset's index. Of plain values, since every worker is sent tens of
    thousands."""

    path: str
    dataset: str
    kind: str
    split: str
    duration_s: float
    row: int
    rt60_s: float = float("nan")  # of a room, where its index tells them
    distance_m: float = float("nan")


def list_recordings(datasets: Path, names: list[str]) -> list[Recording]:
    """All converted files of the named datasets. Voices have none and are passed over."""
    found = []
    for name in names:
        folder = Path(datasets) / name / "16k"
        if not (folder / "index.json").is_file():
            if (Path(datasets) / name / "voice").is_dir():
                continue
            raise ValueError(
                f"dataset {name} is not converted: {folder / 'index.json'} is missing; `make convert-{name}` makes it"
            )
        index = read_json(folder / "index.json", dict, "files")
        with noticed(folder / "index.json"):
            for row, file in enumerate(index["files"]):
                if file["split"] not in SPLITS:
                    raise ValueError(f"split {file['split']!r} of {file['path']}, expected one of {SPLITS}")
                found.append(
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
    return found


def read_segment(path: Path | str, start: int = 0, samples: int = -1) -> np.ndarray:
    """Samples [start, start + samples) of a 16 kHz, 16-bit mono WAV, fewer at its end, without reading the rest of
    it."""
    try:
        with wave.open(
            str(path)
        ) as file:  # three times as quick as libsndfile, to which a file is open, seek and read through Python
            found = file.getframerate(), file.getnchannels(), 8 * file.getsampwidth()
            if found != (SAMPLE_RATE_HZ, 1, 16):
                raise ValueError(
                    "{} has {} Hz, {} channels and {} bits, expected {} Hz, 1 and 16".format(
                        path, *found, SAMPLE_RATE_HZ
                    )
                )
            length = file.getnframes()
            begin = min(start, length)
            wanted = length - begin if samples < 0 else min(samples, length - begin)
            file.setpos(begin)
            data = file.readframes(wanted)
            if len(data) < 2 * wanted:  # else the speech would end where its label says it goes on
                raise EOFError
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path} cannot be read as 16-bit WAV: {str(error) or 'it ends too early'}") from None
    return np.frombuffer(data, "<i2") * np.float32(1 / 32768)


@lru_cache(maxsize=SHORT_FILES)
def _short(path: str) -> np.ndarray:
    return read_segment(path)


def read_random(rng: np.random.Generator, recording: Recording, samples: int) -> np.ndarray:
    """Up to `samples` samples from a random place in a recording; all of it if it is shorter."""
    length = int(recording.duration_s * SAMPLE_RATE_HZ)
    start = int(rng.integers(0, max(1, length - samples + 1)))
    if recording.duration_s <= SHORT_S:
        return _short(recording.path)[start : start + samples].copy()
    return read_segment(recording.path, start, samples)


def cumulative(weights) -> list[float]:
    """The shares of some weights added up, for `pick`."""
    shares = np.cumsum(weights)
    return list(shares / shares[-1]) if len(shares) else []


def pick(rng: np.random.Generator, shares: list[float]) -> int:
    """A place drawn by cumulative shares: what Generator.choice(p=...) draws, in a tenth of its time."""
    return bisect_right(shares, rng.random())


class Pool:
    """Recordings to draw from: a dataset in proportion to the root of its number of files, then a file of it.

    So eight measured rooms still count beside three hundred simulated ones, and one big dataset does not drown the
    rest.
    """

    def __init__(self, files: list[Recording]) -> None:
        by_dataset: dict[str, list[Recording]] = {}
        for file in files:
            by_dataset.setdefault(file.dataset, []).append(file)
        self.datasets = [by_dataset[name] for name in sorted(by_dataset)]
        self._shares = cumulative(np.sqrt([len(files) for files in self.datasets]))

    def __len__(self) -> int:
        return sum(map(len, self.datasets))

    def draw(self, rng: np.random.Generator) -> Recording:
        files = self.datasets[pick(rng, self._shares)]
        return files[rng.integers(len(files))]


class Sources:
    """Rooms, noise, music and other people's speech of one split."""

    def __init__(self, files: list[Recording], split: str) -> None:
        def pool(*kinds: str) -> Pool:
            return Pool([file for file in files if file.split == split and file.kind in kinds])

        self.split = split
        self.rooms, self.noise, self.music = pool("rooms"), pool("noise"), pool("music")
        self.speech, self.talk = pool("speech"), pool("speech", "short")

    def a_room(self, rng: np.random.Generator) -> Recording | None:
        """Draw a room, or None if the split has none."""
        return self.rooms.draw(rng) if len(self.rooms) else None

    def response(self, room: Recording) -> np.ndarray:
        """A room's impulse response (samples,) with the direct sound first."""
        return _short(room.path)

    def room(self, rng: np.random.Generator) -> np.ndarray | None:
        """The impulse response of a drawn room, or None if the split has no room."""
        drawn = self.a_room(rng)
        return None if drawn is None else self.response(drawn)

    def sound(self, rng: np.random.Generator, pool: Pool, samples: int) -> np.ndarray | None:
        """`samples` samples of one dataset of a pool: a stretch of a long file, or short files in a row.

        Files shorter than what is asked follow each other (other files of the same dataset, now and then after a gap),
        so key strokes become typing. None if nothing audible was found in a few tries.
        """
        if not len(pool):
            return None
        first = pool.draw(rng)
        files = next(files for files in pool.datasets if files[0].dataset == first.dataset)
        out, at, file = np.zeros(samples, np.float32), 0, first
        for _ in range(8 + samples // 800):  # bounded, even if all of it is silent
            piece = read_random(rng, file, samples - at)
            if rms(piece) > SILENT_RMS:
                fade = min(CROSSFADE, len(piece) // 4)
                piece[:fade] *= ramp(fade)
                piece[len(piece) - fade :] *= ramp(fade)[::-1]
                out[at : at + len(piece)] = piece
                at += len(piece)
                if rng.random() < 0.3:
                    at += int(rng.uniform(0, 0.3) * SAMPLE_RATE_HZ)
            if at >= samples - CROSSFADE:
                break
            file = files[rng.integers(len(files))]
        return out if at else None

    def background(self, rng: np.random.Generator, samples: int) -> np.ndarray | None:
        """Noise or music, half and half where there are both; None where there is neither."""
        pools = [pool for pool in (self.noise, self.music) if len(pool)]
        return self.sound(rng, pools[rng.integers(len(pools))], samples) if pools else None
