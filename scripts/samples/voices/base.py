"""What all voices have in common: their interface, the text they get, their pace, the speakers of a split."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

SPLITS = ("training", "validation", "testing")
LONGEST_CALLED = 22  # sounds; a longer text is read like a sentence
READ, CALLED = (0.8, 1.25), (0.9, 2.1)  # ranges of slowness
SOUND_S, LONGEST_CALL_S = 0.08, 1.7  # a sound as voices read it; nothing is stretched beyond this duration


@dataclass(frozen=True)
class Script:
    """What to say: a text and its pronunciations in misaki's alphabet by accent (us and gb, or the language's code)."""

    text: str
    phonemes: dict[str, str]
    pronunciation: str = ""  # in misaki's alphabet: rendered in place of `phonemes`

    @property
    def length(self) -> int:
        """About how many sounds it has, at least 1."""
        spoken = self.phonemes.get("us") or self.text
        return max(1, sum(character.isalpha() for character in spoken))


class Voice(Protocol):
    """A text-to-speech system."""

    name: str
    clips_per_rendering: int  # slow voices render less and have each rendering perturbed more often

    def speakers(self, split: str) -> list[str]:
        """Names of its speakers of a split. No speaker is in two splits; empty if there are too few of them."""

    def draw_speaker(self, split: str, rng: np.random.Generator) -> str:
        """One of the speakers of a split, or a mixture of them."""

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Render a script: (samples,) float32 and the sample rate in Hz. Every random number comes from `rng`.

        Raises ValueError if the voice cannot say it.
        """


def draw_slowness(script: Script, rng: np.random.Generator) -> float:
    """How many times as long as a voice would read it a script is to take.

    Voices read; people call. Of 800 recordings of two wake words the middle half took 1.2 to 1.6 times as long as these
    voices took to read them. So a text as short as a wake word is stretched, and a sentence is not.
    """
    if script.length > LONGEST_CALLED:
        return rng.uniform(*READ)
    longest = np.clip(LONGEST_CALL_S / (script.length * SOUND_S), 1.15, CALLED[1])
    return float(np.exp(rng.uniform(np.log(CALLED[0]), np.log(longest))))


def select_split(speakers: list[str], split: str) -> list[str]:
    """The speakers of a split: a twelfth each for validation and testing, the others for training."""
    place = {"validation": 5, "testing": 11}
    return [
        speaker
        for i, speaker in enumerate(speakers)
        if (i % 12 == place[split] if split in place else i % 12 not in place.values())
    ]
