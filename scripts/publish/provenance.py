"""What a published model was made from: options, inputs, code, libraries, machine and times (build.json).

    provenance.collect(data=Path("data"), slug="hey_buster", word="hey buster.", title="Hey Buster",
                       options={"SAMPLES": "20000"}, datasets=["voice_joe"], licences={"voice_joe": "MIT"})

Everything is read from files that are there; what is not there is null and never guessed.
"""

import contextlib
import os
import platform
import subprocess
import sys
from collections import Counter
from importlib import metadata
from pathlib import Path

from scripts.core.damaged import DamagedError
from scripts.core.files import read_json, read_jsonl, sha256
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
    """The commit of this checkout and whether files differed from it; an image without .git is told by
    WAKEMAKE_COMMIT."""

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


def libraries() -> dict[str, str]:
    """Versions of the libraries that shape a model, of those installed."""
    found = {}
    for name in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def read_params(path: Path, name: str) -> dict[str, str]:
    """The KEY=VALUE lines of a *.params file, the dataset's name taken off the keys: joe_SHA256=ab -> {"sha256":
    "ab"}."""
    values = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        key, equals, value = line.partition("=")
        if equals:
            values[key.strip().removeprefix(f"{name}_").lower()] = value.strip()
    return values


def dataset(datasets: Path, name: str, licence: str | None) -> dict:
    """Packages, checksums and licence of one dataset: what was fetched, or, where that is not told, what the table asks
    for."""
    from scripts.datasets import licences

    about = licences.describe_dataset(datasets / name, licence or "not stated")
    if not about["packages"] and (params := datasets / name / "source.params").exists():
        asked = read_params(params, name)
        sums = asked.get("sha256", "").split()
        about["packages"] = [
            {"source": package, "sha256": sums[place] if place < len(sums) else None}
            for place, package in enumerate(asked.get("packages", "").split())
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
    except DamagedError as error:  # times only tell: nothing is published without the rest, but without these
        print(f"warning: {path} {error.what}; the times in it are not told. Delete it to be rid of this line")
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
    """Who speaks the word, from samples/index.jsonl: {"kokoro": {"speakers": 412, "clips": {"training": 900, ...}},
    ...}."""
    if not index.exists():
        return None
    rows = [row for row in read_jsonl(index) if row["kind"] == "positive"]
    speakers: dict[str, set] = {}
    for row in rows:
        speakers.setdefault(row.get("voice", "unknown"), set()).add(row.get("speaker"))
    clips = Counter((row.get("voice", "unknown"), row["split"]) for row in rows)
    return {
        name: {
            "speakers": len(people),
            "clips": {split: count for (voice, split), count in sorted(clips.items()) if voice == name},
        }
        for name, people in sorted(speakers.items())
    }


def count_recordings(report: Path) -> dict | None:
    """Files and hours of rooms, noise, music and speech in each split, as features/report.json tells them."""
    return read_json(report).get("recordings") if report.exists() else None


def collect(
    data: Path, slug: str, word: str, title: str, options: dict[str, str], datasets: list[str], licences: dict[str, str]
) -> dict:
    """Everything build.json says."""
    work, language = data / "work" / slug, options.get("LANGUAGE", "en")
    common = data / "common" / ("" if language == "en" else language)  # as the Makefile names it
    lock = (
        Path(sys.prefix) / "installed.lock"
    )  # what this environment was installed from; a Python of one's own has none
    return {
        "word": word,
        "title": title,
        "slug": slug,
        "options": options,
        "code": describe_code(),
        "trainer": read_json(trainer)
        if (trainer := work / "model" / "trainer.json").exists()
        else {"name": options.get("TRAINER")},
        "requirements_lock_sha256": sha256(lock) if lock.exists() else None,
        "python": platform.python_version(),
        "libraries": libraries(),
        "datasets": [dataset(data / "datasets", name, licences.get(name)) for name in datasets],
        "samples": count_samples(work / "samples" / "index.jsonl"),
        "voices": count_voices(work / "samples" / "index.jsonl"),
        "recordings": count_recordings(work / "features" / "report.json"),
        "common_samples": count_samples(common / "samples" / "index.jsonl"),
        "machine": machine.describe(),
        "times": {
            "word": last_times(work),
            "common": last_times(common),
            "datasets": {name: times for name in datasets if (times := last_times(data / "datasets" / name))},
        },
    }
