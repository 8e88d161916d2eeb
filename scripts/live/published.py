"""The newest published model of a word, and the command line options by which it is named.

model = find_published(Path("data"), "hey_buster")
model.cutoff, model.window      # as its manifest has them
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from scripts.model.manifest import Manifest

LEVELS = 255  # ESPHome compares in steps of 1/255
PORT = 8760
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Published:
    """A published model: its files, and what its manifest says."""

    directory: Path
    slug: str
    title: str
    model: Path
    cutoff: float
    window: int


def find_published(data: Path, slug: str, word: str = "...") -> Published:
    """The newest published model of a word. SystemExit with the line to type if there is none."""
    directory = (Path(data) / "output" / slug).resolve()
    manifest = directory / f"{slug}.json"
    if not manifest.is_file():
        raise SystemExit(
            f"Nothing is published for this word yet ({Path(data) / 'output' / slug} has no {slug}.json). "
            f'Type: make train WORD="{word or "..."}"'
        )
    facts = Manifest.read(manifest)
    return Published(directory, slug, facts.title, facts.model, facts.cutoff, facts.window)


def build_parser(description: str) -> argparse.ArgumentParser:
    """A parser with the options that name the model and its cutoff."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--slug", required=True, help="directory name of the word")
    parser.add_argument("--word", default="", help="spelling of the word")
    parser.add_argument("--cutoff", default="", help="cutoff to start with; default: the manifest's")
    return parser


def parse_cutoff(text: str) -> float:
    """A cutoff as people write it. ValueError outside the range that a device takes.

    >>> parse_cutoff("0.95"), parse_cutoff("95%")
    (0.95, 0.95)
    """
    number = text.strip()
    try:
        value = float(number.removesuffix("%")) / (100 if number.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 1 / LEVELS <= value < 1:
        raise ValueError(f"CUTOFF={text} is not a cutoff: write a number between 0.01 and 0.99, such as CUTOFF=0.95")
    return value


def read_cutoff_option(text: str) -> float | None:
    """The value of --cutoff; None if it is empty. SystemExit if it is not a cutoff."""
    try:
        return parse_cutoff(text) if text.strip() else None
    except ValueError as error:
        raise SystemExit(str(error)) from None
