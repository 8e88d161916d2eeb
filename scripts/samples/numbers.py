"""Numbers as words, in every language a word can be spoken in.

    >>> list_readings("2,5", "de")                   # the reading taken, then the others
    ['zwei Komma fünf', 'zwei fünf']

Voices read numbers differently: one says "seven" for "007" and another "zero zero seven"; "2,5" is twenty-five, two
point five or two five. So numbers are written out first. The words are those of Unicode's CLDR (package unicode-rbnf).
"""

import re
from collections.abc import Callable
from functools import cache

try:
    from unicode_rbnf import FormatPurpose, RbnfEngine
except ImportError:  # make asks spelling.py for refusals before any package is installed
    RbnfEngine = None  # type: ignore[assignment, misc]

NUMBER = re.compile(r"(?:(?<![^\s(])[-−])?\d+(?:[.,:]\d+)*")
LONGEST = 12  # digits; a longer number is read digit by digit, like a telephone number
CLDR = {"en-gb": "en", "nb": "no"}  # codes of CLDR that differ from ours
Note = Callable[[str, list[str]], object]  # called with a written form and its readings, if it has several
ORDINALS = {
    "en": r"st|nd|rd|th",
    "fr": r"ère|er|re|ème|e",
    "nl": r"ste|de|e",
    "es": r"\.?[ºª]",
    "it": r"[º°ª]",
    "pt": r"\.?[ºª]",
    "sv": r":[ae]",
    "da": r"\.(?=\s\w)",
    "de": r"\.(?=\s\w)",
    "nb": r"\.(?=\s\w)",
    "fi": r"\.(?=\s\w)",
    "hu": r"\.(?=\s\w)",
    "tr": r"\.(?=\s\w)",
}


@cache
def _engine(language: str):
    return RbnfEngine.for_language(CLDR.get(language, language))


def _words(number: float, language: str, purpose: str = "CARDINAL") -> str:
    return _engine(language).format_number(number, FormatPurpose[purpose]).text.replace("\u00ad", "")


def _ordinal(number: int, language: str, gender: str) -> str:
    formatted = _engine(language).format_number(number, FormatPurpose.ORDINAL)
    return formatted.text_by_ruleset.get(f"spellout-ordinal-{gender}", formatted.text)


def spell_digits(text: str, language: str) -> str:
    """Each digit of a text as a word."""
    return " ".join(_words(int(digit), language) for digit in text if digit.isdigit())


def _whole(text: str, language: str) -> list[str]:
    """The readings of a whole number without separators; the first is taken."""
    one_by_one, english = spell_digits(text, language), language.startswith("en")
    if len(text) > LONGEST:
        return [one_by_one]
    counted = _words(int(text), language)
    if text.startswith("0") and len(text) > 1:
        others = [one_by_one.replace("zero", "oh")] if english else []
        if english and re.match(r"00[1-9]", text):
            others.append("double oh " + spell_digits(text[2:], language))
        return [one_by_one, *others, counted]
    if english and re.fullmatch(r"1[1-9]\d\d|20[1-9]\d", text):
        as_year = _words(int(text), language, "YEAR")
        return [as_year, *({counted} - {as_year}), one_by_one]
    return [counted, one_by_one] if len(text) > 2 else [counted]


def list_readings(text: str, language: str) -> list[str]:
    """How a number (as NUMBER finds it) can be read in `language`: the reading taken, then the others."""
    minus = ""
    if text[0] in "-−":
        minus, text = _words(-1, language).split()[0] + " ", text[1:]
    separators = re.sub(r"\d", "", text)
    if not separators:
        return [minus + reading for reading in _whole(text, language)]
    groups = re.split(r"[.,:]", text)
    apart = " ".join(_whole(group, language)[0] for group in groups)
    thousands = "," if language.startswith("en") else "."
    if set(separators) == {thousands} and len(groups[0]) < 4 and all(len(group) == 3 for group in groups[1:]):
        return [minus + _words(int("".join(groups)), language), apart]
    if len(groups) == 2 and separators in ".,":
        point = _words(0.5, language).split()[1]
        return [f"{minus}{_words(int(groups[0]), language)} {point} {spell_digits(groups[1], language)}", apart]
    return [apart]


def spell_out_numbers(text: str, language: str, note: Note) -> str:
    """`text` with its numbers as words; `note(written, readings)` is called for each that has several readings."""
    suffixes = ORDINALS.get(language[:2])

    def ordinal(match: re.Match) -> str:
        feminine = match[2].endswith("ª") or match[2] in ("re", "ère")
        return f" {_ordinal(int(match[1]), language, 'feminine' if feminine else 'masculine')} "

    def cardinal(match: re.Match) -> str:
        readings = list_readings(match[0], language)
        if len(set(readings)) > 1:
            note(match[0], readings)
        return f" {readings[0]} "

    if suffixes:
        text = re.sub(rf"(?<![\w.,:-])(\d{{1,{LONGEST}}})({suffixes})(?!\w)", ordinal, text)
    return NUMBER.sub(cardinal, text)
