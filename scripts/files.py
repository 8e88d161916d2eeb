"""Publishing by rename: nothing half-written ever stands under a final name.

    with publishing(Path("out/model.tflite")) as part:      # a file
        part.write_bytes(data)
    with publishing(Path("out/samples"), directory=True) as part:
        ...fill part...

Only when the block ends without an exception does the work appear under its name; on any error the part is removed,
and what a killed process leaves is called NAME.part and is cleared by the next run.
"""
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


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
    if directory:
        part.mkdir()
    try:
        yield part
    except BaseException:
        remove(part)
        raise
    if directory and target.exists():
        old = target.with_name(target.name + ".old.part")
        remove(old)
        os.rename(target, old)
        os.rename(part, target)
        remove(old)
    else:
        os.replace(part, target)


def write_json(path: Path, value) -> None:
    """Publish `value` as indented UTF-8 JSON with sorted keys left as given."""
    with publishing(path) as part:
        part.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path):
    """Parse a UTF-8 JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_jsonl(path: Path, rows: Iterable[dict]) -> None:
    """Publish one JSON object a line."""
    with publishing(path) as part, part.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_jsonl(path: Path) -> list[dict]:
    """Parse a file of one JSON object a line."""
    with Path(path).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with Path(path).open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
