"""How a phrase is written, so that every voice reads it alike.

    normalise("R&D — agent 007", "en")            # text: 'R and D agent zero zero seven'

Voices differ in what they make of capitals, numbers, abbreviations and signs: some spell what others say, some pass
over what others name. So the text is settled once, before any voice has it; what is left to choose is said, and
chosen by spelling. What all voices read alike (words, punctuation, hyphens and apostrophes within words) stays as it
was typed.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from scripts.samples import numbers
from scripts.samples.languages import LANGUAGES
from scripts.samples.signs import abbreviations, letter_by_letter, signs

SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]")
LATIN_END = "\u017f"  # what is beyond (Vietnamese, phonetic letters) is named by the voices, not read
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
# Letters that all English voices say as one word, each by its name, so they stay as they are.
INITIALS = frozenset(["DJ", "FBI", "GPS", "OK", "PC", "TV", "UK", "USA", "USB"])
CAPITALS = re.compile(r"(?<![^\W\d_])[^\W\d_a-zß-öø-ÿ]{2,}(?![^\W\d_])")


@dataclass
class Reading:
    """A part of the phrase: as it was `written`, how it is `said`, and the whole phrases to type for `others`."""

    written: str
    said: str
    others: list[str]


@dataclass
class Spelling:
    """A phrase as all voices get it (`text`), what in it has other readings, and what is to be said about it."""

    phrase: str
    text: str
    readings: list[Reading] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def unreadable(phrase: str, language: str) -> list[str]:
    """A sentence that names the letters of `phrase` which no voice of the language reads, if there are any."""
    letters = {c: unicodedata.name(c, f"U+{ord(c):04X}") for c in _compatible(phrase) if c.isalpha()}
    strange = {
        c: of.lower()
        for c, of in letters.items()
        if not of.startswith(("LATIN", "FEMININE", "MASCULINE", "MODIFIER"))
        or of.startswith("LATIN")
        and c > LATIN_END
        and c not in "ȘșȚț"
    }
    if not strange:
        return []
    listed = ", ".join(f"{c} ({of})" for c, of in list(strange.items())[:6]) + (
        f" and {len(strange) - 6} more" if len(strange) > 6 else ""
    )
    return [
        f"no voice of LANGUAGE={language} ({LANGUAGES[language].name}) reads {listed}: "
        "write the phrase in Latin letters, as it sounds"
    ]


def _compatible(phrase: str) -> str:
    """Letters as one character each, full-width and joined ones as plain ones (º and ª stay)."""
    composed = unicodedata.normalize("NFC", phrase)
    return "".join(
        c if c in "ºª´" or unicodedata.category(c) in ("So", "No") else unicodedata.normalize("NFKC", c)
        for c in composed
    )


def normalise(
    phrase: str,
    language: str,
    spelled: Callable[[str], bool] = lambda word: False,
    count: Callable = numbers.written_out,
) -> Spelling:
    """The one text for all voices. `spelled(WORD)` tells whether a word is usually said letter by letter."""
    text = SPACES.sub(" ", INVISIBLE.sub("", _compatible(phrase).replace("…", "..."))).strip()
    done = Spelling(phrase, text, refusals=unreadable(phrase, language))
    if done.refusals:
        return done
    dropped: list[str] = []
    noted: list[tuple[str, list[str]]] = []
    note = lambda written, readings: noted.append((written, readings))
    text = _punctuation(text, dropped)
    text = abbreviations(text, language[:2], note)
    if fraction := re.search(r"\d+\s*/\s*\d+", text):
        done.refusals.append(f"{fraction[0]!r} is a fraction, a date or two numbers: write it in words")
        return done
    text = signs(text, language[:2])
    if re.search(r"\d", text):
        text = count(_letters_beside_digits(text, language.startswith("en"), spelled, note), language, note)
    if language.startswith("en"):
        text = _capitals(text, spelled, note)
    text = _drop(text, dropped, done.refusals)
    if text != done.text:
        text = re.sub(r" +(?=[.,!?;:])", "", re.sub(r"\s+", " ", text)).strip()
    done.text = text
    if dropped:
        done.remarks.append(f"left out, since not every voice says it: {' '.join(dict.fromkeys(dropped))}")
    if not any(character.isalpha() for character in text) and not done.refusals:
        done.refusals.append(f"nothing in {phrase!r} is said by any voice: write the words")
    for written, (taken, *others) in noted:
        others = [
            re.sub(rf"(?<!\w){re.escape(taken)}(?!\w)", lambda _: other, text, count=1)
            for other in dict.fromkeys(others)
        ]
        done.readings.append(Reading(written, taken, [other for other in others if other != text]))
    return done


def _punctuation(text: str, dropped: list[str]) -> str:
    """One apostrophe, one dash, no quotation marks; a dash alone, or two together, between words goes."""
    text = re.sub(rf"(?<=\w)[{APOSTROPHES}](?=\w)", "'", text)
    if quoted := re.fullmatch(r"(['\"])(.*)\1", text):
        dropped.append(quoted[1] * 2)
        text = quoted[2]
    text = re.sub(r"(?<!\w)'([^']{2,})'(?!\w)", lambda m: dropped.append("' '") or m[1], text)
    text = re.sub(rf"(?<=\w)[{DASHES}](?=[^\W\d])", lambda m: "-" if m[0] in "‐‑" else f" {m[0]} ", text)
    alone = rf"(?<!\S)[{DASHES}-]+(?!\S)|(?<!\S)-(?=[^\W\d])|--+|[—―–](?!\d)"
    return re.sub(alone, lambda m: dropped.append(m[0]) or " ", text)


def _letters_beside_digits(text: str, english: bool, spelled, note) -> str:
    """R2D2, C3PO, T-800, v2: the letters beside a digit one by one, unless they are a word."""

    def apart(match: re.Match) -> str:
        run = match[0]
        if len(run) == 1:
            return f" {run} "
        if english and run.isupper() and (len(run) < 3 or spelled(run) or not re.search(r"[AEIOUY]", run)):
            note(run, [letter_by_letter(run), run.lower()])
            return f" {letter_by_letter(run)} "
        return f" {run} "

    text = re.sub(r"(?<=\d)-(?=\w)|(?<=\w)-(?=\d)", " ", text)  # R2-D2, 3-2-1: some voices read this dash, none says it
    ordinals = "|".join(f"(?:{suffix})" for suffix in set(numbers.ORDINALS.values()))
    token = re.compile(r"\S*\d\S*")
    one = lambda match: (
        match[0] if re.fullmatch(rf"\d+(?:{ordinals})[.,!?;:]*", match[0]) else re.sub(r"[^\W\d_]+", apart, match[0])
    )
    return token.sub(one, text)


def _capitals(text: str, spelled, note) -> str:
    """English words in capitals, which some voices spell and others say: small, or as letters where people do."""
    words = re.findall(r"[^\W\d_]{2,}", text)
    shouted = len(words) > 1 and all(word.isupper() for word in words)

    def settle(match: re.Match) -> str:
        word = match[0]
        if not word.isupper() or word in INITIALS:
            return word
        if word in ROMAN:
            said = numbers.spoken(str(ROMAN[word]), "en")[0]
            note(word, [said])
            return said
        letters = letter_by_letter(word)
        if spelled(word) and not (shouted and not spelled(word.lower())):
            note(word, [letters, word.lower()])
            return letters
        note(word, [word.lower(), letters])
        return word.lower()

    return CAPITALS.sub(settle, text)


def _drop(text: str, dropped: list[str], refusals: list[str]) -> str:
    """Leave out what decorates; refuse what means something and is read by some voices only."""
    kept = []
    for c in text:
        kind = unicodedata.category(c)
        if kind in ("Sc", "No") or c in NAMED:
            refusals.append(
                f"{c} ({unicodedata.name(c, '?').lower()}) is read by some voices and passed over by others: "
                "write the word for it"
            )
        elif c.isalpha() or c.isdigit() or c in KEPT:
            kept.append(c)
        else:
            dropped.append(c)
            kept.append(" ")
    text = "".join(kept)
    if (inner := re.search(r"\w+(?:\.\w+)+", text)) and not re.search(r"\.\.", inner[0]):
        refusals.append(
            f'the dot within {inner[0]!r} is said by some voices and not by others: write "dot", or a blank'
        )
    return text


def main(argv=None) -> None:
    """Says what is to be refused in WORD before anything is installed: with any Python 3, and without a package."""
    import os
    import sys

    word, language = os.environ.get("WORD", ""), (sys.argv[1:] if argv is None else argv)[0]
    print("; ".join(normalise(word, language, count=lambda text, *_: numbers.NUMBER.sub(" number ", text)).refusals))


if __name__ == "__main__":
    main()
