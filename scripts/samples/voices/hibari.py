"""hibari: a small fast voice ("heart"), a hundred times faster than real time, and the English dictionary (misaki's).

The package lies unpacked in the data directory, as every other input does, and is imported from there.
"""

import sys
from pathlib import Path

import numpy as np

from scripts.samples.voices import Script, slowness


def load(directory: Path):
    """Import the package `hibari` from DATA/datasets/voice_hibari/voice."""
    if not (directory / "hibari/tts.py").exists():
        raise SystemExit(f"{directory}/hibari is missing: the voice is not there yet. Run 'make datasets' first.")
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    import hibari

    return hibari


class Hibari:
    name, takes = "hibari", 1

    def __init__(self, directory: Path, language: str = "en"):
        package = load(directory)
        self.british = 1.0 if language == "en-gb" else 0.15  # share of British pronunciations
        self.engine = package.Hibari(threads=1)

    def speakers(self, split: str) -> list[str]:
        """One person only, so training alone."""
        return ["heart"] if split == "training" else []

    def cast(self, split: str, rng: np.random.Generator) -> str:
        return "heart"

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Say it at a drawn pace, in an American or a British pronunciation. (samples,) float32 at 24 kHz."""
        accent = "gb" if rng.random() < self.british else "us"
        ids = self.engine.ids(script.phonemes[accent])
        sound = self.engine.from_ids(ids, speed=1 / slowness(script, rng), rng=rng)
        return np.asarray(sound, np.float32), self.engine.sample_rate
