"""Damaged files: one sentence that says what is wrong and how to repair it.

with reading(path):
    value = json.loads(path.read_text(encoding="utf-8"))["micro"]

data/work/hey_buster/samples/index.jsonl is damaged: line 7 is not JSON (Expecting value).
Delete data/work/hey_buster/samples.stamp and type the same line again: it is made again.
"""

import errno
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

EXPORTED = ("model.tflite", "device.json")  # in model/, but made by the export stage
PUBLISHED = re.compile(r"\d{8}-\d{6}-(?P<slug>.+)-\d+-\d+(-\d+)?")
# Exceptions that readers (json, numpy, wave, TFLM and others) raise for unexpected bytes.
CANNOT_READ = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
    EOFError,
    OSError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def printable(text: str) -> str:
    """Text with replacement characters for bytes that are not UTF-8; print() would refuse them."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class DamagedError(SystemExit):
    """A file cannot be used: its path, the problem and the remedy. Uncaught, it ends a command with that sentence."""

    def __init__(self, path: Path, problem: str, remedy: str = "") -> None:
        self.path, self.problem = path, problem
        super().__init__(printable(f"{path} {problem.rstrip('.')}. {remedy or describe_remedy(path)}"))

    def __reduce__(self):
        return _restore, (self.path, self.problem, self.code)  # for errors of worker processes


def _restore(path: Path, problem: str, sentence: str) -> DamagedError:
    error = DamagedError(path, problem)
    error.args, error.code = (sentence,), sentence
    return error


@contextmanager
def reading(path: Path, remedy: str = "") -> Iterator[None]:
    """Turn whatever a reader of the file `path` raises in this block into a DamagedError."""

    try:
        yield
    except FileNotFoundError as error:
        raise DamagedError(
            Path(path),
            "is missing" if error.filename in (None, path, str(path)) else f"is not whole: {error.filename} is missing",
            remedy,
        ) from error
    except CANNOT_READ as error:
        if is_disk_full(error):
            raise
        if isinstance(error, OSError):
            raise DamagedError(Path(path), f"cannot be read: {error.strerror or error}", remedy) from error
        raise DamagedError(Path(path), f"is damaged: {_describe(error)}", remedy) from error


def _describe(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return " ".join(str(error).split()) or f"it ends too early ({type(error).__name__})"


def is_disk_full(error: BaseException) -> bool:
    """Whether an error means that nothing more can be written."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def expect_fields(fields: Iterable[str], value, where: str = "it") -> None:
    """ValueError if `value`, a mapping or sequence of names, lacks one of `fields`."""
    if missing := [name for name in fields if name not in value]:
        raise ValueError(f"{where} has no {' and no '.join(missing)}")


def describe_remedy(path: Path) -> str:
    """What to delete so that make makes this file again, if make made it."""
    path = Path(path)
    if path.name in EXPORTED and (stamp := path.parent.with_name("export.stamp")).exists():
        return _delete(stamp)
    for place in (path, *path.parents):
        if not place.name:
            continue
        if (stamp := place.with_name(f"{place.name}.stamp")).exists():
            return _delete(stamp)
        if match := PUBLISHED.fullmatch(Path(os.path.realpath(place)).name):
            stamp = place.parents[1] / "work" / match["slug"] / "published.stamp"
            return (
                f"Delete {stamp} and type make train for this word: the model is published again, without a new training."
                if stamp.exists()
                else "Type make train for this word: a new model is published, and you may delete this one."
            )
    return "If you have edited it, correct it; otherwise delete it and type the same line again."


def _delete(stamp: Path) -> str:
    return f"Delete {stamp} and type the same line again: it is made again."
