"""Copy a user's recordings into DATA_DIR/recordings/SLUG, converted to 16 kHz and checked.

imported = import_all(Path("memos"), Path("data/recordings/hey_buster"), "positive", person="")
imported.people, imported.left_out      # {"anna": 3}, ["anna/two.m4a: silent: ..."]
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.damaged import printable
from scripts.core.decode import UndecodableError, list_files_below, read_all
from scripts.core.frontend import pcm16
from scripts.recordings.storage import KINDS, NOBODY, find_fault, keep, list_recordings, name_folder


@dataclass
class Imported:
    """What was taken, by person, and a phrase for each file that was left out or is damaged."""

    files: int
    people: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    left_out: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def import_all(source: Path, folder: Path, kind: str, person: str = "") -> Imported:
    """Take all recordings of use below a folder, or one file. Without `person`, subfolders are people. ValueError with a
    sentence if there is nothing to read."""
    if kind not in KINDS:
        raise ValueError(f"AS={kind} is not a kind of recording: expected one of {', '.join(KINDS)}.")
    if not source.exists():
        raise ValueError(f"FROM={source}: there is no such file or folder. FROM names recordings, in any format.")
    root = source if source.is_dir() else source.parent
    files = list_files_below(root) if source.is_dir() else [source]
    if not files:
        raise ValueError(f"FROM={source}: there are no files below it.")
    known = {digest(read_all(recording.path)[0]) for recording in list_recordings(folder, kind)}
    imported = Imported(len(files))
    for path in files:
        shown = printable(str(path.relative_to(root)))
        try:
            sound, faults = read_all(path)
        except UndecodableError as error:
            imported.left_out.append(f"{shown}: not decoded: {error}")
            continue
        content = digest(sound)
        if fault := find_fault(sound, kind) or ("it is there already" if content in known else ""):
            imported.left_out.append(f"{shown}: {fault}")
            continue
        known.add(content)
        folders = path.relative_to(root).parts[:-1]
        who = name_folder(person or folders[0]) if person or folders else ""
        keep(folder, kind, sound, who, f"{name_folder(path.stem)}-{content[:8]}")
        imported.people[who or NOBODY] += 1
        imported.seconds += len(sound) / SAMPLE_RATE_HZ
        imported.damaged += [f"{shown}: {fault}" for fault in faults]
    return imported


def digest(sound: np.ndarray) -> str:
    """A checksum of (samples,) as 16-bit numbers, by which a recording is known whatever its file is called."""
    return hashlib.sha256(pcm16(sound).tobytes()).hexdigest()
