"""The clips a user keeps while trying a model: 16 kHz WAVs below DATA_DIR/recordings/SLUG, on this machine alone.

    path = keep(Path("data/recordings/hey_buster"), "positive", sound)     # somebody saying the word
    discard(Path("data/recordings/hey_buster"), "positive", path.name)     # thought better of it

`positive` holds the word, `negative` what woke the model although it was not.
"""

import re
from datetime import datetime
from pathlib import Path

import numpy as np

KINDS = ("positive", "negative")
NAME = re.compile(r"\d{8}-\d{6}-\d{6}\.wav")


def keep(recordings: Path, kind: str, sound: np.ndarray) -> Path:
    """Write (samples,) float32 at 16 kHz as a new clip. ValueError if it is of no kind, or holds nothing."""
    from scripts.core import audio
    from scripts.core.files import publishing

    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of clip: expected one of {', '.join(KINDS)}.")
    if not len(sound):
        raise ValueError("The clip is empty.")
    path = recordings / kind / f"{datetime.now():%Y%m%d-%H%M%S-%f}.wav"
    with publishing(path) as part:
        audio.write(part, sound)
    return path


def discard(recordings: Path, kind: str, name: str) -> None:
    """Delete a clip that was kept. ValueError if that is none of ours."""
    if kind not in KINDS or not NAME.fullmatch(name):
        raise ValueError(f"{kind}/{name} is no clip that was kept here.")
    (recordings / kind / name).unlink(missing_ok=True)
