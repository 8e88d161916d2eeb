"""Convert a dataset's sounds to 16 kHz, 16-bit mono WAV, sorted into splits and groups.

    index = convert_dataset("speech_prompts", "speech", Path("raw"), Path("16k"), jobs=4)
    print(summarise("speech_prompts", index))

Writes OUT/SPLIT/GROUP/*.wav, OUT/index.json (every file with its kind, split, group and length) and OUT/copyright/.
Files that cannot be decoded are skipped and named, and more than 2 % of them are an error. Splits and groups come from
splits.py. Finished files wait in OUT.converting, where an interrupted conversion of the same files continues.
"""

import os
import shutil
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from scripts.core import audio, files
from scripts.core.damaged import printable
from scripts.core.parallel import parallel
from scripts.datasets import splits
from scripts.datasets.conversion_journal import ConversionJournal
from scripts.datasets.copying import copy_record
from scripts.datasets.impulse_response import align
from scripts.datasets.licences import find_notices

SHORTEST_S = 0.05
SILENT_PEAK = 1e-3  # -60 dB of full scale: only the noise of the recording itself
MOST_SKIPPED = 0.02


class PlannedFile(NamedTuple):
    """A file to convert."""

    source: str  # below raw/
    state: tuple[int, int]  # its size and modification time
    path: str  # of the WAV below 16k/
    kind: str
    split: str
    group: str


class Conversion(NamedTuple):
    """The work of one process on one file."""

    source: str
    target: str
    kind: str


def convert_dataset(name: str, kind: str, raw: Path, out: Path, jobs: int) -> dict:
    """Convert a whole dataset and publish it as `out`; return the index. ValueError if it is not usable."""
    plan, left_out = plan_files(name, kind, raw)
    if not plan:
        raise ValueError(f"{raw} holds no sound that scripts/datasets/splits.py has a use for")
    staging = out.with_name(out.name + ".converting")
    journal = ConversionJournal(staging, plan)
    if journal.results:
        print(f"{name}: {len(journal.results)} of {len(plan)} files are converted already", file=sys.stderr, flush=True)
    remaining = [each for each in plan if each.path not in journal.results]
    conversions = [Conversion(str(raw / each.source), str(staging / each.path), each.kind) for each in remaining]
    for each, result in zip(remaining, parallel(convert_file, conversions, jobs, f"convert {name}", "files")):
        journal.add(each.path, result)
    index = collect(name, plan, left_out, journal.results)
    journal.close()
    skipped = index["skipped"]
    if len(skipped) > MOST_SKIPPED * len(plan):
        files.remove(staging)
        raise ValueError(
            f"{len(skipped)} of {len(plan)} files cannot be decoded, more than {MOST_SKIPPED:.0%}; "
            f"the first: {skipped[0]['path']}: {skipped[0]['why']}"
        )
    files.write_json(staging / "index.json", index)
    copy_provenance(raw, staging)
    files.move_into_place(staging, out)
    return index


def plan_files(name: str, kind: str, raw: Path) -> tuple[list[PlannedFile], list[dict]]:
    """The files to convert, in the order of `path`, and the duplicates that are left out, as [{"path", "why"}].

    A recording that is there twice, byte for byte, is used once: it would count double, and in two groups it could
    be in two splits. Only files of one size can be the same, so only their bytes are compared.
    """
    plan: list[PlannedFile] = []
    left_out: list[dict] = []
    first_by_content: dict[str, str] = {}
    used_paths: set[str] = set()
    sources = {path: path.stat() for path in sorted(raw.rglob("*")) if path.is_file()}
    sizes = Counter(status.st_size for status in sources.values())
    for path, status in sources.items():
        source = path.relative_to(raw).as_posix()
        place = splits.place(name, source, kind)
        if place is None:
            continue
        if sizes[status.st_size] > 1:
            first = first_by_content.setdefault(files.sha256(path), source)
            if first != source:
                left_out.append({"path": printable(source), "why": printable(f"same as {first}")})
                continue
        stem = f"{place.split}/{place.group}/{short_name(source)}"
        if f"{stem}.wav".lower() in used_paths:  # some file systems do not distinguish A from a
            stem += f"-{sha256(os.fsencode(source)).hexdigest()[:8]}"
        used_paths.add(f"{stem}.wav".lower())
        state = (status.st_size, status.st_mtime_ns)
        plan.append(PlannedFile(source, state, f"{stem}.wav", place.kind, place.split, place.group))
    return sorted(plan, key=lambda each: each.path), left_out


def short_name(source: str) -> str:
    """The last two folders and the stem of a path: enough to recognise a file by.

    >>> short_name("hw/Data/Sounds/voices/Pirate/Boring.ogg")
    'voices-Pirate-Boring'
    """
    return splits.safe_name("-".join([*Path(source).parts[-3:-1], Path(source).stem]))


def convert_file(conversion: Conversion) -> dict:
    """Convert one file; return {"duration_s"}, or {"skipped": why} or {"left_out": why}.

    Every error of a decoder means that this one file is of no use, so all are caught; the caller decides how many there
    may be.
    """
    source, target, kind = conversion
    try:
        sound = read_sound(Path(source))
        if not np.isfinite(sound).all():
            raise ValueError("it holds numbers that are not finite")
    except Exception as error:
        return {"skipped": f"cannot be decoded: {type(error).__name__}: {str(error).replace(source, 'file')}"}
    if len(sound) < SHORTEST_S * audio.SAMPLE_RATE_HZ and kind != "rooms":
        return {"left_out": "too short"}
    if not len(sound) or np.abs(sound).max() < SILENT_PEAK:
        return {"left_out": "silent"}
    if kind == "rooms":
        sound = align(sound)
    part = Path(target + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    audio.write(part, sound)
    part.rename(target)
    return {"duration_s": round(len(sound) / audio.SAMPLE_RATE_HZ, 3)}


def read_sound(path: Path) -> np.ndarray:
    """Any sound file as (samples,) float32 at 16 kHz; G.722, which libsndfile does not read, by PyAV."""
    if path.suffix.lower() != ".g722":
        return audio.read(path)
    with av.open(str(path), format="g722") as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(stream)]
        rate_hz = stream.codec_context.sample_rate
    sound = np.concatenate(frames).astype(np.float32) / 2**15 if frames else np.zeros(0, np.float32)
    return audio.resample(sound, rate_hz)


def collect(name: str, plan: list[PlannedFile], left_out: list[dict], results: dict[str, dict]) -> dict:
    """The content of index.json, from the results of all planned files; skipped ones are named on standard error."""
    index, skipped = [], []
    for each in plan:
        result = results[each.path]
        source = printable(each.source)
        if "skipped" in result:
            skipped.append({"path": source, "why": printable(result["skipped"])})
            print(f"{name}: skipped {source}: {skipped[-1]['why']}", file=sys.stderr)
        elif "left_out" in result:
            left_out.append({"path": source, "why": result["left_out"]})
        else:
            index.append({"path": each.path, "kind": each.kind, "split": each.split, "group": each.group} | result)
    return {
        "files": index,
        "hours": sum_hours(index),
        "skipped": skipped,
        "left_out": sorted(left_out, key=lambda entry: entry["path"]),
    }


def sum_hours(index: list[dict]) -> dict[str, dict[str, float]]:
    """Hours by kind and split of an index's files."""
    hours: dict[str, Counter] = {}
    for entry in index:
        hours.setdefault(entry["kind"], Counter())[entry["split"]] += entry["duration_s"] / 3600
    return {
        kind: {split: round(by_split[split], 3) for split in splits.SPLITS} for kind, by_split in sorted(hours.items())
    }


def copy_provenance(raw: Path, out: Path) -> None:
    """Copy checksums and licences: raw/ and archive/ may be deleted, but the origin of a model must stay known."""
    copy_record(raw, out)
    for package in sorted(path for path in raw.iterdir() if path.is_dir()):
        for number, notice in enumerate(find_notices(package)):
            (out / "copyright").mkdir(exist_ok=True)
            shutil.copyfile(notice, out / "copyright" / f"{package.name}{f'-{number}' if number else ''}.txt")


def summarise(name: str, index: dict) -> str:
    """The result of a conversion, in lines for a person."""
    reasons = Counter(entry["why"].split(" ")[0] for entry in index["left_out"])
    lines = [
        f"{name}: {len(index['files'])} files, {len(index['skipped'])} skipped, left out: {reasons['silent']} silent, "
        f"{reasons['too']} too short, {reasons['same']} duplicates"
    ]
    for kind, hours in index["hours"].items():
        line = f"  {kind:7}"
        for split in splits.SPLITS:
            groups = [entry["group"] for entry in index["files"] if (entry["kind"], entry["split"]) == (kind, split)]
            amount = f"{hours[split]:6.2f} h" if hours[split] >= 0.005 else f"{len(groups):3} files"
            line += f"  {split} {amount} in {len(set(groups)):3} groups"
        lines.append(line)
    return "\n".join(lines)
