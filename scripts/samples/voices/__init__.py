"""Who says it. Each voice turns a Script into speech by one of its speakers, repeatably.

    voices = open_voices(["kokoro", "espeak"], Path("data/datasets"), language="en")

A voice has `name`, `takes` (how many differently bent clips one rendering is worth: dear voices are used more often),
`speakers(split)` (names; disjoint between splits, empty where the voice has too few people) and
`speak(script, speaker, rng) -> (sound (samples,) float32, rate_hz)`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.core import system
from scripts.core.damaged import noticed

PIPER_VOICE = re.compile(r"[a-z]{2,3}_[A-Z]{2}-\w+-(x_low|low|medium|high)")
SPLITS = ("training", "validation", "testing")
SHORT = 22  # sounds; what has more is read as a sentence
READ, CALLED = (0.8, 1.25), (0.9, 2.1)
SOUND_S, LONGEST_CALL_S = 0.08, 1.7  # as voices read; and no call is drawn out beyond this


@dataclass(frozen=True)
class Script:
    """What to say: the text as typed, and its pronunciations in misaki's alphabet by accent: us and gb, or the
    language's code."""

    text: str
    phonemes: dict[str, str]

    @property
    def length(self) -> int:
        """About how many sounds it has."""
        spoken = self.phonemes.get("us") or self.text
        return max(1, sum(character.isalpha() for character in spoken))


def slowness(script: Script, rng: np.random.Generator) -> float:
    """How many times as long as a voice would read it this is said.

    Voices read; people call. Of 800 recordings of two wake words the middle half took 1.2 to 1.6 times as long as these
    voices took to read the same two, so what is as short as a wake word is drawn out, and a sentence is not.
    """
    if script.length > SHORT:
        return rng.uniform(*READ)
    return float(
        np.exp(
            rng.uniform(np.log(CALLED[0]), np.log(np.clip(LONGEST_CALL_S / (script.length * SOUND_S), 1.15, CALLED[1])))
        )
    )


def held_out(people: list[str], split: str) -> list[str]:
    """The share of a split: a twelfth each for validation and testing, the rest for training."""
    place = {"validation": 5, "testing": 11}
    return [
        one
        for i, one in enumerate(people)
        if (i % 12 == place[split] if split in place else i % 12 not in place.values())
    ]


def parse_shares(shares: str) -> dict[str, float]:
    """'kokoro:40 espeak:10' -> {'kokoro': 40.0, 'espeak': 10.0}; a name alone counts 1. Raises ValueError.

    'piper:de_DE-thorsten-medium:20', a voice of Piper's repository, is known by its own name: {'de_DE-thorsten-medium':
    20.0}.
    """
    parsed = {}
    for item in shares.replace(",", " ").split():
        name, _, weight = item.partition(":")
        if name == "piper" and weight and not re.match(r"[-+.\d]", weight):
            name, _, weight = weight.partition(":")
            if not PIPER_VOICE.fullmatch(name):
                raise ValueError(
                    f"{name!r} is no name of a Piper voice; expected one like piper:de_DE-thorsten-medium:20"
                )
        elif name not in VOICES:
            raise ValueError(
                f"unknown voice {name!r}; known are: {', '.join(VOICES)}, and piper:NAME for a voice of Piper's repository"
            )
        if name in parsed:
            raise ValueError(f"{name} is named twice")
        try:
            parsed[name] = float(weight or 1)
        except ValueError:
            raise ValueError(f"the share of {name} is {weight!r}; expected a number, as in {name}:20") from None
        if parsed[name] < 0:
            raise ValueError(f"the share of {name} is {weight}; expected 0 or more")
    if not sum(parsed.values()):
        raise ValueError(f'no voice has a share; try "{" ".join(name + ":1" for name in VOICES)}"')
    return {name: weight for name, weight in parsed.items() if weight}


def speaks(name: str, language: str) -> bool:
    """Whether a voice can speak a language."""
    from scripts.samples.languages import LANGUAGES

    if PIPER_VOICE.fullmatch(name):
        place = name.partition("-")[0]
        return language in (
            {"en_US": ("en",), "en_GB": ("en", "en-gb"), "no_NO": ("nb",)}.get(place) or (place.partition("_")[0],)
        )
    return {"kokoro": bool(LANGUAGES[language].kokoro), "hibari": language in ("en", "en-gb"), "espeak": True}.get(
        name, language == "en"
    )


def fitting(text: str, language: str, strict: bool) -> dict[str, float]:
    """The shares in `text` of the voices that speak a language. The others are left out, and it is said; `strict`
    refuses them.

    Errors are sentences for the command line.
    """
    from scripts.samples.languages import LANGUAGES

    try:
        shares = parse_shares(text)
    except ValueError as error:
        raise SystemExit(f"VOICES={text!r}: {error}") from None
    mute = [name for name in shares if not speaks(name, language)]
    able = {name: share for name, share in shares.items() if name not in mute} or {"espeak": 1.0}
    if mute:
        who = f"{' and '.join(mute)} cannot speak {LANGUAGES[language].name} (LANGUAGE={language})"
        if strict:
            raise SystemExit(
                f"VOICES={text!r}: {who}. Those that can: {', '.join(name for name in VOICES if speaks(name, language))}, and "
                f"piper:NAME where Piper's repository has a voice for it."
            )
        total = sum(able.values()) / 100
        print(
            f"{who}: of a hundred samples, "
            + ", ".join(f"{name} speaks {share / total:.0f}" for name, share in able.items())
        )
    return able


def strangers(text: str, language: str, shares: dict[str, float]) -> dict[str, float]:
    """The voices in `text` that speak a language and do not speak in training; what the others are left out for is
    said."""
    if not text.strip():
        return {}
    try:
        named = parse_shares(text)
    except ValueError as error:
        raise SystemExit(f"STRANGERS={text!r}: {error}") from None
    for name in list(named):
        if name in shares or not speaks(name, language):
            print(
                f"{name} is no stranger: it {'speaks in training' if name in shares else f'does not speak LANGUAGE={language}'}"
            )
            del named[name]
        elif name == "flite" and system.MACOS:
            print("flite is no stranger here: its library is Linux's. STRANGERS= asks for none")
            del named[name]
    return named


def _kokoro(datasets: Path, language: str):
    from scripts.samples.voices.kokoro import Kokoro

    return Kokoro(datasets / "voice_kokoro/voice", language)


def _piper(datasets: Path, language: str):
    from scripts.samples.voices.piper import Piper

    return Piper(datasets / "voice_joe/voice")


def _hibari(datasets: Path, language: str):
    from scripts.samples.voices.hibari import Hibari

    return Hibari(datasets / "voice_hibari/voice", language)


def _espeak(datasets: Path, language: str):
    from scripts.samples.voices.espeak import Espeak

    return Espeak(language)


def _flite(datasets: Path, language: str):
    from scripts.samples.voices.flite import Flite

    return Flite(datasets / "voice_flite/voice")


def _libritts(datasets: Path, language: str):
    from scripts.samples.voices.libritts import Libritts

    return Libritts(datasets / "voice_libritts/voice")


def _named_piper(name: str, datasets: Path):
    from scripts.samples.voices.piper import Piper

    return Piper(datasets / f"voice_{name}/voice", name)


VOICES = {
    "kokoro": _kokoro,
    "piper": _piper,
    "hibari": _hibari,
    "espeak": _espeak,
    "flite": _flite,
    "libritts": _libritts,
}
BATCHED = ("libritts",)  # voices that speak many requests in one pass: speak_many(scripts, speakers, rngs)


def open_voices(names: Iterable[str], datasets: Path, language: str) -> dict:
    """Load voices: {name: voice}. eSpeak NG's speakers examine only where no other voice has people to spare for it."""
    voices = {
        name: VOICES[name](Path(datasets), language) if name in VOICES else _named_piper(name, Path(datasets))
        for name in names
    }
    if "espeak" in voices:
        voices["espeak"].examines = not any(
            voice.speakers("testing") for name, voice in voices.items() if name != "espeak"
        )
    return voices


def onnx_session(path: Path):
    """An ONNX Runtime session on one thread: as many processes run as there are cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if "vnni" not in system.cpuinfo():
        # Such a processor's sums of uint8 times int8 saturate; this has them made of uint8 alone, slower and exact.
        options.add_session_config_entry("session.x64quantprecision", "1")
    if not path.exists():
        raise SystemExit(f"{path} is missing: the voice is not there yet. Run 'make datasets' first.")
    with noticed(path):
        try:
            return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have nothing but that in common
            raise ValueError(str(error)) from error
