"""Convert a dataset's sounds to 16 kHz, 16-bit mono WAV, sorted into splits and speakers.

    python -m scripts.datasets.convert --name speech_prompts --kind speech \\
        --raw data/datasets/speech_prompts/raw --out data/datasets/speech_prompts/16k --jobs 4

Writes OUT/SPLIT/GROUP/*.wav, OUT/index.json (every file with its kind, split, group and length) and OUT/copyright/.
What cannot be decoded is skipped and named, and more than 2 % of that is an error. Who goes where: holdout.py.
"""
import argparse
import shutil
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import numpy as np

from scripts import audio, files, work
from scripts.datasets import holdout

KINDS = ("speech", "short", "music", "noise", "rooms")
SHORTEST_S = 0.05
SILENT_PEAK = 1e-3   # -60 dB of full scale: nothing in it but the noise of its own recording
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


def convert_one(job: tuple[str, str, str]) -> dict:
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
        from scripts.datasets.responses import align

        sound = align(sound)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    audio.write(Path(target), sound)
    return {"duration_s": round(len(sound) / audio.SAMPLE_RATE_HZ, 3)}


def plan(name: str, kind: str, raw: Path) -> tuple[list[dict], list[dict]]:
    """What to convert, as [{"source", "path", "kind", "split", "group"}] in the order of `path`, and what is left out.

    A recording that is there twice, byte for byte, is used once: it would count double, and in two groups it could
    stand on both sides of a split.
    """
    chosen, left_out, seen, taken = [], [], {}, set()
    for source in sorted(path for path in raw.rglob("*") if path.is_file()):
        inside = source.relative_to(raw).as_posix()
        placed = holdout.place(name, inside, kind)
        if placed is None:
            continue
        first = seen.setdefault(files.sha256(source), inside)
        if first != inside:
            left_out.append({"path": inside, "why": f"same as {first}"})
            continue
        stem = holdout.slug("-".join(_telling(inside)))
        path = f"{placed.split}/{placed.group}/{stem}.wav"
        if path.lower() in taken:  # some file systems do not tell A from a
            path = f"{placed.split}/{placed.group}/{stem}-{sha256(inside.encode()).hexdigest()[:8]}.wav"
        taken.add(path.lower())
        chosen.append({"source": inside, "path": path, "kind": placed.kind, "split": placed.split, "group": placed.group})
    return sorted(chosen, key=lambda entry: entry["path"]), left_out


def _telling(inside: str) -> list[str]:
    """The last three parts of a path, without the extension: enough to know a file by."""
    return [*Path(inside).parts[-3:-1], Path(inside).stem]


def hours(index: list[dict]) -> dict[str, dict[str, float]]:
    """Hours by kind and split of an index's files."""
    total: dict[str, Counter] = {}
    for entry in index:
        total.setdefault(entry["kind"], Counter())[entry["split"]] += entry["duration_s"] / 3600
    return {kind: {split: round(by_split[split], 3) for split in holdout.SPLITS} for kind, by_split in sorted(total.items())}


def keep_provenance(raw: Path, out: Path) -> None:
    """Carry licences and checksums along: raw/ and archive/ may be deleted, what a model is made of must stay known."""
    if (raw / "fetched.json").exists():
        shutil.copyfile(raw / "fetched.json", out / "fetched.json")
    for package in sorted(path for path in raw.iterdir() if path.is_dir()):
        from scripts.datasets.licences import notices

        for number, notice in enumerate(notices(package)):
            (out / "copyright").mkdir(exist_ok=True)
            shutil.copyfile(notice, out / "copyright" / f"{package.name}{f'-{number}' if number else ''}.txt")


def convert(name: str, kind: str, raw: Path, out: Path, jobs: int) -> dict:
    """Convert a whole dataset and publish it as `out`; return the index. Raises ValueError if it is not usable."""
    chosen, left_out = plan(name, kind, raw)
    if not chosen:
        raise ValueError(f"{raw} holds no sound that scripts/datasets/holdout.py has a use for")
    index, skipped = [], []
    with files.publishing(out, directory=True) as part:
        tasks = [(str(raw / entry["source"]), str(part / entry["path"]), entry["kind"]) for entry in chosen]
        for entry, result in zip(chosen, work.parallel(convert_one, tasks, jobs, f"convert {name}", "files")):
            if "skipped" in result:
                skipped.append({"path": entry["source"], "why": result["skipped"]})
                print(f"{name}: skipped {entry['source']}: {result['skipped']}", file=sys.stderr)
            elif "left_out" in result:
                left_out.append({"path": entry["source"], "why": result["left_out"]})
            else:
                index.append({key: entry[key] for key in ("path", "kind", "split", "group")} | result)
        if len(skipped) > MOST_SKIPPED * len(chosen):
            raise ValueError(f"{len(skipped)} of {len(chosen)} files cannot be decoded, more than {MOST_SKIPPED:.0%}; "
                             f"the first: {skipped[0]['path']}: {skipped[0]['why']}")
        result = {"files": index, "hours": hours(index), "skipped": skipped, "left_out": sorted(left_out, key=lambda entry: entry["path"])}
        files.write_json(part / "index.json", result)
        keep_provenance(raw, part)
    return result


def summary(name: str, index: dict) -> str:
    """What a conversion came to, in lines a person reads."""
    why = Counter(entry["why"].split(" ")[0] for entry in index["left_out"])
    lines = [f"{name}: {len(index['files'])} files, {len(index['skipped'])} skipped, left out: {why['silent']} silent, "
             f"{why['too']} too short, {why['same']} duplicates"]
    for kind, by_split in index["hours"].items():
        groups = {split: len({entry["group"] for entry in index["files"] if (entry["kind"], entry["split"]) == (kind, split)})
                  for split in holdout.SPLITS}
        lines.append(f"  {kind:7}" + "".join(f"  {split} {by_split[split]:6.2f} h in {groups[split]:3} groups" for split in holdout.SPLITS))
    return "\n".join(lines)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="name of the dataset in datasets.mk")
    parser.add_argument("--kind", required=True, choices=KINDS, help="what its sounds are, where holdout.py says nothing else")
    parser.add_argument("--raw", required=True, type=Path, help="the extracted packages")
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: as many as processors")
    options = parser.parse_args(argv)
    if not options.raw.is_dir():
        raise SystemExit(f"{options.raw} is not there: extract the dataset first (make extract-{options.name}).")
    try:
        index = convert(options.name, options.kind, options.raw, options.out, options.jobs)
    except ValueError as error:
        raise SystemExit(f"{options.name} cannot be converted: {error}. Nothing was published. Fetch and extract it "
                         f"again: delete {options.raw.parent} and run make convert-{options.name}.") from error
    print(summary(options.name, index))


if __name__ == "__main__":
    main()
