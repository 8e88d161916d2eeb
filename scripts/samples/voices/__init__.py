"""Who says it. Each voice turns a Script into speech by one of its speakers, repeatably.

    voices = open_voices("kokoro:40 espeak:10", Path("data/datasets"), language="en")

A voice has `name`, `takes` (how many differently bent clips one rendering is worth: dear voices are used more often),
`speakers(split)` (names; disjoint between splits, empty where the voice has too few people) and
`speak(script, speaker, rng) -> (sound (samples,) float32, rate_hz)`.
"""
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SPLITS = ("training", "validation", "testing")
SHORT = 22                 # sounds; what has more is read as a sentence
READ, CALLED = (0.8, 1.25), (0.9, 2.1)
SOUND_S, LONGEST_CALL_S = 0.08, 1.7  # as voices read; and no call is drawn out beyond this


@dataclass(frozen=True)
class Script:
    """What to say: the text as typed, and its pronunciations in misaki's alphabet by accent ({} if there are none)."""

    text: str
    phonemes: dict[str, str]

    @property
    def length(self) -> int:
        """About how many sounds it has."""
        spoken = self.phonemes.get("us") or self.text
        return sum(character.isalpha() for character in spoken)


def slowness(script: Script, rng: np.random.Generator) -> float:
    """How many times as long as a voice would read it this is said.

    Voices read; people call. Of 800 recordings of two wake words the middle half took 1.2 to 1.6 times as long as these voices
    took to read the same two, so what is as short as a wake word is drawn out, and a sentence is not.
    """
    if script.length > SHORT:
        return rng.uniform(*READ)
    return float(np.exp(rng.uniform(np.log(CALLED[0]), np.log(np.clip(LONGEST_CALL_S / (script.length * SOUND_S), 1.15, CALLED[1])))))


def parse_shares(shares: str) -> dict[str, float]:
    """'kokoro:40 espeak:10' -> {'kokoro': 40.0, 'espeak': 10.0}; a name alone counts 1. Raises ValueError."""
    parsed = {}
    for item in shares.replace(",", " ").split():
        name, _, weight = item.partition(":")
        if name not in VOICES:
            raise ValueError(f"unknown voice {name!r}; known are: {', '.join(VOICES)}")
        try:
            parsed[name] = float(weight or 1)
        except ValueError:
            raise ValueError(f"the share of {name} is {weight!r}; expected a number, as in {name}:20") from None
        if parsed[name] < 0:
            raise ValueError(f"the share of {name} is {weight}; expected 0 or more")
    if not sum(parsed.values()):
        raise ValueError(f"no voice has a share; try \"{' '.join(name + ':1' for name in VOICES)}\"")
    return {name: weight for name, weight in parsed.items() if weight}


def _kokoro(datasets: Path, language: str):
    from scripts.samples.voices.kokoro import Kokoro
    return Kokoro(datasets / "voice_kokoro/voice")


def _piper(datasets: Path, language: str):
    from scripts.samples.voices.piper import Piper
    return Piper(datasets / "voice_joe/voice")


def _hibari(datasets: Path, language: str):
    from scripts.samples.voices.hibari import Hibari
    return Hibari(datasets / "voice_hibari/voice")


def _espeak(datasets: Path, language: str):
    from scripts.samples.voices.espeak import Espeak
    return Espeak(language)


VOICES = {"kokoro": _kokoro, "piper": _piper, "hibari": _hibari, "espeak": _espeak}


def open_voices(shares: str, datasets: Path, language: str) -> dict:
    """Load the voices named in `shares`: {name: voice}."""
    return {name: VOICES[name](Path(datasets), language) for name in parse_shares(shares)}


def onnx_session(path: Path):
    """An ONNX Runtime session on one thread: as many processes run as there are cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if not path.exists():
        raise SystemExit(f"{path} is missing: the voice is not there yet. Run 'make datasets' first.")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
