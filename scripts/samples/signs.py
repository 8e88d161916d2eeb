"""Abbreviations and signs as words, in every language a word can be spoken in.

>>> spell_out_signs("R&D", "en")
'R and D'
"""

import re

from scripts.samples.numbers import Note

# The words for & % + @.
SIGNS = {
    "en": ("and", "percent", "plus", "at"),
    "de": ("und", "Prozent", "plus", "at"),
    "es": ("y", "por ciento", "más", "arroba"),
    "fr": ("et", "pour cent", "plus", "arobase"),
    "it": ("e", "per cento", "più", "chiocciola"),
    "nl": ("en", "procent", "plus", "at"),
    "pt": ("e", "por cento", "mais", "arroba"),
    "ca": ("i", "per cent", "més", "arrova"),
    "cs": ("a", "procent", "plus", "zavináč"),
    "da": ("og", "procent", "plus", "snabel a"),
    "fi": ("ja", "prosenttia", "plus", "ät"),
    "hu": ("és", "százalék", "plusz", "kukac"),
    "nb": ("og", "prosent", "pluss", "krøllalfa"),
    "pl": ("i", "procent", "plus", "małpa"),
    "ro": ("și", "la sută", "plus", "arond"),
    "sv": ("och", "procent", "plus", "snabel a"),
    "tr": ("ve", "yüzde", "artı", "et"),
}
MONEY = {
    "$": ("dollar", "dollars"),
    "£": ("pound", "pounds"),
    "€": ("euro", "euros"),
}  # English says the amount first
# Written with a dot, before another word; the second of two words is another reading.
ABBREVIATIONS: dict[str, dict[str, str | tuple[str, ...]]] = {
    "en": {
        "mr": "Mister",
        "mrs": "Missus",
        "dr": "Doctor",
        "st": ("Saint", "Street"),
        "prof": "Professor",
        "jr": "Junior",
        "sr": "Senior",
        "vs": "versus",
        "no": "number",
    },
    "de": {"dr": "Doktor", "hr": "Herr", "fr": "Frau", "st": "Sankt", "nr": "Nummer", "prof": "Professor"},
    "es": {"sr": "señor", "sra": "señora", "srta": "señorita", "dr": "doctor", "dra": "doctora"},
    "fr": {"m": "monsieur", "mme": "madame", "mlle": "mademoiselle", "dr": "docteur", "st": "saint", "ste": "sainte"},
    "it": {"sig": "signor", "dott": "dottor", "dr": "dottor", "prof": "professor"},
    "nl": {"dr": "dokter", "st": "sint", "nr": "nummer"},
    "pt": {"sr": "senhor", "sra": "senhora", "dr": "doutor", "dra": "doutora"},
}
UNDOTTED = {"en": {"vs": "versus", "jr": "Junior"}}  # voices differ even without the dot


def spell_letters(word: str) -> str:
    """A word as its letters, spelled so that all voices read letters. A alone would be the article."""
    return "-".join("eh" if letter == "A" else letter for letter in word.upper())


def spell_out_abbreviations(text: str, language: str, note: Note) -> str:
    """`text` with abbreviations written out; `note(written, readings)` is called for each that has several readings."""

    def spell_out(match: re.Match) -> str:
        known = ABBREVIATIONS[language][match[1].lower()]
        taken, *others = (known,) if isinstance(known, str) else known
        if others:
            note(match[0], [taken, *others])
        return taken

    if table := ABBREVIATIONS.get(language):
        text = re.sub(
            rf"(?<![\w.])({'|'.join(k for k in table if k != 'no')})\.(?=\s+\w)", spell_out, text, flags=re.IGNORECASE
        )
        text = re.sub(r"(?<![\w.])(no)\.(?=\s*\d)", spell_out, text, flags=re.IGNORECASE) if "no" in table else text
    for short, long in UNDOTTED.get(language, {}).items():
        text = re.sub(rf"(?<![\w.]){short}(?!\w)\.?(?=\s|$|[,!?;:])", long, text, flags=re.IGNORECASE)
    dotted = re.compile(r"(?<![\w.])((?:[^\W\d_]\.){2,})(?![\w])")  # U.S.A.
    return dotted.sub(lambda m: spell_letters(m[1].replace(".", "")) + ("." if m.end() == len(text) else ""), text)


def spell_out_signs(text: str, language: str) -> str:
    """`text` with & % + @ as words, and in English with amounts of money and # before a number."""
    conjunction, percent, plus, at = SIGNS[language]
    if language == "en":
        text = re.sub(
            r"([$£€])\s?(\d+(?:[.,]\d+)*)|(\d+(?:[.,]\d+)*)\s?([$£€])",
            lambda m: f"{m[2] or m[3]} {MONEY[m[1] or m[4]][(m[2] or m[3]) != '1']}",
            text,
        )
        text = re.sub(r"#(?=\d)", "number ", text)
        text = re.sub(
            r"(?<![^\W\d_])([^\W\d_]{1,2})&([^\W\d_])(?![^\W\d_])",  # AT&T, R&D: letters
            lambda m: f"{spell_letters(m[1])} {conjunction} {m[2].upper()}",
            text,
        )
    if language == "tr":  # yüzde elli: the sign comes first
        text = re.sub(r"(\d+(?:[.,]\d+)*)\s?%", r"%\1", text)
    for sign, word in zip("&%+@", (conjunction, percent, plus, at)):
        text = text.replace(sign, f" {word} ")
    return text
