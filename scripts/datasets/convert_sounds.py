"""Convert a dataset's sounds to 16 kHz, 16-bit mono WAV, sorted into splits and speakers.

    python -m scripts.datasets.convert --name speech_prompts --kind speech \\
        --raw data/datasets/speech_prompts/raw --out data/datasets/speech_prompts/16k --jobs 4

Writes OUT/SPLIT/GROUP/*.wav, OUT/index.json (every file with its kind, split, group and length) and OUT/copyright/.
What cannot be decoded is skipped and named, and more than 2 % of that is an error. Who goes where: holdout.py. What is
finished waits in OUT.converting, from where an interrupted conversion of the same files goes on.
"""

import json
import os
import shutil
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import numpy as np

from scripts.core import audio, files
from scripts.core.damaged import printable
from scripts.core.parallel import parallel
from scripts.datasets import splits
from scripts.datasets.licences import notices

SHORTEST_S = 0.05
SILENT_PEAK = 1e-3  # -60 dB of full scale: nothing in it but the noise of its own recording
MOST_SKIPPED = 0.02


def read(path: Path) -> np.ndarray:
    """Any sound file as (samples,) float32 at 16 kHz; G.722, which libsndfile does not know, by PyAV."""
    if path.suffix.lower() != ".g722":
        return audio.read(path)
    import av

    with av.open(str(path), format="g722") as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(stream)]
        rate_hz = stream.codec_context.sample_rate
    sound = np.concatenate(frames).astype(np.float32) / 2**15 if frames else np.zeros(0, np.float32)
    return audio.resample(sound, rate_hz)


def convert_file(job: tuple[str, str, str]) -> dict:
    """Convert (source, target, kind); return {"duration_s"}, or {"skipped": why} or {"left_out": why}.

    Every error a decoder can raise means the same here, that this one file is of no use, so all are caught; how many
    there may be is decided by the caller.
    """
    source, target, kind = job
    try:
        sound = read(Path(source))
        if not np.isfinite(sound).all():
            raise ValueError("it holds numbers that are not finite")
    except Exception as error:
        return {"skipped": f"cannot be decoded: {type(error).__name__}: {str(error).replace(source, 'file')}"}
    if len(sound) < SHORTEST_S * audio.SAMPLE_RATE_HZ and kind != "rooms":
        return {"left_out": "too short"}
    if not len(sound) or np.abs(sound).max() < SILENT_PEAK:
        return {"left_out": "silent"}
    if kind == "rooms":
        from scripts.datasets.impulse_response import align

        sound = align(sound)
    part = Path(target + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    audio.write(part, sound)
    part.rename(target)
    return {"duration_s": round(len(sound) / audio.SAMPLE_RATE_HZ, 3)}


def plan(name: str, kind: str, raw: Path) -> tuple[list[dict], list[dict]]:
    """What to convert, as [{"source", "state", "path", "kind", "split", "group"}] in the order of `path`, and what is
    left out.

    A recording that is there twice, byte for byte, is used once: it would count double, and in two groups it could
    stand on both sides of a split. Only files of one size can be the same, and only of them the bytes are looked at.
    """
    chosen, left_out, seen, taken = [], [], {}, set()
    sources = {path: path.stat() for path in sorted(raw.rglob("*")) if path.is_file()}
    sizes = Counter(about.st_size for about in sources.values())
    for source, about in sources.items():
        inside = source.relative_to(raw).as_posix()
        placed = splits.place(name, inside, kind)
        if placed is None:
            continue
        first = seen.setdefault(files.sha256(source), inside) if sizes[about.st_size] > 1 else inside
        if first != inside:
            left_out.append({"path": printable(inside), "why": printable(f"same as {first}")})
            continue
        stem = splits.slug("-".join(_telling(inside)))
        path = f"{placed.split}/{placed.group}/{stem}.wav"
        if path.lower() in taken:  # some file systems do not tell A from a
            path = f"{placed.split}/{placed.group}/{stem}-{sha256(os.fsencode(inside)).hexdigest()[:8]}.wav"
        taken.add(path.lower())
        chosen.append(
            {
                "source": inside,
                "state": (about.st_size, about.st_mtime_ns),
                "path": path,
                "kind": placed.kind,
                "split": placed.split,
                "group": placed.group,
            }
        )
    return sorted(chosen, key=lambda entry: entry["path"]), left_out


def _telling(inside: str) -> list[str]:
    """The last three parts of a path, without the extension: enough to know a file by."""
    return [*Path(inside).parts[-3:-1], Path(inside).stem]


def hours(index: list[dict]) -> dict[str, dict[str, float]]:
    """Hours by kind and split of an index's files."""
    total: dict[str, Counter] = {}
    for entry in index:
        total.setdefault(entry["kind"], Counter())[entry["split"]] += entry["duration_s"] / 3600
    return {
        kind: {split: round(by_split[split], 3) for split in splits.SPLITS} for kind, by_split in sorted(total.items())
    }


def keep_provenance(raw: Path, out: Path) -> None:
    """Carry licences and checksums along: raw/ and archive/ may be deleted, what a model is made of must stay known."""
    if (raw / "fetched.json").exists():
        shutil.copyfile(raw / "fetched.json", out / "fetched.json")
    for package in sorted(path for path in raw.iterdir() if path.is_dir()):
        for number, notice in enumerate(notices(package)):
            (out / "copyright").mkdir(exist_ok=True)
            shutil.copyfile(notice, out / "copyright" / f"{package.name}{f'-{number}' if number else ''}.txt")


class Journal:
    """What of a conversion is finished: a line {"path", "result"} a file, in a directory that is for one plan only."""

    def __init__(self, waiting: Path, chosen: list[dict]) -> None:
        self.waiting, self._path = waiting, waiting / "finished.jsonl"
        identity = sha256(json.dumps(chosen).encode()).hexdigest()
        if not (waiting / "plan").exists() or (waiting / "plan").read_text() != identity:
            files.remove(waiting)
            waiting.mkdir(parents=True)
            (waiting / "plan").write_text(identity)
        self.results = {}
        for line in (
            self._path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
            if self._path.exists()
            else ()
        ):
            try:
                if line.endswith("\n") and self._stands(entry := json.loads(line)):
                    self.results[entry["path"]] = entry["result"]
            except (ValueError, LookupError, TypeError, AttributeError):
                continue  # a line that is damaged: its file is converted again
        self._lines = self._path.open("w", encoding="utf-8")
        for path, result in self.results.items():
            self.add(path, result)

    def _stands(self, entry: dict) -> bool:
        """Whether a file that was finished is there, with a header and so many 16-bit samples."""
        if (seconds := entry["result"].get("duration_s")) is None:
            return True
        path = self.waiting / entry["path"]
        return (
            path.exists()
            and abs(path.stat().st_size - 44 - 2 * audio.SAMPLE_RATE_HZ * seconds) < 2 * audio.SAMPLE_RATE_HZ / 1000
        )

    def add(self, path: str, result: dict) -> None:
        self.results[path] = result
        self._lines.write(json.dumps({"path": path, "result": result}) + "\n")
        self._lines.flush()

    def close(self) -> None:
        """Leave nothing in the directory but what was converted."""
        self._lines.close()
        for name in ("finished.jsonl", "plan"):
            (self.waiting / name).unlink()


def convert_dataset(name: str, kind: str, raw: Path, out: Path, jobs: int) -> dict:
    """Convert a whole dataset and publish it as `out`; return the index. Raises ValueError if it is not usable."""
    chosen, left_out = plan(name, kind, raw)
    if not chosen:
        raise ValueError(f"{raw} holds no sound that scripts/datasets/splits.py has a use for")
    waiting = out.with_name(out.name + ".converting")
    journal = Journal(waiting, chosen)
    if journal.results:
        print(
            f"{name}: {len(journal.results)} of {len(chosen)} files are converted already", file=sys.stderr, flush=True
        )
    left = [entry for entry in chosen if entry["path"] not in journal.results]
    tasks = [(str(raw / entry["source"]), str(waiting / entry["path"]), entry["kind"]) for entry in left]
    for entry, result in zip(left, parallel(convert_file, tasks, jobs, f"convert {name}", "files")):
        journal.add(entry["path"], result)
    index, skipped = [], []
    for entry in chosen:
        result = journal.results[entry["path"]]
        if "skipped" in result:
            skipped.append({"path": printable(entry["source"]), "why": printable(result["skipped"])})
            print(f"{name}: skipped {skipped[-1]['path']}: {skipped[-1]['why']}", file=sys.stderr)
        elif "left_out" in result:
            left_out.append({"path": printable(entry["source"]), "why": result["left_out"]})
        else:
            index.append({key: entry[key] for key in ("path", "kind", "split", "group")} | result)
    journal.close()
    if len(skipped) > MOST_SKIPPED * len(chosen):
        files.remove(waiting)
        raise ValueError(
            f"{len(skipped)} of {len(chosen)} files cannot be decoded, more than {MOST_SKIPPED:.0%}; "
            f"the first: {skipped[0]['path']}: {skipped[0]['why']}"
        )
    result = {
        "files": index,
        "hours": hours(index),
        "skipped": skipped,
        "left_out": sorted(left_out, key=lambda entry: entry["path"]),
    }
    files.write_json(waiting / "index.json", result)
    keep_provenance(raw, waiting)
    files.into_place(waiting, out)
    return result


def summary(name: str, index: dict) -> str:
    """What a conversion came to, in lines a person reads."""
    why = Counter(entry["why"].split(" ")[0] for entry in index["left_out"])
    lines = [
        f"{name}: {len(index['files'])} files, {len(index['skipped'])} skipped, left out: {why['silent']} silent, "
        f"{why['too']} too short, {why['same']} duplicates"
    ]
    for kind, by_split in index["hours"].items():
        groups = {
            split: [entry["group"] for entry in index["files"] if (entry["kind"], entry["split"]) == (kind, split)]
            for split in splits.SPLITS
        }
        amounts = {
            split: f"{by_split[split]:6.2f} h" if by_split[split] >= 0.005 else f"{len(groups[split]):3} files"
            for split in splits.SPLITS
        }
        lines.append(
            f"  {kind:7}"
            + "".join(f"  {split} {amounts[split]} in {len(set(groups[split])):3} groups" for split in splits.SPLITS)
        )
    return "\n".join(lines)
