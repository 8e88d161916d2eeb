"""What to know about a phrase before any voice speaks it: its reading and length, remarks, and reasons to refuse it.

    advice = advise("agent 007", "en")
    advice.text, advice.syllables, advice.seconds, advice.remarks, advice.refusals

Needs eSpeak NG and no dataset, so a page can ask while somebody types; a dictionary adds remarks. A phrase with remarks
can be trained. A refused one would fail after all samples are rendered, or would be read in two ways.
"""

import re
from dataclasses import dataclass
from functools import cache

from scripts.samples.dictionary import Dictionary
from scripts.samples.espeak import phonemize
from scripts.samples.languages import LANGUAGES
from scripts.samples.phonemes import count_syllables, distance, parse_sounds, to_misaki
from scripts.samples.spelling import Reading, normalise

# How long a phrase lasts as the default voices call it: 8 sounds 0.8 s, 18 1.3 s, 23 1.5 s, 26 1.8 s, 30 2.2 s
# (kokoro, joe and hibari, some renderings of each, perturbed as in training).
BEGIN_S, SOUND_S = 0.3, 0.06
FEW_SYLLABLES = 3  # with fewer, ordinary talk contains the phrase too often
LONG_S = 1.6
LONGEST_S = 2.0  # the network looks at two seconds; of longer phrases more than 2 % of the clips last over 2.5 s
DIFFERENT = 1.1  # distance of two pronunciations that differ by more than accents do
HOMOGRAPH = 0.35  # distance of two pronunciations of a homograph worth a remark
# English as eSpeak NG writes it, in the letters of the dictionary; the same sounds would count as different otherwise.
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
    """What is known of a phrase: `text` is what all voices get, `seconds` its duration at a usual pace."""

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
def _pronounce(text: str, language: str) -> str:
    return to_misaki(phonemize(text, LANGUAGES[language].accents[0], tie="^"))


def is_spelled_out(word: str, language: str = "en") -> bool:
    """Whether eSpeak NG, which has a list of such words, reads a word letter by letter."""
    letters = [parse_sounds(_pronounce(letter.upper(), language)) for letter in word]
    return parse_sounds(_pronounce(word, language)) == tuple(sound for letter in letters for sound in letter)


def _parse_alike(phonemes: str) -> tuple[str, ...]:
    for espeak, ours in ALIKE:
        phonemes = phonemes.replace(espeak, ours)
    return parse_sounds(phonemes)


def _split_words(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"[^\s.,!?;:]+", text)))


def _find_disagreements(text: str, language: str, dictionary: Dictionary) -> list[str]:
    """A sentence for each word that the dictionary and eSpeak NG pronounce differently, with spellings to choose from."""
    sentences = []
    for word in _split_words(text):
        accents = dictionary.pronounce(word)
        ours, theirs = accents["us" if language == "en" else "gb"], _pronounce(word, language)
        if len(word) > 1 and distance(_parse_alike(ours), _parse_alike(theirs)) >= DIFFERENT:
            spellings = [
                f"{homophone!r} ({phonemes})"
                for phonemes in (ours, theirs)
                if (homophone := _find_homophone(word, _parse_alike(phonemes), dictionary))
            ]
            sentences.append(
                f"the voices say {word!r} in two ways, {ours} (kokoro, hibari) and {theirs} (piper, espeak): "
                f"spell it as it sounds" + (f", as {' or '.join(spellings)}" if spellings else "")
            )
    return sentences


def _find_homographs(text: str, dictionary: Dictionary) -> list[str]:
    """A sentence for each other pronunciation of a word in the text."""
    sentences = []
    for word in _split_words(text):
        taken = _parse_alike(dictionary.pronounce(text if word == text else word).get("us", ""))
        for phonemes in dictionary.list_pronunciations(word):
            if distance(taken, _parse_alike(phonemes)) >= HOMOGRAPH:
                homophone = _find_homophone(word, _parse_alike(phonemes), dictionary)
                sentences.append(
                    f"{word!r} can be said in more than one way; another is {phonemes}"
                    + (f": for that, write {homophone!r}" if homophone else "")
                )
    return sentences


def _find_homophone(word: str, sounds: tuple[str, ...], dictionary: Dictionary) -> str:
    """Another word of the dictionary that has these sounds, or ''."""
    return min(
        (
            other
            for other, its in dictionary.words.items()
            if other != word and distance(its, sounds, 0.05) < 0.05 and not dictionary.list_pronunciations(other)
        ),
        key=len,
        default="",
    )


def _judge_length(text: str, length: str, syllables: int, seconds: float) -> tuple[list[str], list[str]]:
    """Remarks and refusals for a phrase that is too long or too short."""
    if seconds > LONGEST_S:
        return [], [
            f"{text!r} is too long ({length}): a clip may last 2.5 s, and the network looks at two. "
            f"Leave words out, down to {LONG_S} s or less"
        ]
    if seconds > LONG_S:
        return [f"long ({length}): the network looks at the last two seconds only. Up to {LONG_S} s is better"], []
    if syllables < FEW_SYLLABLES:
        return [
            f"short ({length}): ordinary talk contains something like it all the time. "
            'Phrases of three syllables or more cause fewer false accepts: try "hey ..." before it'
        ], []
    return [], []


def advise(phrase: str, language: str, dictionary: Dictionary | None = None) -> Advice:
    """What is known of `phrase` in `language` (a code of LANGUAGES). Renders nothing."""
    spelling = normalise(phrase, language, is_spelled_out)
    remarks, refusals = list(spelling.remarks), list(spelling.refusals)
    pronunciation, syllables, seconds = "", 0, 0.0
    if not refusals:
        pronunciation = (
            next(iter(dictionary.pronounce(spelling.text).values()))
            if dictionary
            else _pronounce(spelling.text, language)
        )
        sounds = parse_sounds(pronunciation)
        syllables, seconds = count_syllables(sounds), round(BEGIN_S + len(sounds) * SOUND_S, 2)
        if sounds:
            length = f"{syllables} syllable{'s' * (syllables != 1)}, about {seconds:.1f} s"
            more, refusals = _judge_length(spelling.text, length, syllables, seconds)
            remarks += more
        else:
            refusals.append(
                f"no voice of LANGUAGE={language} ({LANGUAGES[language].name}) says anything for {spelling.text!r}: "
                f"write it as it sounds"
            )
        if dictionary and language.startswith("en") and sounds:
            remarks += _find_disagreements(spelling.text, language, dictionary)
            remarks += _find_homographs(spelling.text, dictionary)
    readings = () if spelling.refusals else tuple(spelling.readings)
    return Advice(
        phrase,
        language,
        spelling.text,
        pronunciation,
        readings,
        syllables,
        seconds,
        tuple(remarks),
        tuple(refusals),
    )


def refuse(phrase: str, language: str) -> None:
    """Raise SystemExit with the reasons if the phrase cannot be trained; needs eSpeak NG alone."""
    if refusals := advise(phrase, language).refusals:
        raise SystemExit(f"WORD={phrase!r}: " + ". ".join(refusals) + ".")


def settle(phrase: str, language: str, target: str, dictionary: Dictionary) -> Advice:
    """`advise` for the command line: prints the readings taken, the lines to type for others, and the remarks.

    `target` is what the user typed after make. SystemExit if the phrase is refused.
    """
    refuse(phrase, language)
    advice = advise(phrase, language, dictionary)
    if advice.text != phrase:
        print(f"All voices say {advice.text!r} for {phrase!r}")
    suffix = "" if language == "en" else f" LANGUAGE={language}"
    for reading in advice.readings:
        print(
            f"  {reading.written!r} is read as {reading.spoken!r}"
            + ("; if you read it otherwise, type:" if reading.others else "")
        )
        for other in reading.others:
            print(f'    make {target} WORD="{other}"{suffix}')
    for remark in advice.remarks:
        print(f"Remark: {remark}")
    return advice
