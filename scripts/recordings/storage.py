"""The recordings that users make of their word and their home: DATA_DIR/recordings/SLUG/KIND/[PERSON/]FILE.

    path = keep(Path("data/recordings/hey_buster"), "positive", sound, person="anna")
    list_recordings(Path("data/recordings/hey_buster"), "positive")     # files of all people, in any format

`positive` holds the word, one utterance a file, a subfolder for each person; `negative` short false accepts; `home` long
recordings of a home. They stay on this machine: only their owner can read the files, and no published directory has them.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from scripts.core import audio
from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.decode import list_files_below
from scripts.core.files import publishing

POSITIVE, NEGATIVE, HOME = KINDS = ("positive", "negative", "home")
NOBODY = "recordings without a name"  # whoever made files that lie in no subfolder
SILENT_PEAK = 0.003  # of full scale, -50 dBFS
CLIPPED, CLIPPED_SHARE = 0.985, 0.01  # a louder sample is clipped; more of them spoil a recording
SHORTEST_S, LONGEST_S = 0.2, 6.0  # of a clip; a longer one of POSITIVE is not one utterance
HOP = SAMPLE_RATE_HZ // 100
BELOW_PEAK_DB, ABOVE_FLOOR, PAUSE_S = 25.0, 0.4, 0.25  # of find_word: share of the range of levels; between utterances
SESSION_GAP_S = 900.0  # recordings closer together belong to one session
TIME_IN_NAME = re.compile(r"(\d{8})[-_T]?(\d{6})")


@dataclass(frozen=True)
class Recording:
    """A file, who made it, and when (seconds since 1970)."""

    path: Path
    person: str
    time_s: float


def list_recordings(folder: Path, kind: str) -> list[Recording]:
    """The recordings of a kind below DATA_DIR/recordings/SLUG, by path."""
    root = folder / kind
    if not root.is_dir():
        return []
    return [
        Recording(path, path.relative_to(root).parts[0] if path.parent != root else NOBODY, _find_time(path))
        for path in list_files_below(root)
    ]


def _find_time(path: Path) -> float:
    # The time in a name that `keep` or a telephone gave, else that of the file.
    if match := TIME_IN_NAME.search(path.name):
        try:
            return datetime.strptime("".join(match.groups()), "%Y%m%d%H%M%S").timestamp()
        except ValueError:
            pass
    return path.stat().st_mtime


def find_fault(sound: np.ndarray, kind: str) -> str:
    """Why (samples,) float32 at 16 kHz is of no use as a recording of this kind; "" if it is.

    >>> find_fault(np.zeros(16_000, np.float32), "positive")
    'silent: its loudest sample is below -50 dBFS'
    """
    seconds = len(sound) / SAMPLE_RATE_HZ
    if seconds < SHORTEST_S:
        return f"too short: {seconds:.2f} s, expected at least {SHORTEST_S} s"
    loudness = np.abs(sound)
    if loudness.max() < SILENT_PEAK:
        return "silent: its loudest sample is below -50 dBFS"
    if (clipped := float(np.mean(loudness > CLIPPED))) > CLIPPED_SHARE:
        return f"clipped: {clipped:.0%} of its samples are at full scale; record it softer or farther away"
    if kind == POSITIVE:
        start, end = find_word(sound)
        if (spoken_s := (end - start) / SAMPLE_RATE_HZ) > LONGEST_S:
            return f"too long: {spoken_s:.0f} s of sound, expected the word once in at most {LONGEST_S:.0f} s"
    return ""


def find_word(sound: np.ndarray) -> tuple[int, int]:
    """First and one-past-last sample of the loudest utterance in (samples,) at 16 kHz, on a 10 ms grid.

    Recordings have noise, unlike samples, so a level counts as speech by where it lies between that of the noise (the lowest
    tenth) and the loudest 10 ms, and clicks before and after the word do not belong to it: of what PAUSE_S of silence
    separates the part with most energy is taken.
    """
    frames = len(sound) // HOP
    if not frames:
        return 0, len(sound)
    power = (sound[: frames * HOP].reshape(frames, HOP).astype(np.float64) ** 2).mean(axis=1)
    level_db = 10 * np.log10(power + 1e-12)
    floor_db, peak_db = np.percentile(level_db, 10), level_db.max()
    loud = np.flatnonzero(level_db >= max(peak_db - BELOW_PEAK_DB, floor_db + ABOVE_FLOOR * (peak_db - floor_db)))
    runs = np.split(loud, np.flatnonzero(np.diff(loud) > PAUSE_S * SAMPLE_RATE_HZ / HOP) + 1)
    word = max(runs, key=lambda run: float(power[run].sum()))
    return int(word[0]) * HOP, int(word[-1] + 1) * HOP


def keep(folder: Path, kind: str, sound: np.ndarray, person: str = "", name: str = "") -> Path:
    """Write (samples,) float32 at 16 kHz as a new recording that its owner alone can read: a WAV, named by the time
    without a `name`. ValueError for an unknown kind or an empty recording."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind of recording: expected one of {', '.join(KINDS)}.")
    if not len(sound):
        raise ValueError("The recording is empty.")
    directory = folder / kind / name_folder(person) if person else folder / kind
    directory.mkdir(parents=True, exist_ok=True)
    for private in (folder, folder / kind, directory):
        private.chmod(0o700)
    path = directory / f"{name or f'{datetime.now():%Y%m%d-%H%M%S-%f}'}.wav"
    with publishing(path) as part:
        part.touch(mode=0o600)
        audio.write(part, sound)
        part.chmod(0o600)
    return path


def name_folder(person: str) -> str:
    """A person's name as the name of a folder. ValueError if nothing is left of it.

    >>> name_folder(" Anna-Lena/2 ")
    'Anna-Lena 2'
    """
    name = " ".join(re.sub(r"[^\w. -]", " ", person).split()).strip(".")
    if not name:
        raise ValueError(f"{person!r} is no name of a person: use letters or digits.")
    return name
