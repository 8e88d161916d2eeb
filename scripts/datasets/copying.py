"""Passing files on from one step of a dataset to the next."""

import os
import shutil
from pathlib import Path

RECORD = "fetched.json"  # per package: file, source, sha256, bytes, pinned


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """Give a file a second name, or copy it where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def copy_record(source: Path, target: Path) -> None:
    """Copy fetched.json from one directory to another: it must outlive archives and raw files that are deleted."""
    if (source / RECORD).exists():
        shutil.copyfile(source / RECORD, target / RECORD)
