"""eSpeak NG gives phonemes with punctuation, and the same sound for the same seed at any time."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from scripts.core.random_numbers import generator
from scripts.samples.espeak import list_variants, phonemize, synthesize
from scripts.samples.voices import Script
from scripts.samples.voices.espeak import Espeak

ROOT = Path(__file__).resolve().parents[2]


def test_the_same_seed_gives_the_same_sound():
    voice, script = Espeak("en"), Script("hey buster.", {})

    def render(seed):
        rng = generator(seed, "x")
        return voice.speak(script, voice.draw_speaker("training", rng), rng)

    (first, rate_hz), (second, _), (other, _) = render(1), render(1), render(2)
    assert np.array_equal(first, second) and not np.array_equal(first, other)
    assert 0.2 < len(first) / rate_hz < 3 and np.abs(first).max() > 0.05


def test_a_crash_is_repeated_and_then_an_error(capfd):
    with pytest.raises(ValueError, match="crashed 3 times over 'hey'"):
        synthesize("hey", "en-us+f3", {"no such parameter": 1}, 7)
    assert capfd.readouterr().err.count("eSpeak NG crashed over") == 3


def test_breath_does_not_depend_on_the_time():
    script = (
        "import hashlib; from scripts.samples.espeak import synthesize\n"
        "print(hashlib.sha256(synthesize('hey buster.', 'en-us+f3', {}, 7)[0].tobytes()).hexdigest())"
    )

    def checksum():
        return subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    first = checksum()
    time.sleep(1.1)  # the library would seed its own generator with the second of the day
    assert checksum() == first


def test_it_has_many_speakers_and_none_for_evaluation():
    assert len(list_variants()) > 40
    assert Espeak("en").speakers("testing") == []


def test_alone_it_divides_its_speakers_among_the_splits():
    speakers = {
        split: set(Espeak("de", evaluates=True).speakers(split)) for split in ("training", "validation", "testing")
    }
    assert set.union(*speakers.values()) == set(list_variants())
    assert sum(map(len, speakers.values())) == len(list_variants()) and min(map(len, speakers.values())) >= 3


def test_phonemes_keep_the_punctuation():
    phonemes = phonemize("hey, buster. Come!", "en-us")
    assert [c for c in phonemes if c in ".,!"] == [",", ".", "!"] and "bˈʌstɚ" in phonemes


def test_quotes_and_other_alphabets_do_no_harm():
    assert phonemize('d\'accord "Jürgen" 你好', "en-us")
