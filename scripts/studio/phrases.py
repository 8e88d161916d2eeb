"""What the page says of a phrase while it is typed.

describe_phrase("hey buster.", "en", dictionary)["remarks"]
find_similar("hey buster.", dictionary, ["computer"])["similar"]
"""

from collections.abc import Iterable

from scripts.core.random_numbers import generator
from scripts.samples.advice import advise
from scripts.samples.dictionary import Dictionary
from scripts.samples.languages import LANGUAGES
from scripts.samples.phonemes import distance
from scripts.samples.phrases import find_confusable_phrases
from scripts.studio.estimates import about

LONGEST = 100  # letters; more is no phrase
SIMILAR, ALIKE = 4, 1.5  # how many similar phrases are named, and how near a trained word must be to be one


def check_phrase(phrase: str, language: str) -> None:
    """ValueError in a sentence if these are no phrase and no language."""
    if language not in LANGUAGES:
        raise ValueError(f"LANGUAGE={language}: expected one of {' '.join(LANGUAGES)}.")
    if not phrase.strip() or len(phrase) > LONGEST or not phrase.isprintable():
        raise ValueError(f"a phrase has 1 to {LONGEST} letters on one line; this has {len(phrase)}.")
    if "$" in phrase:
        raise ValueError("a phrase holds no dollar sign: write it as a word.")


def describe_phrase(phrase: str, language: str, dictionary: Dictionary | None) -> dict:
    """The advice on a phrase, for JSON; at once."""
    advice = advise(phrase, language, dictionary)
    length = f"{advice.syllables} syllable{'s' * (advice.syllables != 1)}, about {advice.seconds:.1f} s"
    return {
        "text": advice.text,
        "length": length if advice.syllables else "",
        "pronunciation": advice.pronunciation,
        "remarks": list(advice.remarks),
        "refusals": list(advice.refusals),
        "readings": [
            {"written": each.written, "spoken": each.spoken, "others": list(each.others)} for each in advice.readings
        ],
    }


def find_similar(text: str, dictionary: Dictionary, trained: Iterable[str]) -> dict:
    """Phrases that sound nearly like a text, and published words that do; takes some seconds."""
    near = find_confusable_phrases(text, dictionary, SIMILAR, generator(1, "studio", text))
    sounds = dictionary.find_sounds(text)
    published = [word for word in trained if distance(sounds, dictionary.find_sounds(word), ALIKE) < ALIKE]
    return {"similar": [phrase for _, phrase in near], "published": published}


def describe_cost(seconds: float, megabytes: float, pace: float | None) -> str:
    """Time and disk of a training, as the page shows them."""
    disk = f"{megabytes / 1000:.1f} GB of disk" if megabytes >= 100 else f"{megabytes:.0f} MB of disk"
    if not seconds:
        return "nothing to do: this is trained already"
    whose = (
        "by what this machine took before" if pace else "on two cores of an AMD EPYC; this machine is not measured yet"
    )
    return f"{about(seconds)} ({whose}), {disk}"
