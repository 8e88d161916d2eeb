"""Which voices speak, and in which shares: VOICES and HELDOUT_VOICES as a person types them."""

import re

from scripts.core import system
from scripts.samples.languages import LANGUAGES
from scripts.samples.voices import VOICES

PIPER_VOICE = re.compile(r"[a-z]{2,3}_[A-Z]{2}-\w+-(x_low|low|medium|high)")


def parse_shares(shares: str) -> dict[str, float]:
    """Shares by voice; a name alone counts 1, a share of 0 leaves the voice out. Raises ValueError.

    >>> parse_shares("kokoro:40 espeak")
    {'kokoro': 40.0, 'espeak': 1.0}
    >>> parse_shares("piper:de_DE-thorsten-medium:20")     # a voice of Piper's repository has its own name
    {'de_DE-thorsten-medium': 20.0}
    """
    parsed = {}
    for item in shares.replace(",", " ").split():
        name, _, weight = item.partition(":")
        if name == "piper" and weight and not re.match(r"[-+.\d]", weight):
            name, _, weight = weight.partition(":")
            if not PIPER_VOICE.fullmatch(name):
                raise ValueError(
                    f"{name!r} is not the name of a Piper voice; expected one like piper:de_DE-thorsten-medium:20"
                )
        elif name not in VOICES:
            raise ValueError(
                f"unknown voice {name!r}; known are: {', '.join(VOICES)}, and piper:NAME for a voice of Piper's repository"
            )
        if name in parsed:
            raise ValueError(f"{name} is named twice")
        try:
            parsed[name] = float(weight or 1)
        except ValueError:
            raise ValueError(f"the share of {name} is {weight!r}; expected a number, as in {name}:20") from None
        if parsed[name] < 0:
            raise ValueError(f"the share of {name} is {weight}; expected 0 or more")
    if not sum(parsed.values()):
        raise ValueError(f'no voice has a share; try "{" ".join(name + ":1" for name in VOICES)}"')
    return {name: weight for name, weight in parsed.items() if weight}


def can_speak(name: str, language: str) -> bool:
    """Whether a voice can speak a language (a code of LANGUAGES)."""
    if PIPER_VOICE.fullmatch(name):
        locale = name.partition("-")[0]
        by_locale = {"en_US": ("en",), "en_GB": ("en", "en-gb"), "no_NO": ("nb",)}
        return language in by_locale.get(locale, (locale.partition("_")[0],))
    by_name = {"kokoro": bool(LANGUAGES[language].kokoro), "hibari": language in ("en", "en-gb"), "espeak": True}
    return by_name.get(name, language == "en")


def choose_voices(text: str, language: str, strict: bool) -> dict[str, float]:
    """Shares of the voices in `text` that can speak a language; eSpeak NG alone if none can.

    Voices that cannot are named in a printed line; with `strict` they are an error. Errors are SystemExit.
    """
    try:
        shares = parse_shares(text)
    except ValueError as error:
        raise SystemExit(f"VOICES={text!r}: {error}") from None
    unable = [name for name in shares if not can_speak(name, language)]
    able = {name: share for name, share in shares.items() if name not in unable} or {"espeak": 1.0}
    if unable:
        reason = f"{' and '.join(unable)} cannot speak {LANGUAGES[language].name} (LANGUAGE={language})"
        if strict:
            raise SystemExit(
                f"VOICES={text!r}: {reason}. Those that can: "
                f"{', '.join(name for name in VOICES if can_speak(name, language))}, and "
                f"piper:NAME where Piper's repository has a voice for it."
            )
        total = sum(able.values()) / 100
        spoken = ", ".join(f"{name} speaks {share / total:.0f}" for name, share in able.items())
        print(f"{reason}: of a hundred samples, {spoken}")
    return able


def choose_heldout_voices(text: str, language: str, shares: dict[str, float]) -> dict[str, float]:
    """Shares of the held-out voices in `text`: those that can speak the language and are not in `shares` (VOICES).

    The others are named in a printed line. Errors are SystemExit.
    """
    if not text.strip():
        return {}
    try:
        heldout = parse_shares(text)
    except ValueError as error:
        raise SystemExit(f"HELDOUT_VOICES={text!r}: {error}") from None
    for name in list(heldout):
        reason = ""
        if name in shares:
            reason = "it speaks in training"
        elif not can_speak(name, language):
            reason = f"it does not speak LANGUAGE={language}"
        elif name == "flite" and system.MACOS:
            reason = "its library exists for Linux only; HELDOUT_VOICES= asks for none"
        if reason:
            print(f"{name} cannot be a held-out voice: {reason}")
            del heldout[name]
    return heldout
