"""Text-to-speech voices by name. Each renders a Script with one of its speakers, repeatably (base.py: Voice).

voices = open_voices(["kokoro", "espeak"], Path("data/datasets"), language="en")
sound, rate_hz = voices["espeak"].speak(script, speaker, rng)
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from scripts.samples.voices.base import SPLITS, Script, Voice
from scripts.samples.voices.espeak import Espeak
from scripts.samples.voices.flite import Flite
from scripts.samples.voices.hibari import Hibari
from scripts.samples.voices.kokoro import Kokoro
from scripts.samples.voices.libritts import Libritts
from scripts.samples.voices.piper import Piper

__all__ = ["BATCHED", "SPLITS", "VOICES", "Script", "Voice", "open_voices"]

VOICES: dict[str, Callable[[Path, str], Voice]] = {  # name -> voice of (DATA_DIR/datasets, language)
    "kokoro": lambda datasets, language: Kokoro(datasets / "voice_kokoro/voice", language),
    "piper": lambda datasets, language: Piper(datasets / "voice_joe/voice"),
    "hibari": lambda datasets, language: Hibari(datasets / "voice_hibari/voice", language),
    "espeak": lambda datasets, language: Espeak(language),
    "flite": lambda datasets, language: Flite(datasets / "voice_flite/voice"),
    "libritts": lambda datasets, language: Libritts(datasets / "voice_libritts/voice"),
}
BATCHED = ("libritts",)  # voices that render many scripts in one pass: speak_many(scripts, speakers, rngs)


def open_voices(names: Iterable[str], datasets: Path, language: str) -> dict[str, Voice]:
    """Load voices: {name: voice}. A name that is not in VOICES is one of Piper's repository.

    eSpeak NG gives speakers to validation and testing only if no other voice of `names` has any for them.
    """
    datasets = Path(datasets)
    voices = {
        name: VOICES[name](datasets, language) if name in VOICES else Piper(datasets / f"voice_{name}/voice", name)
        for name in names
    }
    if isinstance(espeak := voices.get("espeak"), Espeak):
        espeak.evaluates = not any(voice.speakers("testing") for name, voice in voices.items() if name != "espeak")
    return voices
