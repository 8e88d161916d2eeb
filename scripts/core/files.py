"""Publishing by rename: nothing half-written ever stands under a final name.

    with publishing(Path("out/model.tflite")) as part:      # a file
        part.write_bytes(data)
    with publishing(Path("out/samples"), directory=True) as part:
        ...fill part...

Only when the block ends without an exception does the work appear under its name; on any error the part is removed,
and what a killed process leaves is called NAME.part and is cleared by the next run.
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

from scripts.core.alone import try_lock, warn_of_no_lock
from scripts.core.damaged import expect_fields, reading

OLD = ".old.part"  # what is replaced, until what replaces it has its name


def remove(path: Path) -> None:
    """Delete a file, link or directory tree; a path that is not there is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def publishing(target: Path, directory: bool = False) -> Iterator[Path]:
    """Yield a part path beside `target`; rename it to `target` (replacing what is there) when the block succeeds."""
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
    """Rename `part` to `target` beside it, replacing what is there."""
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
    """Hold the file `lock` alone. Yields None, or, where another process held it, since when (time.time()) we had to
    wait.

    The kernel lets go of it when a process ends, however that comes about. Where the file system has no locks, it is
    said.
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
    """Work on `out`, one process at a time; yields False where another make has just made it while this one waited."""
    with holding(out.parent / "lock", f"{name}: another make is at work on it; waiting") as waited:
        just_made = (
            waited is not None and out.exists() and out.stat().st_ctime >= waited
        )  # ctime: a rename leaves mtime alone
        if just_made:
            print(f"{name}: {out.name} has just been made by the other make")
        yield not just_made


def count_bytes_below(directory: Path) -> int:
    """What the files below a directory take, a file of several names once; 0 where there is none."""
    about = [path.lstat() for path in Path(directory).rglob("*")]
    return sum({(each.st_dev, each.st_ino): each.st_size for each in about if stat.S_ISREG(each.st_mode)}.values())


def write_json(path: Path, value) -> None:
    """Publish `value` as indented UTF-8 JSON with sorted keys left as given."""
    with publishing(path) as part:
        part.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path, kind: type = object, *fields: str):
    """Parse a UTF-8 JSON file. DamagedError if it is none, holds no `kind` (dict, list), or lacks one of `fields`."""
    with reading(path):
        try:
            value = json.loads(Path(path).read_text(encoding="utf-8-sig"))  # some editors begin a file with a mark
        except json.JSONDecodeError as error:
            raise ValueError(f"it is no JSON ({error})") from None
        if not isinstance(value, kind):
            raise ValueError(f"it holds a {type(value).__name__}, expected a {kind.__name__}")
        expect_fields(fields, value)
        return value


def write_jsonl(path: Path, rows: Iterable[dict]) -> None:
    """Publish one JSON object a line."""
    with publishing(path) as part, part.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_jsonl(path: Path, *fields: str) -> list[dict]:
    """Parse a file of one JSON object a line, each with these `fields`. DamagedError names the line that is none."""
    rows = []
    with reading(path), Path(path).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ValueError(f"line {number} is no JSON ({error})") from None
            if not isinstance(row, dict):
                raise ValueError(f"line {number} holds a {type(row).__name__}, expected an object")
            expect_fields(fields, row, f"line {number}")
            rows.append(row)
    return rows


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with Path(path).open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
