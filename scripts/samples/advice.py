"""What is to be known of a phrase before anybody speaks it: its reading and length, what is unwise, what is refused.

    advice = advise("agent 007", "en")
    advice.text, advice.syllables, advice.seconds, advice.remarks, advice.refusals

Needs eSpeak NG alone, and no dataset, so a page can ask it while somebody types; with a dictionary it knows more.
Remarks are advice: the phrase can be trained. What is refused would fail after all the speaking, or be said in two
ways.
"""

import re
from dataclasses import dataclass
from functools import cache

from scripts.samples.languages import LANGUAGES, misaki
from scripts.samples.phonemes import Dictionary, distance, sounds, syllables
from scripts.samples.spelling import Reading, normalise

# How long a phrase lasts as the default voices call it: 8 sounds 0.8 s, 18 1.3 s, 23 1.5 s, 26 1.8 s, 30 2.2 s
# (kokoro, joe and hibari, some renderings of each, bent as in training).
BEGIN_S, SOUND_S = 0.3, 0.06
FEW_SYLLABLES = 3  # with fewer, ordinary talk contains the phrase too often
LONG_S, LONGEST_S = (
    1.6,
    2.0,
)  # the network looks at two seconds; and of what is longer, more than 2 % of the clips last over 2.5 s
APART = 1.1  # sounds further apart than accents put them
# English as eSpeak NG writes it, in the letters of the dictionary: the same sounds otherwise count as others.
ALIKE = (
    ("ɚ", "əɹ"),
    ("ɜː", "ɜɹ"),
    ("ɹɹ", "ɹ"),
    ("iəɹ", "ɪɹ"),
    ("oːɹ", "ɔɹ"),
    ("ɐ", "ə"),
    ("ɾ", "T"),
    ("ᵻ", "ɪ"),
    ("ᵊ", "ə"),
)


@dataclass(frozen=True)
class Advice:
    """A phrase looked at: `text` is what all voices get; `seconds` as they say it at a usual pace."""

    phrase: str
    language: str
    text: str
    pronunciation: str
    readings: tuple[Reading, ...]
    syllables: int
    seconds: float
    remarks: tuple[str, ...]
    refusals: tuple[str, ...]


@cache
def _espeak(text: str, language: str) -> str:
    from scripts.samples.voices.espeak import phonemize

    return misaki(phonemize(text, LANGUAGES[language].accents[0], tie="^"))


def spelled(word: str, language: str = "en") -> bool:
    """Whether eSpeak NG, which has a list of such words, says this one letter by letter."""
    return sounds(_espeak(word, language)) == tuple(
        sound for letter in word for sound in sounds(_espeak(letter.upper(), language))
    )


def _alike(phonemes: str) -> tuple[str, ...]:
    for espeak, ours in ALIKE:
        phonemes = phonemes.replace(espeak, ours)
    return sounds(phonemes)


def _disagreements(text: str, language: str, dictionary: Dictionary) -> list[str]:
    """Words that the dictionary and eSpeak NG say differently, with spellings to choose by."""
    said = []
    for word in dict.fromkeys(re.findall(r"[^\s.,!?;:]+", text)):
        accents = dictionary.pronounce(word)
        ours, theirs = accents["us" if language == "en" else "gb"], _espeak(word, language)
        if len(word) > 1 and distance(_alike(ours), _alike(theirs)) >= APART:
            spellings = [
                f"{other!r} ({phonemes})"
                for phonemes in (ours, theirs)
                if (other := _homophone(word, _alike(phonemes), dictionary))
            ]
            said.append(
                f"the voices say {word!r} in two ways, {ours} (kokoro, hibari) and {theirs} (piper, espeak): "
                f"spell it as it sounds" + (f", as {' or '.join(spellings)}" if spellings else "")
            )
    return said


def _homographs(text: str, dictionary: Dictionary) -> list[str]:
    said = []
    for word in dict.fromkeys(re.findall(r"[^\s.,!?;:]+", text)):
        taken = _alike(dictionary.pronounce(text if word == text else word).get("us", ""))
        for phonemes in dictionary.pronunciations(word):
            if distance(taken, _alike(phonemes)) >= 0.35:
                other = _homophone(word, _alike(phonemes), dictionary)
                said.append(
                    f"{word!r} can be said in more than one way; another is {phonemes}"
                    + (f": for that, write {other!r}" if other else "")
                )
    return said


def _homophone(word: str, said: tuple[str, ...], dictionary: Dictionary) -> str:
    """Another word of the dictionary that has these sounds, or ''."""
    return min(
        (
            w
            for w, its in dictionary.words.items()
            if w != word and distance(its, said, 0.05) < 0.05 and not dictionary.pronunciations(w)
        ),
        key=len,
        default="",
    )


def advise(phrase: str, language: str, dictionary: Dictionary | None = None) -> Advice:
    """Everything there is to say about `phrase` in `language` (a code of LANGUAGES). Speaks nothing."""
    spelling = normalise(phrase, language, spelled)
    remarks, refusals = list(spelling.remarks), list(spelling.refusals)
    if refusals:
        return Advice(phrase, language, spelling.text, "", (), 0, 0.0, tuple(remarks), tuple(refusals))
    pronunciation = (
        next(iter(dictionary.pronounce(spelling.text).values())) if dictionary else _espeak(spelling.text, language)
    )
    heard = sounds(pronunciation)
    count, seconds = syllables(heard), round(BEGIN_S + len(heard) * SOUND_S, 2)
    length = f"{count} syllable{'s' * (count != 1)}, about {seconds:.1f} s"
    if not heard:
        refusals.append(
            f"no voice of LANGUAGE={language} ({LANGUAGES[language].name}) says anything for {spelling.text!r}: "
            f"write it as it sounds"
        )
    elif seconds > LONGEST_S:
        refusals.append(
            f"{spelling.text!r} is too long ({length}): a clip may last 2.5 s, and the network looks at two. "
            f"Leave words out, down to {LONG_S} s or less"
        )
    elif seconds > LONG_S:
        remarks.append(f"long ({length}): the network looks at the last two seconds only. Up to {LONG_S} s is better")
    elif count < FEW_SYLLABLES:
        remarks.append(
            f"short ({length}): ordinary talk contains something like it all the time. "
            f"Three syllables or more wake less often by "
            f'accident, as "hey ..." before it'
        )
    if dictionary and language.startswith("en") and heard:
        remarks += _disagreements(spelling.text, language, dictionary) + _homographs(spelling.text, dictionary)
    return Advice(
        phrase,
        language,
        spelling.text,
        pronunciation,
        tuple(spelling.readings),
        count,
        seconds,
        tuple(remarks),
        tuple(refusals),
    )


def refuse(phrase: str, language: str) -> None:
    """SystemExit with a sentence where the phrase cannot be trained; asks eSpeak NG alone."""
    if refusals := advise(phrase, language).refusals:
        raise SystemExit(f"WORD={phrase!r}: " + ". ".join(refusals) + ".")


def settle(phrase: str, language: str, target: str, dictionary: Dictionary) -> Advice:
    """`advise` for the command line: prints the readings taken with the lines to type for others, and the remarks.

    `target` is what the user typed after make. SystemExit where the phrase is refused.
    """
    refuse(phrase, language)
    advice = advise(phrase, language, dictionary)
    if advice.text != phrase:
        print(f"All voices say {advice.text!r} for {phrase!r}")
    suffix = "" if language == "en" else f" LANGUAGE={language}"
    for reading in advice.readings:
        print(
            f"  {reading.written!r} is taken as {reading.said!r}"
            + ("; if you say it otherwise, type:" if reading.others else "")
        )
        for other in reading.others:
            print(f'    make {target} WORD="{other}"{suffix}')
    for remark in advice.remarks:
        print(f"Remark: {remark}")
    return advice
