"""The control: the newest published model of a word that was trained without the user's recordings.

    control = find_control(Path("data/output"), "hey_buster", "hey buster.")
    control.highest_cutoffs([spectrogram])      # up to which cutoff it detects each clip

What recordings gain is measured against it, and recordings in which it finds nothing of the word are refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
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

    @cached_property
    def _runner(self) -> StreamingModel:
        return StreamingModel(self.model)

    @property
    def stride(self) -> int:
        return self._runner.stride

    def average_outputs(self, clip: np.ndarray, tail_frames: int = 0) -> np.ndarray:
        """For each inference over a clip (frames, 40) the highest cutoff at which the model detects then: (inferences,)."""
        outputs = self._runner.score_clip(clip, tail_frames=tail_frames)
        return np.maximum(0, (window_sums(outputs, self.window) - 1) // self.window) / LEVELS

    def highest_cutoffs(self, clips: Iterable[np.ndarray]) -> np.ndarray:
        """For each clip (frames, 40) the highest cutoff at which this model detects it, anywhere in it; 0 where it does
        at none: (clips,)."""
        return np.array([self.average_outputs(clip, LATE_FRAMES).max(initial=0) for clip in clips], float)


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
