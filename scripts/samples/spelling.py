"""Normalise the spelling of a phrase, so that every voice reads the same words.

    >>> normalise("R&D — agent 007", "en").text
    'R and D agent zero zero seven'

Voices differ in capitals, numbers, abbreviations and signs: some spell out what others read as a word, some skip what
others name. So the text is normalised once, before any voice gets it. Other readings are reported, and a person chooses
one by spelling it. What all voices read alike (words, punctuation, hyphens and apostrophes within words) stays as typed.
"""

import os
import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from scripts.samples import numbers
from scripts.samples.languages import LANGUAGES
from scripts.samples.numbers import Note
from scripts.samples.signs import spell_letters, spell_out_abbreviations, spell_out_signs

SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]")
LATIN_END = "\u017f"  # voices name the letters beyond it (Vietnamese, phonetic) and do not read them
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
APOSTROPHES, DASHES = "’‘ʼ‛´`＇", "‐‑‒–—―−"
NAMED = "=×÷±#°§⁄ºª№"
KEPT = set(".,!?;:'-¿¡ ")
ROMAN = {
    "II": 2,
    "III": 3,
    "IV": 4,
    "VI": 6,
    "VII": 7,
    "VIII": 8,
    "IX": 9,
    "XI": 11,
    "XII": 12,
    "XIII": 13,
    "XIV": 14,
    "XV": 15,
}
# Abbreviations that all English voices spell out already.
INITIALS = frozenset(["DJ", "FBI", "GPS", "OK", "PC", "TV", "UK", "USA", "USB"])
CAPITALS = re.compile(r"(?<![^\W\d_])[^\W\d_a-zß-öø-ÿ]{2,}(?![^\W\d_])")


@dataclass
class Reading:
    """How something in the phrase is read: as `written`, as `spoken`, and the whole phrases to type for the `others`."""

    written: str
    spoken: str
    others: list[str]


@dataclass
class Spelling:
    """A phrase as all voices get it (`text`), its other readings, remarks, and reasons to refuse it."""

    phrase: str
    text: str
    readings: list[Reading] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def _refuse_letters(phrase: str, language: str) -> list[str]:
    """A sentence that names the letters of `phrase` that no voice of the language reads, or an empty list."""
    letters = {c: unicodedata.name(c, f"U+{ord(c):04X}") for c in _compatible(phrase) if c.isalpha()}
    unread = {
        c: name.lower()
        for c, name in letters.items()
        if not name.startswith(("LATIN", "FEMININE", "MASCULINE", "MODIFIER"))
        or name.startswith("LATIN")
        and c > LATIN_END
        and c not in "ȘșȚț"
    }
    if not unread:
        return []
    listed = ", ".join(f"{c} ({name})" for c, name in list(unread.items())[:6]) + (
        f" and {len(unread) - 6} more" if len(unread) > 6 else ""
    )
    return [
        f"no voice of LANGUAGE={language} ({LANGUAGES[language].name}) reads {listed}: "
        "write the phrase in Latin letters, as it sounds"
    ]


def _compatible(phrase: str) -> str:
    """Each letter as one character, full-width letters and ligatures as plain ones (º and ª stay)."""
    composed = unicodedata.normalize("NFC", phrase)
    return "".join(
        c if c in "ºª´" or unicodedata.category(c) in ("So", "No") else unicodedata.normalize("NFKC", c)
        for c in composed
    )


def normalise(
    phrase: str,
    language: str,
    is_spelled_out: Callable[[str], bool] = lambda word: False,
    spell_out_numbers: Callable[[str, str, Note], str] = numbers.spell_out_numbers,
) -> Spelling:
    """The one text for all voices. `is_spelled_out(WORD)` says whether people read a word letter by letter."""
    text = SPACES.sub(" ", INVISIBLE.sub("", _compatible(phrase).replace("…", "..."))).strip()
    spelling = Spelling(phrase, text, refusals=_refuse_letters(phrase, language))
    if spelling.refusals:
        return spelling
    skipped: list[str] = []
    noted: list[tuple[str, list[str]]] = []
    note = lambda written, readings: noted.append((written, readings))
    text = _normalise_punctuation(text, skipped)
    text = spell_out_abbreviations(text, language[:2], note)
    if fraction := re.search(r"\d+\s*/\s*\d+", text):
        spelling.refusals.append(f"{fraction[0]!r} is a fraction, a date or two numbers: write it in words")
        return spelling
    text = spell_out_signs(text, language[:2])
    if re.search(r"\d", text):
        text = _separate_letters(text, language.startswith("en"), is_spelled_out, note)
        text = spell_out_numbers(text, language, note)
    if language.startswith("en"):
        text = _spell_out_capitals(text, is_spelled_out, note)
    text = _skip_decoration(text, skipped, spelling.refusals)
    if text != spelling.text:
        text = re.sub(r" +(?=[.,!?;:])", "", re.sub(r"\s+", " ", text)).strip()
    spelling.text = text
    if skipped:
        spelling.remarks.append(f"left out, since not every voice says it: {' '.join(dict.fromkeys(skipped))}")
    if not any(character.isalpha() for character in text) and not spelling.refusals:
        spelling.refusals.append(f"no voice says anything for {phrase!r}: write the words")
    for written, (taken, *others) in noted:
        others = [
            re.sub(rf"(?<!\w){re.escape(taken)}(?!\w)", lambda _: other, text, count=1)
            for other in dict.fromkeys(others)
        ]
        spelling.readings.append(Reading(written, taken, [other for other in others if other != text]))
    return spelling


def _normalise_punctuation(text: str, skipped: list[str]) -> str:
    """One kind of apostrophe and dash, no quotation marks, no dashes between words."""

    def skip(characters: str, replacement: str) -> str:
        skipped.append(characters)
        return replacement

    text = re.sub(rf"(?<=\w)[{APOSTROPHES}](?=\w)", "'", text)
    if quoted := re.fullmatch(r"(['\"])(.*)\1", text):
        text = skip(quoted[1] * 2, quoted[2])
    text = re.sub(r"(?<!\w)'([^']{2,})'(?!\w)", lambda m: skip("' '", m[1]), text)
    text = re.sub(rf"(?<=\w)[{DASHES}](?=[^\W\d])", lambda m: "-" if m[0] in "‐‑" else f" {m[0]} ", text)
    alone = rf"(?<!\S)[{DASHES}-]+(?!\S)|(?<!\S)-(?=[^\W\d])|--+|[—―–](?!\d)"
    return re.sub(alone, lambda m: skip(m[0], " "), text)


def _separate_letters(text: str, english: bool, is_spelled_out: Callable[[str], bool], note: Note) -> str:
    """R2D2, C3PO, T-800, v2: letters beside a digit one by one, unless they are a word."""

    def separate(match: re.Match) -> str:
        run = match[0]
        if len(run) == 1:
            return f" {run} "
        if english and run.isupper() and (len(run) < 3 or is_spelled_out(run) or not re.search(r"[AEIOUY]", run)):
            note(run, [spell_letters(run), run.lower()])
            return f" {spell_letters(run)} "
        return f" {run} "

    text = re.sub(
        r"(?<=\d)-(?=\w)|(?<=\w)-(?=\d)", " ", text
    )  # R2-D2, 3-2-1: some voices read this dash, people do not
    ordinals = "|".join(f"(?:{suffix})" for suffix in set(numbers.ORDINALS.values()))
    token = re.compile(r"\S*\d\S*")
    separate_token = lambda match: (
        match[0] if re.fullmatch(rf"\d+(?:{ordinals})[.,!?;:]*", match[0]) else re.sub(r"[^\W\d_]+", separate, match[0])
    )
    return token.sub(separate_token, text)


def _spell_out_capitals(text: str, is_spelled_out: Callable[[str], bool], note: Note) -> str:
    """English words in capitals, on which voices differ: as letters if people spell them out, else in small letters."""
    words = re.findall(r"[^\W\d_]{2,}", text)
    shouted = len(words) > 1 and all(word.isupper() for word in words)

    def replace(match: re.Match) -> str:
        word = match[0]
        if not word.isupper() or word in INITIALS:
            return word
        if word in ROMAN:
            number = numbers.list_readings(str(ROMAN[word]), "en")[0]
            note(word, [number])
            return number
        letters = spell_letters(word)
        if is_spelled_out(word) and not (shouted and not is_spelled_out(word.lower())):
            note(word, [letters, word.lower()])
            return letters
        note(word, [word.lower(), letters])
        return word.lower()

    return CAPITALS.sub(replace, text)


def _skip_decoration(text: str, skipped: list[str], refusals: list[str]) -> str:
    """Leave out decoration; refuse characters that mean something and that only some voices read."""
    kept = []
    for c in text:
        kind = unicodedata.category(c)
        if kind in ("Sc", "No") or c in NAMED:
            refusals.append(
                f"{c} ({unicodedata.name(c, '?').lower()}) is read by some voices and skipped by others: "
                "write the word for it"
            )
        elif c.isalpha() or c.isdigit() or c in KEPT:
            kept.append(c)
        else:
            skipped.append(c)
            kept.append(" ")
    text = "".join(kept)
    if (inner := re.search(r"\w+(?:\.\w+)+", text)) and not re.search(r"\.\.", inner[0]):
        refusals.append(
            f'the dot within {inner[0]!r} is read by some voices and not by others: write "dot", or a blank'
        )
    return text


def main(argv=None) -> None:
    """Print why WORD is refused, if it is: with any Python 3, before any package is installed."""
    word, language = os.environ.get("WORD", ""), (sys.argv[1:] if argv is None else argv)[0]
    without_package = lambda text, *_: numbers.NUMBER.sub(" number ", text)
    print("; ".join(normalise(word, language, spell_out_numbers=without_package).refusals))


if __name__ == "__main__":
    main()
