"""The manifest ESPHome reads beside a model: schema version 2, which refuses any key it does not know.

    manifest = build(make_title("hey buster."), "hey_buster.tflite", cutoff=0.87, window=5, arena_bytes=40_000)
    write(Path("hey_buster.json"), manifest)

The schema is MANIFEST_SCHEMA_V2 in esphome/components/micro_wake_word/__init__.py. Figures and provenance have no place
in it and go into files beside it.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from scripts.core.damaged import DamagedError, way_out
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
    """The words of a phrase capitalised, its punctuation removed: "hey buster." gives "Hey Buster"."""
    spaced = re.sub(r"[-_/]+", " ", word)
    plain = "".join(letter for letter in spaced if not unicodedata.category(letter).startswith(("P", "S", "C")))
    return " ".join(part[:1].upper() + part[1:] for part in plain.split())


def build(
    wake_word: str,
    model: str,
    cutoff: float,
    window: int,
    arena_bytes: int,
    languages: list[str] = ("en",),
    author: str = AUTHOR,
    website: str = "",
) -> dict:
    """A manifest, or ValueError naming every value that is wrong.

    `wake_word` is the title people see, `model` the file's name beside the manifest, `cutoff` a probability between 0
    and 1, `window` a number of inferences.
    """
    manifest = {
        "type": "micro",
        "wake_word": wake_word,
        "author": author,
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
    """A sentence for everything ESPHome would refuse, or that would make a model deaf or never silent. Empty: all is
    well."""
    wrong = []

    def expect(holds: bool, sentence: str) -> None:
        if not holds:
            wrong.append(sentence)

    micro = manifest.get("micro") if isinstance(manifest.get("micro"), dict) else {}
    for name, have, required, optional in (("manifest", manifest, REQUIRED, OPTIONAL), ("micro", micro, MICRO, set())):
        expect(not (missing := sorted(required - set(have))), f"The {name} lacks {', '.join(missing)}.")
        expect(
            not (unknown := sorted(set(have) - required - optional)),
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

    arena = micro["tensor_arena_size"]
    for sentence in wrong_rule(micro):
        expect(False, sentence)
    expect(_is_whole(arena) and arena > 0, f"tensor_arena_size is {arena!r}; expected a whole number of bytes.")
    step = micro["feature_step_size"]
    expect(step == FEATURE_STEP_MS, f"feature_step_size is {step!r}; these models hear {FEATURE_STEP_MS} ms slices.")
    version = micro["minimum_esphome_version"]
    expect(
        isinstance(version, str) and bool(re.fullmatch(r"20\d\d\.\d{1,2}\.\d+", version)),
        f"minimum_esphome_version is {version!r}; expected one such as {MINIMUM_ESPHOME_VERSION}.",
    )
    return wrong


def wrong_rule(micro: dict) -> list[str]:
    """A sentence for each of cutoff and window with which no device can detect anything."""
    cutoff, window, wrong = micro.get("probability_cutoff"), micro.get("sliding_window_size"), []
    if not (_is_number(cutoff) and 1 / 255 <= cutoff < 1):
        wrong.append(
            f"probability_cutoff is {cutoff!r}; expected a number such as 0.97, at least 1/255, or the device never "
            f"counts down to listening, and under 1{_as_a_number(cutoff)}."
        )
    if not (_is_whole(window) and 1 <= window <= 255):
        wrong.append(
            f"sliding_window_size is {window!r}; expected a whole number such as 5, at least 1 and at most 255"
            f"{_as_a_number(window)}."
        )
    return wrong


def _as_a_number(value) -> str:
    """What somebody who wrote a number as text, or with a comma, probably meant."""
    found = re.fullmatch(r"\s*(\d*)[.,]?(\d*)\s*", value) if isinstance(value, str) else None
    return f" (without quotes: {'.'.join(filter(None, found.groups()))})" if found and any(found.groups()) else ""


@dataclass(frozen=True)
class Manifest:
    """What a manifest says to whoever listens with its model: any schema's, as long as these are there."""

    title: str
    model: Path
    cutoff: float
    window: int

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """From a manifest, which people edit. DamagedError names file, field, what is there and what is expected, and
        what to do."""
        facts = read_json(path, dict)
        micro = facts.get("micro")
        wrong = (
            wrong_rule(micro)
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
                path, f"cannot be used: {' '.join(wrong)}", f"Put that right in the file, or: {way_out(path)}"
            )
        return cls(title, Path(path).parent / model, micro["probability_cutoff"], micro["sliding_window_size"])


def write(path: Path, manifest: dict) -> None:
    """Publish a manifest as JSON, after a last look at it."""
    if wrong := find_problems(manifest):
        raise ValueError(f"{path} is not written: " + " ".join(wrong))
    write_json(path, manifest)


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
