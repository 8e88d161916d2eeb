"""The languages of LANGUAGE: the name of each, and the voices that speak it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """A language: its name, its eSpeak NG voices (the first one decides how words sound), and the prefixes of its
    Kokoro voices."""

    name: str
    accents: tuple[str, ...]
    kokoro: tuple[str, ...] = ()


_BRITISH = ("en", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd")
LANGUAGES = {
    "en": Language(
        "English",
        ("en-us", "en-us", "en-us", "en", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-gb-x-gbclan", "en-gb-x-gbcwmd"),
        ("af", "am", "bf", "bm"),
    ),
    "en-gb": Language("British English", _BRITISH, ("bf", "bm")),
    "de": Language("German", ("de",)),
    "es": Language("Spanish", ("es", "es-419"), ("ef", "em")),
    "fr": Language("French", ("fr", "fr-be", "fr-ch"), ("ff",)),
    "it": Language("Italian", ("it",), ("if", "im")),
    "nl": Language("Dutch", ("nl",)),
    "pt": Language("Portuguese", ("pt-br", "pt"), ("pf", "pm")),
    "ca": Language("Catalan", ("ca",)),
    "cs": Language("Czech", ("cs",)),
    "da": Language("Danish", ("da",)),
    "fi": Language("Finnish", ("fi",)),
    "hu": Language("Hungarian", ("hu",)),
    "nb": Language("Norwegian", ("nb",)),
    "pl": Language("Polish", ("pl",)),
    "ro": Language("Romanian", ("ro",)),
    "sv": Language("Swedish", ("sv",)),
    "tr": Language("Turkish", ("tr",)),
}
