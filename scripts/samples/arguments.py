"""Options of the commands that render speech, WORD and PRONUNCIATION."""

import argparse
import os
from pathlib import Path

from scripts.samples.languages import LANGUAGES


def add_voice_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that all of these commands have."""
    parser.add_argument("--datasets", type=Path, required=True, help="DATA_DIR/datasets")
    parser.add_argument("--voices", default="kokoro:1 piper:1 hibari:1 espeak:1", help="voices and their shares")
    parser.add_argument("--language", default="en", choices=sorted(LANGUAGES), help="language of the phrase")
    parser.add_argument(
        "--strict", action="store_true", help="a voice that cannot speak the language is an error, not left out"
    )
    parser.add_argument("--seed", type=int, default=1)


def add_generate_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the two commands that render many clips."""
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0 for all processors")
    parser.add_argument("--batch", type=int, default=100, help="renderings that a process takes at once, at most")
    parser.add_argument("--out", type=Path, required=True, help="directory to publish")


def word_from_environment() -> str:
    """WORD as typed; what a user types travels by environment, never through a shell."""
    word = os.environ.get("WORD", "").strip()
    if not any(character.isalnum() for character in word):
        raise SystemExit(
            'WORD is empty or has no letters. Set it, as in: WORD="hey buster." python -m scripts.samples.speak_word ...'
        )
    return word


def phrases_from_environment(setting: str) -> list[str]:
    """The phrases of SPELLINGS or NEGATIVE_PHRASES, which are separated by commas, or lines of the file behind @. SystemExit
    if that file cannot be read."""
    written = os.environ.get(setting, "").strip()
    if written.startswith("@"):
        path = Path(written[1:].strip())
        try:
            written = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise SystemExit(
                f"{setting}=@{path}: the file cannot be read ({reason}). It holds one phrase a line."
            ) from None
        phrases = [line.partition("#")[0] for line in written.splitlines()]
    else:
        phrases = written.split(",")
    return list(dict.fromkeys(phrase.strip() for phrase in phrases if any(map(str.isalnum, phrase))))


def pronunciation_from_environment() -> str:
    """PRONUNCIATION as typed, empty where the word is said as it is written."""
    return os.environ.get("PRONUNCIATION", "").strip()
