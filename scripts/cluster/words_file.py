"""A file of words: one a line, with settings of its own behind a `|`.

    hey buster.
    hallo computer.   | LANGUAGE=de SAMPLES=8000 TITLE="Hallo Computer"
    view glass        | SEED=1,2,3                # three trainings
    | TRAINING_STEPS=4000                         # for all lines below

In UTF-8, or in UTF-16 as Windows saves it. # begins a comment, at the beginning of a line or behind a blank.

    >>> [(entry.name, entry.settings) for entry in parse("view glass | SEED=1,2", main_seed=1)]
    [('view_glass', {}), ('view_glass-seed-2', {'SEED': '2'})]

Read before there is an environment, so this keeps to the standard library.
"""

import difflib
import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

# What a word may have of its own: nothing that all words share is made again for it. Of SEED, that has a place of its own.
OF_A_WORD = (
    "TITLE",
    "PRONUNCIATION",
    "SPELLINGS",
    "NEGATIVE_PHRASES",
    "LANGUAGE",
    "SAMPLES",
    "NEGATIVE_SAMPLES",
    "TRAINING_STEPS",
    "TEACHERS",
    "INIT",
    "TRAINER",
    "SEED",
)


@dataclass(frozen=True)
class Entry:
    """One training: a word with the settings that its line gives it. SEED is among them where it is not the main one."""

    line: int
    word: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """The word's name in paths, as the Makefile makes it."""
        return make_slug(self.word)

    @property
    def seed(self) -> str:
        """The word's own seed; "" for that of all."""
        return self.settings.get("SEED", "")

    @property
    def name(self) -> str:
        """What tells this training from all others."""
        return f"{self.slug}-seed-{self.seed}" if self.seed else self.slug

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.word} (SEED={self.seed})" if self.seed else self.word


def make_slug(word: str) -> str:
    """The word's directory name, as the Makefile makes it.

    >>> make_slug("Hey, Buster!")
    'hey_buster'
    """
    return re.sub("[^a-z0-9]+", "_", word.lower()).strip("_")


def decode(content: bytes) -> str:
    """The text of a file as editors save it. ValueError names the line that is not UTF-8."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise ValueError("is UTF-16 and cannot be read here: save it as UTF-8") from None
    content = content.replace(b"\0", b"")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"line {number} is not UTF-8: save the file as UTF-8 (or convert it: iconv -f LATIN1 -t UTF-8)"
        ) from None


def parse(text: str, main_seed: int = 1) -> list[Entry]:
    """The trainings of a file, in its order. ValueError names the line that cannot be meant, and what to write."""
    entries: list[Entry] = []
    of_all: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        plain = "" if line.lstrip().startswith("#") else re.split(r"\s#", line)[0]
        word, bar, behind = (part.strip() for part in plain.partition("|"))
        settings = read_settings(behind, number)
        if bar and not word:
            of_all |= settings
        if word:
            entries += list(each_seed(Entry(number, word, of_all | settings), main_seed))
    if not entries:
        raise ValueError("holds no word: write one a line")
    first: dict[str, Entry] = {}
    for entry in entries:
        if entry.slug and (other := first.setdefault(entry.name, entry)) is not entry:
            same = (
                f"line {entry.line} says it twice"
                if other.line == entry.line
                else f"lines {other.line} and {entry.line}"
            )
            raise ValueError(
                f"{same} would be trained in the same place, {entry.name} ({other.title!r} and {entry.title!r}): leave "
                "one out, or give it a SEED of its own"
            )
    return entries


def read_settings(text: str, number: int) -> dict[str, str]:
    """NAME=VALUE NAME="VALUE" of line `number`."""
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"line {number} has a quote that is not closed ({error}): close it") from None
    settings = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if name not in OF_A_WORD:
            near = difflib.get_close_matches(name.upper(), OF_A_WORD, 1)
            meant = f": did you mean {near[0]}?" if near else "."
            raise ValueError(
                f"line {number}: {name} is no setting of a single word{meant} Behind the | may stand {' '.join(OF_A_WORD)}; "
                "give others behind make, for all words"
            )
        if not equals:
            raise ValueError(f"line {number}: {name} has no value: write {name}=...")
        if "$" in value:
            raise ValueError(
                f"line {number}: {name} holds a dollar sign, which make would read as a variable: leave it out"
            )
        settings[name] = value
    return settings


def each_seed(entry: Entry, main_seed: int):
    """The trainings of a line whose SEED names several, separated by commas."""
    for seed in entry.settings.get("SEED", str(main_seed)).split(","):
        others = {name: value for name, value in entry.settings.items() if name != "SEED"}
        same = seed.strip() == str(main_seed)
        yield Entry(entry.line, entry.word, others if same else {**others, "SEED": seed.strip()})


def check_values(entries: list[Entry]) -> None:
    """ValueError with the first value that config.mk does not allow, before anything runs."""
    said: dict[str, str] = {}
    for entry in entries:
        lines = "".join(f"{name}={value}\n" for name, value in entry.settings.items())
        if lines and lines not in said:
            awk = ["awk", "-f", "scripts/make/settings.awk", "-", "config.mk"]
            said[lines] = subprocess.run(awk, input=lines, capture_output=True, text=True, check=True).stdout.strip()
        if said.get(lines):
            raise ValueError(f"line {entry.line}: {said[lines]}")


def read(path: Path, main_seed: int) -> list[Entry]:
    """The trainings of the file. SystemExit with a sentence where it cannot be read or meant."""
    try:
        if path.is_dir():
            raise ValueError("is a directory: name a file with one word a line")
        entries = parse(decode(path.read_bytes()), main_seed)
        check_values(entries)
        return entries
    except OSError:
        raise SystemExit(
            f"WORDS={path} is not there, or not readable: write a file with one word a line, and type: make words "
            "WORDS=my-words.txt"
        ) from None
    except ValueError as error:
        raise SystemExit(f"WORDS={path} {error}") from None
