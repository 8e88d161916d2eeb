"""hibari: a small and fast English voice with one speaker, a hundred times faster than real time.

The package lies unpacked in the data directory, as every other input does (dictionary.import_hibari).
"""

from pathlib import Path

import numpy as np

from scripts.samples.dictionary import import_hibari
from scripts.samples.voices.base import Script, draw_slowness

SPEAKER = "heart"


class Hibari:
    name, clips_per_rendering = "hibari", 1

    def __init__(self, directory: Path, language: str = "en"):
        package = import_hibari(directory)
        self.british = 1.0 if language == "en-gb" else 0.15  # share of British pronunciations
        self.engine = package.Hibari(threads=1)

    def speakers(self, split: str) -> list[str]:
        """For training only: there is one speaker."""
        return [SPEAKER] if split == "training" else []

    def draw_speaker(self, split: str, rng: np.random.Generator) -> str:
        return SPEAKER

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Render at a drawn pace, in an American or a British pronunciation. Returns (samples,) float32 at 24 kHz."""
        accent = "gb" if rng.random() < self.british else "us"
        ids = self.engine.ids(script.pronunciation or script.phonemes[accent])
        sound = self.engine.from_ids(ids, speed=1 / draw_slowness(script, rng), rng=rng)
        return np.asarray(sound, np.float32), self.engine.sample_rate
