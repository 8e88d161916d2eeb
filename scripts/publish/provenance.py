"""Where a published model comes from: options, inputs, code, libraries, machine and times (build.json).

    collect(Word("hey_buster", "hey buster.", "Hey Buster"),
            PublicationInputs(Path("data/work/hey_buster"), Path("data/common"), Path("data/datasets"), ["voice_joe"]),
            options={"SAMPLES": "2000"})

Everything is read from files; a value whose file is missing is null and never guessed.
"""

import contextlib
import os
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from scripts.core.damaged import DamagedError
from scripts.core.files import read_json, read_jsonl, sha256
from scripts.datasets import licences
from scripts.publish import machine

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = (
    "tensorflow",
    "tensorflow-cpu",
    "keras",
    "numpy",
    "scipy",
    "soundfile",
    "onnxruntime",
    "onnxruntime-gpu",
    "torch",
    "numba",
    "pymicro-features",
    "pymicro-wakeword",
    "openwakeword",
    "tflite-micro",
    "ai-edge-litert",
    "pyroomacoustics",
)


def describe_code() -> dict:
    """The commit of this checkout and whether files differ from it; in an image without .git, from WAKEMAKE_COMMIT."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != ROOT:
            raise OSError("an unpacked archive inside somebody else's checkout")
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        built_from = os.environ.get("WAKEMAKE_COMMIT", "")
        return {
            "commit": built_from.removesuffix("-dirty") or None,
            "dirty": built_from.endswith("-dirty") if built_from else None,
        }


def list_libraries() -> dict[str, str]:
    """Versions of the installed libraries that affect a model."""
    versions = {}
    for name in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


def read_params(path: Path, name: str) -> dict[str, str]:
    """The KEY=VALUE lines of a *.params file without the dataset's name: joe_SHA256=ab -> {"sha256": "ab"}."""
    values = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        key, equals, value = line.partition("=")
        if equals:
            values[key.strip().removeprefix(f"{name}_").lower()] = value.strip()
    return values


def describe_dataset(datasets: Path, name: str, licence: str | None) -> dict:
    """Packages, checksums and licence of one dataset: as fetched or, if that is not recorded, as in the dataset table."""
    about = licences.describe_dataset(datasets / name, licence or "not stated")
    if not about["packages"] and (params := datasets / name / "source.params").exists():
        table = read_params(params, name)
        sums = table.get("sha256", "").split()
        about["packages"] = [
            {"source": package, "sha256": sums[place] if place < len(sums) else None}
            for place, package in enumerate(table.get("packages", "").split())
        ]
    about["notices"] = [os.path.relpath(notice, datasets) for notice in about["notices"]]
    return about


def last_times(folder: Path) -> list[dict]:
    """The newest line of each stage in folder/times.jsonl, in the order they last ran; [] without that file."""
    if not (path := folder / "times.jsonl").exists():
        return []
    newest: dict[str, dict] = {}
    try:
        lines = read_jsonl(path, "stage", "seconds")
    except DamagedError as error:  # a model can be published without times
        print(f"warning: {path} {error.problem}; its times are left out. To silence this warning, delete the file")
        lines = []
    for line in lines:
        newest.pop(line["stage"], None)
        newest[line["stage"]] = line
    return list(newest.values())


def count_samples(index: Path) -> dict[str, dict[str, int]] | None:
    """Clips by kind and split from samples/index.jsonl: {"positive": {"training": 900, ...}, "near": {...}}."""
    if not index.exists():
        return None
    counted = Counter((row["kind"], row["split"]) for row in read_jsonl(index))
    kinds: dict[str, dict[str, int]] = {}
    for (kind, split), count in sorted(counted.items()):
        kinds.setdefault(kind, {})[split] = count
    return kinds


def count_voices(index: Path) -> dict[str, dict] | None:
    """The voices of the word, from samples/index.jsonl: {"kokoro": {"speakers": 412, "clips": {"training": 900, ...}}}."""
    if not index.exists():
        return None
    rows = [row for row in read_jsonl(index) if row["kind"] == "positive"]
    speakers: dict[str, set] = {}
    for row in rows:
        speakers.setdefault(row.get("voice", "unknown"), set()).add(row.get("speaker"))
    clips = Counter((row.get("voice", "unknown"), row["split"]) for row in rows)
    return {
        name: {
            "speakers": len(names),
            "clips": {split: count for (voice, split), count in sorted(clips.items()) if voice == name},
        }
        for name, names in sorted(speakers.items())
    }


def count_recordings(report: Path) -> dict | None:
    """Files and hours of rooms, noise, music and speech in each split, from features/report.json."""
    return read_json(report).get("recordings") if report.exists() else None


@dataclass(frozen=True)
class PublicationInputs:
    """Everything a publication reads: folders, and the datasets that the model was made from."""

    work: Path  # DATA_DIR/work/SLUG
    common: Path  # samples and times that all words of a language share
    datasets: Path  # DATA_DIR/datasets
    names: Sequence[str] = ()  # of datasets
    licences: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Word:
    """A word by its name in paths, as typed, and as shown; an empty title is made from the phrase."""

    slug: str
    phrase: str
    title: str = ""


def collect(word: Word, inputs: PublicationInputs, options: dict[str, str]) -> dict:
    """Everything in build.json but the time of publication and the checksum of the model."""
    work = inputs.work
    trainer = work / "model" / "trainer.json"
    lock = Path(sys.prefix) / "installed.lock"  # of the environment; another Python has none
    dataset_times = {name: last_times(inputs.datasets / name) for name in inputs.names}
    return {
        "word": word.phrase,
        "title": word.title,
        "slug": word.slug,
        "options": options,
        "code": describe_code(),
        "trainer": read_json(trainer) if trainer.exists() else {"name": options.get("TRAINER")},
        "requirements_lock_sha256": sha256(lock) if lock.exists() else None,
        "python": platform.python_version(),
        "libraries": list_libraries(),
        "datasets": [describe_dataset(inputs.datasets, name, inputs.licences.get(name)) for name in inputs.names],
        "samples": count_samples(work / "samples" / "index.jsonl"),
        "voices": count_voices(work / "samples" / "index.jsonl"),
        "recordings": count_recordings(work / "features" / "report.json"),
        "common_samples": count_samples(inputs.common / "samples" / "index.jsonl"),
        "machine": machine.describe(),
        "times": {
            "word": last_times(work),
            "common": last_times(inputs.common),
            "datasets": {name: times for name, times in dataset_times.items() if times},
        },
    }
