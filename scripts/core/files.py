"""Files that appear under their final name only when they are complete: written aside, then renamed.

    with publishing(Path("out/model.tflite")) as part:      # a file
        part.write_bytes(data)
    with publishing(Path("out/samples"), directory=True) as part:
        ...fill part...

When the block ends without an exception, the part is renamed; on any error it is removed. A killed process leaves
NAME.part, which the next run removes.
"""

import fcntl
import hashlib
import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.core.damaged import expect_fields, reading
from scripts.core.locks import try_lock, warn_of_no_lock

OLD = ".old.part"  # the previous version, until the new one has its name


def remove(path: Path) -> None:
    """Delete a file, link or directory tree, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def publishing(target: Path, directory: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `target`; when the block succeeds, rename it to `target`, replacing what is there."""
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    remove(part)
    remove(target.with_name(target.name + OLD))
    if directory:
        part.mkdir()
    try:
        yield part
    except BaseException:
        remove(part)
        raise
    move_into_place(part, target)


def move_into_place(part: Path, target: Path) -> None:
    """Rename `part` to `target` in the same directory, replacing what is there."""
    if target.is_dir() and not target.is_symlink():
        old = target.with_name(target.name + OLD)
        remove(old)
        os.rename(target, old)
        os.rename(part, target)
        remove(old)
    else:
        os.replace(part, target)


@contextmanager
def holding(lock: Path, waiting: str = "") -> Iterator[float | None]:
    """Lock the file `lock` exclusively. Yields None, or the time.time() at which this process began to wait for another.

    The kernel releases the lock when the process ends, also after a kill. On a file system without locks a warning is
    printed.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as handle:
        waited = None
        try:
            if not try_lock(handle.fileno(), fcntl.LOCK_EX):
                waited = time.time()
                if waiting:
                    print(waiting, file=sys.stderr, flush=True)
                try_lock(handle.fileno(), fcntl.LOCK_EX, wait=True)
        except OSError as error:
            warn_of_no_lock(lock, error)
        yield waited


@contextmanager
def building(out: Path, name: str) -> Iterator[bool]:
    """Make `out` in one process at a time; yields False if another make made it while this one waited."""
    with holding(out.parent / "lock", f"{name}: another make is at work on it; waiting") as waited:
        # ctime, because a rename does not change mtime.
        just_made = waited is not None and out.exists() and out.stat().st_ctime >= waited
        if just_made:
            print(f"{name}: {out.name} has just been made by the other make")
        yield not just_made


def count_bytes_below(directory: Path) -> int:
    """Total size of the files below a directory, hard links counted once; 0 if there is no such directory."""
    stats = [path.lstat() for path in Path(directory).rglob("*")]
    return sum({(each.st_dev, each.st_ino): each.st_size for each in stats if stat.S_ISREG(each.st_mode)}.values())


def write_json(path: Path, value) -> None:
    """Publish `value` as indented UTF-8 JSON; keys keep their order."""
    with publishing(path) as part:
        part.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path, kind: type = object, *fields: str):
    """Parse a UTF-8 JSON file. DamagedError if it is not JSON, not a `kind` (dict, list), or lacks one of `fields`."""
    with reading(path):
        try:
            value = json.loads(
                Path(path).read_text(encoding="utf-8-sig")
            )  # -sig: some editors begin a file with a byte-order mark
        except json.JSONDecodeError as error:
            raise ValueError(f"it is not JSON ({error})") from None
        if not isinstance(value, kind):
            raise ValueError(f"it holds a {type(value).__name__}, expected a {kind.__name__}")
        expect_fields(fields, value)
        return value


def write_jsonl(path: Path, rows: Iterable[dict]) -> None:
    """Publish rows as one JSON object per line."""
    with publishing(path) as part, part.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_jsonl(path: Path, *fields: str) -> list[dict]:
    """Parse a file of one JSON object per line, each with these `fields`. DamagedError names a line that is not."""
    rows = []
    with reading(path), Path(path).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ValueError(f"line {number} is not JSON ({error})") from None
            if not isinstance(row, dict):
                raise ValueError(f"line {number} holds a {type(row).__name__}, expected an object")
            expect_fields(fields, row, f"line {number}")
            rows.append(row)
    return rows


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with Path(path).open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
