"""eSpeak NG as a voice: a formant synthesiser with many odd speakers, in every language."""

import numpy as np

from scripts.samples.espeak import PITCH, RANGE, RATE, list_variants, synthesize
from scripts.samples.languages import LANGUAGES
from scripts.samples.pronunciations import to_mnemonics
from scripts.samples.voices.base import Script, draw_slowness, select_split

READING, SLOWEST = 170, 80  # words a minute


class Espeak:
    name, clips_per_rendering = "espeak", 1

    def __init__(self, language: str, evaluates: bool = False):
        """`evaluates`: some of its speakers are in validation and testing, for lack of better ones."""
        self.accents, self.evaluates = LANGUAGES[language].accents, evaluates

    def speakers(self, split: str) -> list[str]:
        """For training only, if other voices have speakers for the other splits: recall on a formant synthesiser says
        little about recall on people."""
        if not self.evaluates:
            return list_variants() if split == "training" else []
        return select_split(list_variants(), split)

    def draw_speaker(self, split: str, rng: np.random.Generator) -> str:
        """'accent+variant'."""
        return f"{rng.choice(self.accents)}+{rng.choice(self.speakers(split))}"

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Render at a drawn rate, pitch and pitch range. Returns (samples,) float32 at 22,050 Hz."""
        parameters = {RATE: max(SLOWEST, int(READING / draw_slowness(script, rng)))}
        parameters |= {
            parameter: int(rng.integers(low, high)) for parameter, low, high in ((PITCH, 20, 80), (RANGE, 20, 90))
        }
        text = to_mnemonics(script.pronunciation) if script.pronunciation else script.text
        sound, rate_hz = synthesize(text, speaker, parameters, int(rng.integers(2**31)))
        if not len(sound):
            raise ValueError(f"eSpeak NG says nothing for {script.text!r}")
        return sound, rate_hz
