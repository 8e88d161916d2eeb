"""Recordings of people that benchmarks judge words by: which folder is what, and the figures of a word.

RECORDINGS/words/NAME (or RECORDINGS/NAME) holds recordings of one phrase, one a file; the phrase is NAME with spaces for
_, or the content of NAME/word.txt. RECORDINGS/negatives/NAME holds anything else: near_WORD confusable phrases of a word,
telephone_says_WORD (any name that ends so) sentences with that word in it, which are left out for it; all others running
speech. Other words' recordings, and confusable phrases of other words, are isolated calls. The testing split of the
datasets gives more running speech, and short speech.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.decode import UndecodableError, list_files_below, read_all
from scripts.core.files import read_json, sha256, write_json
from scripts.tools import recordings
from scripts.tools.judging import Recordings, judge

NOISE_DB = 10.0
RUNNING, CALLS, CONFUSABLE, SHORT = "running speech", "calls of other words", "confusable phrases", "short speech"
TELEPHONE_HZ, TELEPHONE_SHARE = 4_200, 3e-5  # at most this share of the power lies above: 5e-4 and more elsewhere
SAMPLED = 40  # files of a folder that are looked at for that


@dataclass(frozen=True)
class Word:
    """A phrase with recordings of it, and whether these were made by telephone."""

    phrase: str
    folder: Path
    by_telephone: bool


@dataclass(frozen=True)
class Negative:
    """A folder without the word, and what kind of sound it holds."""

    folder: Path
    kind: str


@dataclass(frozen=True)
class People:
    """All recordings, with what is held out of the datasets."""

    words: tuple[Word, ...]
    negatives: tuple[Path, ...]
    speech: Path
    short: Path
    noise: Path

    def list_negatives(self, word: Word) -> list[Negative]:
        """What a word is judged against."""
        name = word.folder.name
        chosen = [Negative(self.speech, RUNNING), Negative(self.short, SHORT)]
        chosen += [Negative(other.folder, CALLS) for other in self.words if other != word]
        for folder in self.negatives:
            if folder.name == f"near_{name}":
                chosen.append(Negative(folder, CONFUSABLE))
            elif folder.name.startswith("near_"):
                chosen.append(Negative(folder, CALLS))
            elif not folder.name.endswith(f"_says_{name}"):
                chosen.append(Negative(folder, RUNNING))
        return [negative for negative in chosen if list_files_below(negative.folder)]


def read_phrase(folder: Path) -> str:
    """The phrase that a folder's recordings say."""
    path = folder / "word.txt"
    return path.read_text(encoding="utf-8").strip() if path.exists() else folder.name.replace("_", " ")


def is_telephone(files: Sequence[Path]) -> bool:
    """Whether recordings hold next to nothing above 4.2 kHz."""
    shares = []
    for path in files[:: max(1, len(files) // SAMPLED)]:
        try:
            sound, _ = read_all(path)
        except UndecodableError:
            continue
        power = np.abs(np.fft.rfft(sound)) ** 2
        above = power[int(len(power) * TELEPHONE_HZ / (SAMPLE_RATE_HZ / 2)) :]
        shares.append(above.sum() / max(power.sum(), 1e-12))
    return bool(shares) and float(np.median(shares)) < TELEPHONE_SHARE


def link_held_out(datasets: Path, kinds: tuple[str, ...], into: Path) -> Path:
    """A folder of links to the converted files of some kinds in the testing split."""
    into.mkdir(parents=True, exist_ok=True)
    for index in sorted(datasets.glob("*/16k/index.json")):
        for entry in read_json(index)["files"]:
            link = into / f"{index.parent.parent.name} {entry['path'].replace('/', ' ')}"
            if entry["split"] == "testing" and entry["kind"] in kinds and not link.is_symlink():
                link.symlink_to((index.parent / entry["path"]).resolve())
    return into


def find_people(folder: Path, data: Path) -> People:
    """The recordings below a folder. SystemExit if there is no word among them."""
    root = folder / "words" if (folder / "words").is_dir() else folder
    folders = (
        sorted(path for path in root.glob("*") if path.is_dir() and path.name != "negatives") if root.is_dir() else []
    )
    if not folders:
        raise SystemExit(
            f"{folder} holds no folder of recordings. Put the recordings of each phrase into a folder named "
            f"after it (view_glass), and type: make bench-quality RECORDINGS=that_directory"
        )
    held_out, datasets = data / "bench" / "held_out", data / "datasets"
    return People(
        tuple(Word(read_phrase(path), path, is_telephone(list_files_below(path))) for path in folders),
        tuple(sorted(path for path in (folder / "negatives").glob("*") if path.is_dir())),
        link_held_out(datasets, ("speech",), held_out / "speech"),
        link_held_out(datasets, ("short",), held_out / "short"),
        link_held_out(datasets, ("music", "noise"), held_out / "noise"),
    )


def judge_word(manifest: Path, word: Word, people: People, jobs: int, keep: Path) -> list[dict]:
    """The figures of a word, clean and in noise: those of judge(), and "kinds": false accepts by kind of sound.

    They are kept beside the spectrograms, and a model that was judged on the same files is not judged again.
    """
    negatives = people.list_negatives(word)
    folders = [word.folder, *(negative.folder for negative in negatives), people.noise]
    path = keep / f"figures-{_identify(manifest, folders)}.json"
    if not path.exists():
        rows = []
        for noise, snr_db in ((None, None), (people.noise, NOISE_DB)):
            chosen = Recordings(word.folder, tuple(negative.folder for negative in negatives), noise, snr_db)
            figures = judge(manifest, chosen, jobs, keep)
            by_folder = {negative.folder.name: negative.kind for negative in negatives}
            rows.append({**figures, "kinds": sum_kinds(figures["streams"], by_folder)})
        write_json(path, rows)
    return read_json(path, list)


def sum_kinds(streams: list[dict], kinds: dict[str, str]) -> dict[str, dict]:
    """{kind: {"files", "hours", "false_accepts"}} of the streams of judge(), by the names of their folders."""
    sums: dict[str, dict] = {}
    for stream in streams:
        row = sums.setdefault(kinds[stream["name"]], {"files": 0, "hours": 0.0, "false_accepts": 0})
        for key in row:
            row[key] += stream[key]
    return sums


def _identify(manifest: Path, folders: list[Path]) -> str:
    # Changes with the model, its cutoff and window, the recordings, and the way they are judged.
    model = manifest.parent / read_json(manifest, dict)["model"]
    files = [path for folder in folders for path in list_files_below(folder) if path.exists()]
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    key = (recordings.VERSION, sha256(model), sha256(manifest), facts)
    return hashlib.sha256(repr(key).encode()).hexdigest()[:16]
