"""One place that notices a damaged file on disk, and says in a sentence what is wrong with it and how to get out of it.

with reading(path):
    value = json.loads(path.read_text(encoding="utf-8"))["micro"]

data/work/hey_buster/samples/index.jsonl is damaged: line 7 is no JSON (Expecting value).
Delete data/work/hey_buster/samples.stamp and type the same line again: it is made anew.
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

EXPORTED = ("model.tflite", "device.json")  # in model/, and made by the stage after the one that made model/
PUBLISHED = re.compile(r"\d{8}-\d{6}-(?P<slug>.+)-\d+-\d+(-\d+)?")
# What readers (json, numpy, wave, TFLM and others) raise over bytes that are not what they expect.
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
    """Text with replacement characters for bytes that are no UTF-8 (print() refuses these)."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class DamagedError(SystemExit):
    """A file cannot be used: which, what is wrong with it, and the way out. Uncaught, it ends a command."""

    def __init__(self, path: Path, what: str, way: str = "") -> None:
        self.path, self.what = path, what
        super().__init__(printable(f"{path} {what.rstrip('.')}. {way or describe_remedy(path)}"))

    def __reduce__(self):
        return _again, (self.path, self.what, self.code)  # it may come from another process


def _again(path: Path, what: str, sentence: str) -> DamagedError:
    error = DamagedError(path, what)
    error.args, error.code = (sentence,), sentence
    return error


@contextmanager
def reading(path: Path, way: str = "") -> Iterator[None]:
    """Whatever a reader of the file `path` raises in this block becomes a DamagedError about it."""

    try:
        yield
    except FileNotFoundError as error:
        raise DamagedError(
            Path(path),
            "is missing" if error.filename in (None, path, str(path)) else f"is not whole: {error.filename} is missing",
            way,
        ) from error
    except CANNOT_READ as error:
        if is_disk_full(error):
            raise
        if isinstance(error, OSError):
            raise DamagedError(Path(path), f"cannot be read: {error.strerror or error}", way) from error
        raise DamagedError(Path(path), f"is damaged: {_said(error)}", way) from error


def _said(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it holds bytes that are no UTF-8"
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return " ".join(str(error).split()) or f"it ends too early ({type(error).__name__})"


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that nothing more can be written."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def expect_fields(fields: Iterable[str], value, where: str = "it") -> None:
    """ValueError if `value`, a mapping or sequence of names, lacks one of `fields`."""
    if missing := [name for name in fields if name not in value]:
        raise ValueError(f"{where} has no {' and no '.join(missing)}")


def describe_remedy(path: Path) -> str:
    """What to delete so that make makes this file anew, where make has made it."""
    path = Path(path)
    if path.name in EXPORTED and (stamp := path.parent.with_name("export.stamp")).exists():
        return _delete(stamp)
    for place in (path, *path.parents):
        if not place.name:
            continue
        if (stamp := place.with_name(f"{place.name}.stamp")).exists():
            return _delete(stamp)
        if found := PUBLISHED.fullmatch(Path(os.path.realpath(place)).name):
            stamp = place.parents[1] / "work" / found["slug"] / "published.stamp"
            return (
                f"Delete {stamp} and type make train for this word: it is published again, from the work there is."
                if stamp.exists()
                else "Type make train for this word: a new model is published beside this one, which you may delete."
            )
    return "If you have changed it by hand, put it right; else delete it, and type the same line again."


def _delete(stamp: Path) -> str:
    return f"Delete {stamp} and type the same line again: it is made anew."
