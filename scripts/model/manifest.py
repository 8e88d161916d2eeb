"""The manifest that ESPHome reads beside a model: schema version 2, which refuses any key it does not know.

    manifest = build(make_title("hey buster."), "hey_buster.tflite", cutoff=0.87, window=5, arena_bytes=40_000)
    write(Path("hey_buster.json"), manifest)

The schema is MANIFEST_SCHEMA_V2 in esphome/components/micro_wake_word/__init__.py. It has no room for figures and
provenance, which go into files beside it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scripts.core.damaged import DamagedError, describe_remedy
from scripts.core.files import read_json, write_json

MINIMUM_ESPHOME_VERSION = "2024.7.0"  # the first that reads version 2
FEATURE_STEP_MS = 10
AUTHOR = "wakemake"
REQUIRED = {"type", "wake_word", "author", "model", "trained_languages", "version", "micro"}
OPTIONAL = {"website"}
MICRO = {
    "feature_step_size",
    "tensor_arena_size",
    "probability_cutoff",
    "sliding_window_size",
    "minimum_esphome_version",
}


def make_title(word: str) -> str:
    """The words of a phrase capitalised, its punctuation removed.

    >>> make_title("hey buster."), make_title("view-glass")
    ('Hey Buster', 'View Glass')
    """
    spaced = re.sub(r"[-_/]+", " ", word)
    plain = "".join(letter for letter in spaced if not unicodedata.category(letter).startswith(("P", "S", "C")))
    return " ".join(part[:1].upper() + part[1:] for part in plain.split())


def build(
    wake_word: str,
    model: str,
    cutoff: float,
    window: int,
    arena_bytes: int,
    languages: Sequence[str] = ("en",),
    website: str = "",
) -> dict:
    """A manifest; ValueError names every value that is wrong.

    `wake_word` is the title people see, `model` the name of the file beside the manifest, `cutoff` a probability between
    0 and 1, `window` a number of inferences.
    """
    manifest = {
        "type": "micro",
        "wake_word": wake_word,
        "author": AUTHOR,
        **({"website": website} if website else {}),
        "model": model,
        "trained_languages": list(languages),
        "version": 2,
        "micro": {
            "probability_cutoff": cutoff,
            "feature_step_size": FEATURE_STEP_MS,
            "sliding_window_size": window,
            "tensor_arena_size": arena_bytes,
            "minimum_esphome_version": MINIMUM_ESPHOME_VERSION,
        },
    }
    if wrong := find_problems(manifest):
        raise ValueError("The manifest would be refused: " + " ".join(wrong))
    return manifest


def find_problems(manifest: dict) -> list[str]:
    """A sentence for everything that ESPHome would refuse, or with which no wake word is ever or always detected; [] if
    nothing is wrong."""
    wrong: list[str] = []

    def expect(holds: bool, sentence: str) -> None:
        if not holds:
            wrong.append(sentence)

    micro: dict[str, Any] = manifest["micro"] if isinstance(manifest.get("micro"), dict) else {}
    for name, part, required, optional in (("manifest", manifest, REQUIRED, OPTIONAL), ("micro", micro, MICRO, set())):
        expect(not (missing := sorted(required - set(part))), f"The {name} lacks {', '.join(missing)}.")
        expect(
            not (unknown := sorted(set(part) - required - optional)),
            f"The {name} has keys the schema does not know: {', '.join(unknown)}.",
        )
    if wrong:
        return wrong

    expect(manifest["type"] == "micro", f"type is {manifest['type']!r}; expected 'micro'.")
    expect(manifest["version"] == 2, f"version is {manifest['version']!r}; expected 2.")
    for key in ("wake_word", "author"):
        expect(
            isinstance(manifest[key], str) and bool(manifest[key].strip()),
            f"{key} is {manifest[key]!r}; expected some text.",
        )
    model = manifest["model"]
    expect(
        isinstance(model, str) and model == Path(model).name and model.endswith(".tflite"),
        f"model is {model!r}; expected the name of a .tflite file in the same folder.",
    )
    languages = manifest["trained_languages"]
    expect(
        isinstance(languages, list) and bool(languages) and all(isinstance(code, str) and code for code in languages),
        f"trained_languages is {languages!r}; expected a list such as ['en'].",
    )
    if "website" in manifest:
        address = urlsplit(manifest["website"])
        expect(
            address.scheme in ("http", "https") and bool(address.netloc),
            f"website is {manifest['website']!r}; expected an address that starts with http:// or https://.",
        )

    return wrong + _find_micro_problems(micro)


def _find_micro_problems(micro: dict) -> list[str]:
    wrong = find_rule_problems(micro)
    arena, step, version = (micro[key] for key in ("tensor_arena_size", "feature_step_size", "minimum_esphome_version"))
    if not (_is_whole(arena) and arena > 0):
        wrong.append(f"tensor_arena_size is {arena!r}; expected a whole number of bytes.")
    if step != FEATURE_STEP_MS:
        wrong.append(f"feature_step_size is {step!r}; these models take a frame every {FEATURE_STEP_MS} ms.")
    if not (isinstance(version, str) and re.fullmatch(r"20\d\d\.\d{1,2}\.\d+", version)):
        wrong.append(f"minimum_esphome_version is {version!r}; expected one such as {MINIMUM_ESPHOME_VERSION}.")
    return wrong


def find_rule_problems(micro: dict[str, Any]) -> list[str]:
    """A sentence for a cutoff and for a window with which no device can detect anything."""
    cutoff: Any = micro.get("probability_cutoff")
    window: Any = micro.get("sliding_window_size")
    wrong = []
    if not (_is_number(cutoff) and 1 / 255 <= cutoff < 1):
        wrong.append(
            f"probability_cutoff is {cutoff!r}; expected a number such as 0.97, at least 1/255, or the device never "
            f"counts down to listening, and under 1{_suggest_number(cutoff)}."
        )
    if not (_is_whole(window) and 1 <= window <= 255):
        wrong.append(
            f"sliding_window_size is {window!r}; expected a whole number such as 5, at least 1 and at most 255"
            f"{_suggest_number(window)}."
        )
    return wrong


def _suggest_number(value) -> str:
    # What somebody who wrote a number as text, or with a comma, probably meant.
    match = re.fullmatch(r"\s*(\d*)[.,]?(\d*)\s*", value) if isinstance(value, str) else None
    return f" (without quotes: {'.'.join(filter(None, match.groups()))})" if match and any(match.groups()) else ""


@dataclass(frozen=True)
class Manifest:
    """The part of a manifest that detection needs; the manifest may have any schema that has these."""

    title: str
    model: Path
    cutoff: float
    window: int

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read a manifest, which people edit. DamagedError names file, field, value, what is expected and what to do."""
        facts = read_json(path, dict)
        micro = facts.get("micro")
        wrong = (
            find_rule_problems(micro)
            if isinstance(micro, dict)
            else [f"micro is {micro!r}; expected an object with probability_cutoff and sliding_window_size."]
        )
        title, model = facts.get("wake_word"), facts.get("model")
        if not isinstance(title, str):
            wrong.append(f"wake_word is {title!r}; expected some text.")
        if not (isinstance(model, str) and model and model == Path(model).name):
            wrong.append(f"model is {model!r}; expected the name of a .tflite file in the same folder.")
        elif not (Path(path).parent / model).is_file():
            wrong.append(f"model is {model!r}, and there is no such file beside it.")
        if wrong:
            raise DamagedError(
                path, f"cannot be used: {' '.join(wrong)}", f"Put that right in the file, or: {describe_remedy(path)}"
            )
        return cls(title, Path(path).parent / model, micro["probability_cutoff"], micro["sliding_window_size"])


def write(path: Path, manifest: dict) -> None:
    """Publish a manifest as JSON; ValueError if ESPHome would refuse it."""
    if wrong := find_problems(manifest):
        raise ValueError(f"{path} is not written: " + " ".join(wrong))
    write_json(path, manifest)


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
