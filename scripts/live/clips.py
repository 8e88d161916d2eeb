"""The clips that a user keeps while trying a model: 16 kHz WAVs below DATA_DIR/recordings/SLUG, on this machine only.

    path = keep_clip(Path("data/recordings/hey_buster"), "positive", sound)
    discard_clip(Path("data/recordings/hey_buster"), "positive", path.name)

`positive` holds recordings of the word, `negative` false accepts.
"""

import re
from pathlib import Path

import numpy as np

from scripts.recordings import storage

KINDS = (storage.POSITIVE, storage.NEGATIVE)
NAME = re.compile(r"\d{8}-\d{6}-\d{6}\.wav")


def keep_clip(recordings: Path, kind: str, sound: np.ndarray) -> Path:
    """Write (samples,) float32 at 16 kHz as a new clip. ValueError for an unknown kind or an empty clip."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind of clip: expected one of {', '.join(KINDS)}.")
    return storage.keep(recordings, kind, sound)


def discard_clip(recordings: Path, kind: str, name: str) -> None:
    """Delete a clip that was kept. ValueError if the name is not one that keep_clip() gives."""
    if kind not in KINDS or not NAME.fullmatch(name):
        raise ValueError(f"{kind}/{name} is not a clip that was kept here.")
    (recordings / kind / name).unlink(missing_ok=True)
