"""Numbers as words, in every language a word can be spoken in.

    spoken("2,5", "de")          # ['zwei Komma fünf', 'zwei fünf']: the reading taken, then the others

Voices count differently: "007" is seven to one and zero zero seven to the next, and "2,5" twenty-five, two point five
or two five. So what is spoken is written out first. The words are those of Unicode's CLDR (package unicode-rbnf).
"""

import re
from functools import cache

NUMBER = re.compile(r"(?:(?<![^\s(])[-−])?\d+(?:[.,:]\d+)*")
LONGEST = 12  # digits; more are said one by one, as those of a telephone number are
CLDR = {"en-gb": "en", "nb": "no"}  # names under which CLDR's rules stand, where they are not ours
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
    from unicode_rbnf import RbnfEngine

    return RbnfEngine.for_language(CLDR.get(language, language))


def _words(number: float, language: str, purpose: str = "CARDINAL") -> str:
    from unicode_rbnf import FormatPurpose

    return _engine(language).format_number(number, FormatPurpose[purpose]).text.replace("\u00ad", "")


def _ordinal(number: int, language: str, gender: str) -> str:
    from unicode_rbnf import FormatPurpose

    said = _engine(language).format_number(number, FormatPurpose.ORDINAL)
    return said.text_by_ruleset.get(f"spellout-ordinal-{gender}", said.text)


def digits(text: str, language: str) -> str:
    """Each digit of a text as a word."""
    return " ".join(_words(int(digit), language) for digit in text if digit.isdigit())


def _whole(text: str, language: str) -> list[str]:
    """The readings of a whole number without separators, the one taken first."""
    one_by_one, english = digits(text, language), language.startswith("en")
    if len(text) > LONGEST:
        return [one_by_one]
    counted = _words(int(text), language)
    if text.startswith("0") and len(text) > 1:
        others = [one_by_one.replace("zero", "oh")] if english else []
        if english and re.match(r"00[1-9]", text):
            others.append("double oh " + digits(text[2:], language))
        return [one_by_one, *others, counted]
    if english and re.fullmatch(r"1[1-9]\d\d|20[1-9]\d", text):
        as_year = _words(int(text), language, "YEAR")
        return [as_year, *({counted} - {as_year}), one_by_one]
    return [counted, one_by_one] if len(text) > 2 else [counted]


def spoken(text: str, language: str) -> list[str]:
    """The ways in which a number (as NUMBER finds it) is said in `language`: the one that is taken, then the others."""
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
        return [f"{minus}{_words(int(groups[0]), language)} {point} {digits(groups[1], language)}", apart]
    return [apart]


def written_out(text: str, language: str, note) -> str:
    """`text` with its numbers as words. `note(written, readings)` is told of each that has more than one."""
    suffixes = ORDINALS.get(language[:2])

    def ordinal(match: re.Match) -> str:
        feminine = match[2].endswith("ª") or match[2] in ("re", "ère")
        return f" {_ordinal(int(match[1]), language, 'feminine' if feminine else 'masculine')} "

    def cardinal(match: re.Match) -> str:
        readings = spoken(match[0], language)
        if len(set(readings)) > 1:
            note(match[0], readings)
        return f" {readings[0]} "

    if suffixes:
        text = re.sub(rf"(?<![\w.,:-])(\d{{1,{LONGEST}}})({suffixes})(?!\w)", ordinal, text)
    return NUMBER.sub(cardinal, text)
