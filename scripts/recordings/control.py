"""The control: the newest published model of a word that was trained without the user's recordings.

    control = find_control(Path("data/output"), "hey_buster", "hey buster.")
    control.highest_cutoffs([spectrogram])      # up to which cutoff it detects each clip

What recordings gain is measured against it, and recordings in which it finds nothing of the word are refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.core.detection import LEVELS, window_sums
from scripts.core.files import read_json
from scripts.evaluation.inference import StreamingModel
from scripts.evaluation.operating_point import LATE_FRAMES
from scripts.model.manifest import Manifest


@dataclass(frozen=True)
class Control:
    """A published model, and the figures that were published with it."""

    directory: Path
    model: Path
    cutoff: float
    window: int
    metrics: dict

    def highest_cutoffs(self, clips: Iterable[np.ndarray]) -> np.ndarray:
        """For each clip (frames, 40) the highest cutoff at which this model detects it; 0 where it does at none."""
        return highest_cutoffs(self.model, self.window, clips)


def highest_cutoffs(model: Path, window: int, clips: Iterable[np.ndarray]) -> np.ndarray:
    """For each clip (frames, 40) the highest cutoff at which a streaming model detects it, anywhere in it: (clips,)."""
    runner = StreamingModel(model)
    levels = [
        int(window_sums(runner.score_clip(clip, tail_frames=LATE_FRAMES), window).max(initial=0) - 1) // window
        for clip in clips
    ]
    return np.maximum(0, np.array(levels, float)) / LEVELS


def find_control(output: Path, slug: str, word: str) -> Control:
    """The newest publication of a word without MY_RECORDINGS. SystemExit with the line to type if there is none."""
    for build in sorted(output.glob(f"*-{slug}-*/build.json"), reverse=True):
        facts = read_json(build, dict)
        if facts.get("slug", slug) == slug and facts.get("options", {}).get("MY_RECORDINGS", "off") != "on":
            manifest = Manifest.read(build.parent / f"{slug}.json")
            metrics = read_json(build.parent / "metrics.json", dict)
            return Control(build.parent, manifest.model, manifest.cutoff, manifest.window, metrics)
    raise SystemExit(
        "MY_RECORDINGS=on needs a model that was trained without your recordings, to measure what they gain, and there "
        f'is none yet. Type first: make train WORD="{word}"'
    )
