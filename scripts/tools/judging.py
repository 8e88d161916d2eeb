"""The figures of a published model on recordings of people.

figures = judge(Path("hey_buster.json"), Recordings(Path("mine/hey_buster"), (Path("mine/talk"),)))
figures["at_cutoff"]["recall"]
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from scripts.core.damaged import reading
from scripts.core.spectrogram_store import open_store
from scripts.evaluation.inference import ClipSet, Scores, score_stores
from scripts.model.manifest import Manifest
from scripts.tools import recordings
from scripts.tools.recall import Stream, describe_recall
from scripts.tools.recordings import Noise, list_recordings, prepare_clips, prepare_stream, read_report


@dataclass(frozen=True)
class Recordings:
    """Folders to judge a model on: of the word, of anything else, and of noise to mix in at `snr_db`."""

    positives: Path
    negatives: tuple[Path, ...]
    noise: Path | None = None
    snr_db: float | None = None


def judge(manifest: Path, folders: Recordings, jobs: int = 0, keep: Path | None = None) -> dict:
    """Recall and false accepts of a published model (tools/recall.py), with "wake_word", "snr_db" and "skipped".

    Spectrograms of the recordings are kept in `keep` for the next model. SystemExit if nothing can be decoded.
    """
    facts = Manifest.read(manifest)
    noise = Noise(tuple(list_recordings(folders.noise)) if folders.noise else (), folders.snr_db)
    with TemporaryDirectory() as temporary:
        keep = keep or Path(temporary)
        words = prepare_clips(list_recordings(folders.positives), noise, jobs, keep)
        others = [prepare_stream(list_recordings(folder), noise, jobs, keep) for folder in folders.negatives]
        reports = [read_report(folder) for folder in (words, *others)]
        counts = [report["files"] for report in reports]
        if not counts[0] or not any(counts[1:]):
            raise SystemExit(
                f"{counts[0]} recordings of the word and {sum(counts[1:])} of anything else could be decoded; "
                "both are needed."
            )
        scores, used = _score(facts.model, words, [path for path, count in zip(others, counts[1:]) if count], jobs)
        with reading(words / recordings.DUPLICATES):
            groups = np.load(words / recordings.DUPLICATES)
    names = [(folder.name, count) for folder, count in zip(folders.negatives, counts[1:]) if count]
    negatives = [
        Stream(name, stream.outputs, stream.stride, count) for (name, count), stream in zip(names, used, strict=True)
    ]
    return {
        "wake_word": facts.title,
        "snr_db": folders.snr_db,
        "skipped": sum(len(report["skipped"]) for report in reports),
        **describe_recall(scores, negatives, facts.window, facts.cutoff, groups),
    }


def _score(model: Path, words: Path, others: list[Path], jobs: int) -> tuple[Scores, list[Scores]]:
    sets = {"positive": ClipSet([open_store(words / f"{recordings.CLIPS}_mmap")])}
    sets |= {
        f"negative {number}": ClipSet([open_store(folder / f"{recordings.STREAM}_mmap")])
        for number, folder in enumerate(others)
    }
    scores = score_stores(model, sets, jobs=jobs, label="score")
    return scores.pop("positive"), list(scores.values())
