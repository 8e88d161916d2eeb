"""Recordings of people as spectrogram stores, the way a device would hear them, to judge models on.

    prepared = prepare_clips(list_recordings(folder), NO_NOISE, jobs=0, keep=Path("kept"))
    open_store(prepared / "clips_mmap"), read_report(prepared)

A clip is one recording between LEAD_S and TAIL_S of silence, so a clip that was cut off short is padded as well. A
stream is all files of a folder, in the order of their paths, without a pause. Under everything lies a trace of noise
(1e-4 of full scale), as in any microphone; without it pauses are digital silence, which no device hears. On request,
stretches of louder noise are mixed in at a given ratio of powers.

The frontend works on chunks of ten minutes that each begin with the twelve seconds before them, in which it settles (it
follows the noise over about one second). Stores do not depend on the model, so the next model on the same recordings
takes seconds.
"""

import hashlib
import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.damaged import printable
from scripts.core.decode import Decoder, UndecodableError, list_files_below, read_all
from scripts.core.files import publishing, read_json, write_json
from scripts.core.frontend import FRAME_SAMPLES, WINDOW_SAMPLES
from scripts.core.parallel import parallel
from scripts.core.random_numbers import generator
from scripts.core.spectrogram import compute_spectrogram
from scripts.core.spectrogram_store import Clip, write
from scripts.tools.duplicates import find_duplicates

TRACE = 1e-4  # of full scale
SETTLE_S = 2.0  # of trace noise before a recording, in which the frontend settles
LEAD_S, TAIL_S = 0.5, 1.0  # of silence around a clip
CHUNK_S, OVERLAP_S = 600, 12
MIN_S = 0.1  # shorter files of a stream are skipped
CLIPS, STREAM, DUPLICATES, REPORT, NOISE = "clips", "stream", "duplicates.npy", "report.json", "noise.npy"
VERSION = 1  # of what is kept; raise it when the same files give other stores


def list_recordings(folder: Path) -> list[Path]:
    """All files below a folder, by path. SystemExit if there are none."""
    if not (files := list_files_below(folder)):
        raise SystemExit(f"There are no files below {folder}: name a folder of recordings, in any format.")
    return files


class NoiseMixer:
    """Adds trace noise and, on request, a stretch of louder noise. Both are drawn by the name of the recording, so
    neither the order of the files nor JOBS matters."""

    def __init__(self, noise: np.ndarray | None = None, snr_db: float | None = None) -> None:
        self.noise, self.snr_db = noise, snr_db

    def __call__(self, sound: np.ndarray, name: str) -> np.ndarray:
        """(samples,) float32 to the same; noise that is too short is repeated."""
        random = generator(1, "recordings", name)
        sound = sound + TRACE * random.standard_normal(len(sound), dtype=np.float32)
        if self.noise is not None and self.snr_db is not None:
            stretch = np.take(self.noise, np.arange(len(sound)) + random.integers(len(self.noise)), mode="wrap")
            ratio = np.mean(sound**2) / (np.mean(stretch**2) + 1e-12) / 10 ** (self.snr_db / 10)
            sound = sound + stretch * np.sqrt(ratio)
        return sound.astype(np.float32)


@dataclass(frozen=True)
class Noise:
    """What is mixed into recordings: files, and the ratio of powers in dB; nothing where there are no files."""

    files: tuple[Path, ...] = ()
    snr_db: float | None = None


NO_NOISE = Noise()


@dataclass
class Inventory:
    """Which files can be decoded, with their (samples,) at 16 kHz, and a phrase for each that is skipped or damaged."""

    lengths: dict[Path, int] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def drop_short(self) -> None:
        """Skip files shorter than MIN_S."""
        for path in [path for path, length in self.lengths.items() if length < MIN_S * SAMPLE_RATE_HZ]:
            del self.lengths[path]
            self.skipped.append(f"{printable(str(path))}: shorter than {MIN_S} s")


def measure_file(path: Path) -> tuple[int, list[str]]:
    """(samples at 16 kHz, what was not decoded); (0, [reason]) for a file that cannot be decoded at all."""
    decoder = Decoder(path)
    try:
        for _ in decoder:
            pass
    except UndecodableError as error:
        return 0, [str(error)]
    return decoder.samples, decoder.faults


def take_inventory(files: Sequence[Path], jobs: int) -> Inventory:
    """Decode every file once."""
    inventory = Inventory()
    for path, (samples, faults) in zip(files, parallel(measure_file, files, jobs, "decode", "files")):
        if samples:
            inventory.lengths[path] = samples
            inventory.faults += [f"{printable(str(path))}: {fault}" for fault in faults]
        else:
            inventory.skipped.append(f"{printable(str(path))}: {faults[0]}")
    return inventory


def open_mixer(noise: Path | None, snr_db: float | None) -> NoiseMixer:
    """A mixer whose noise, (samples,) float32 in a .npy file, is read from the disk as it is needed."""
    return NoiseMixer(np.load(noise, mmap_mode="r") if noise else None, snr_db)


def _spectrogram_from(sound: np.ndarray, from_sample: int) -> np.ndarray:
    # Without the frames that begin before `from_sample`, in which the frontend settles.
    return compute_spectrogram(sound)[from_sample // FRAME_SAMPLES :]


def make_clip(mixer: NoiseMixer, path: Path) -> np.ndarray:
    """Spectrogram (frames, 40) of one recording between its silences."""
    word, _ = read_all(path)
    settle, lead, tail = (np.zeros(int(length * SAMPLE_RATE_HZ), np.float32) for length in (SETTLE_S, LEAD_S, TAIL_S))
    mixed = mixer(np.concatenate([lead, word, tail]), path.name)
    return _spectrogram_from(np.concatenate([NoiseMixer()(settle, f"settle {path.name}"), mixed]), len(settle))


@dataclass(frozen=True)
class Chunk:
    """The frames of a stream that begin in samples `start` to `stop`, with the sound from `before` on as lead-in."""

    files: list[tuple[Path, int]]  # with the sample at which each begins
    before: int
    start: int
    stop: int


def make_chunk(mixer: NoiseMixer, chunk: Chunk) -> np.ndarray:
    """Spectrogram (frames, 40) of a chunk."""
    # The last frame begins in the chunk and ends after it.
    sound = np.zeros(chunk.stop + WINDOW_SAMPLES - FRAME_SAMPLES - chunk.before, np.float32)
    for path, at in chunk.files:
        mixed = mixer(read_all(path)[0], path.name)
        first, last = max(chunk.before, at), min(chunk.before + len(sound), at + len(mixed))
        if first < last:
            sound[first - chunk.before : last - chunk.before] = mixed[first - at : last - at]
    return _spectrogram_from(sound, chunk.start - chunk.before)


def split_stream(lengths: dict[Path, int]) -> list[Chunk]:
    """Cut the stream of all files, (samples,) long each, into chunks."""
    starts, total = [], 0
    for path, length in lengths.items():
        starts.append((path, total))
        total += length
    offsets = [at for _, at in starts]
    size, chunks = CHUNK_S * SAMPLE_RATE_HZ, []
    for start in range(0, total, size):
        before, stop = max(0, start - OVERLAP_S * SAMPLE_RATE_HZ), min(start + size, total)
        first, last = bisect_right(offsets, before) - 1, bisect_right(offsets, stop + WINDOW_SAMPLES)
        chunks.append(Chunk(starts[first:last], before, start, stop))
    return chunks


def prepare_clips(files: Sequence[Path], noise: Noise, jobs: int, keep: Path) -> Path:
    """A folder with a store `clips`, a clip a file, and which of them are duplicates. Made once for the same files."""
    folder = keep / _name_of(CLIPS, files, noise)
    if not folder.is_dir():
        mixing = _prepare_noise(noise, jobs, keep)
        inventory = take_inventory(files, jobs)
        paths = list(inventory.lengths)
        with publishing(folder, directory=True) as part:
            clips = parallel(make_clip, paths, jobs, "clips", "files", state=partial(open_mixer, *mixing))
            write(part, CLIPS, map(Clip, clips))
            np.save(part / DUPLICATES, find_duplicates(read_all(path)[0] for path in paths))
            _write_report(part, inventory)
    return folder


def prepare_stream(files: Sequence[Path], noise: Noise, jobs: int, keep: Path) -> Path:
    """A folder with a store `stream` of a single clip, all files in a row. Made once for the same files."""
    folder = keep / _name_of(STREAM, files, noise)
    if not folder.is_dir():
        mixing = _prepare_noise(noise, jobs, keep)
        inventory = take_inventory(files, jobs)
        inventory.drop_short()
        chunks = split_stream(inventory.lengths)
        with publishing(folder, directory=True) as part:
            frames = parallel(make_chunk, chunks, jobs, "stream", "chunks", chunk=1, state=partial(open_mixer, *mixing))
            write(part, STREAM, [Clip(np.concatenate(list(frames)))] if chunks else [])
            _write_report(part, inventory)
    return folder


def _prepare_noise(noise: Noise, jobs: int, keep: Path) -> tuple[Path | None, float | None]:
    # The arguments of open_mixer(): the noise of all files in a row, decoded once.
    if not noise.files:
        return None, None
    folder = keep / _name_of(NOISE, noise.files, NO_NOISE)
    if not folder.is_dir():
        inventory = take_inventory(noise.files, jobs)
        if not inventory.lengths:
            raise SystemExit(f"None of the {len(noise.files)} files of noise could be decoded: {inventory.skipped[0]}")
        with publishing(folder, directory=True) as part:
            np.save(part / NOISE, np.concatenate([read_all(path)[0] for path in inventory.lengths]))
    return folder / NOISE, noise.snr_db


def _name_of(kind: str, files: Sequence[Path], noise: Noise) -> str:
    # Changes when a file, the noise or VERSION does.
    facts = [
        [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths if path.exists()]
        for paths in (files, noise.files)
    ]
    digest = hashlib.sha256(repr((VERSION, noise.snr_db, facts)).encode()).hexdigest()
    return f"{Path(kind).stem}-{digest[:16]}"


def _write_report(folder: Path, inventory: Inventory) -> None:
    facts = {"files": len(inventory.lengths), "skipped": inventory.skipped, "faults": inventory.faults}
    write_json(folder / REPORT, facts)


def read_report(folder: Path) -> dict:
    """{"files", "skipped", "faults"} of a prepared folder; skipped and damaged files are named on standard error."""
    report = read_json(folder / REPORT, dict)
    lines = [f"skipped {line}" for line in report["skipped"]] + [f"damaged {line}" for line in report["faults"]]
    if lines:
        print("\n".join(lines), file=sys.stderr)
    return report
