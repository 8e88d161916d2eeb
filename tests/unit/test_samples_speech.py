"""Bending moves what it says it moves; cutting leaves no whole word; every clip depends on its own seed alone."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from scripts.core import audio
from scripts.core.random_numbers import generator
from scripts.samples import generate, perturb
from scripts.samples.phrases import PAUSES, sentences, spellings
from scripts.samples.voices import CALLED, READ, Script, espeak, slowness
from scripts.samples.voices.espeak import Espeak, phonemize, variants

ROOT = Path(__file__).resolve().parents[2]

RATE = 16_000


def pulses(f0_hz: float, seconds: float = 1.0) -> np.ndarray:
    """A buzz with that fundamental: (samples,) float32."""
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.05 * sum(np.cos(2 * np.pi * f0_hz * n * time) for n in range(1, 20))).astype(np.float32)


def fundamental_hz(sound: np.ndarray) -> float:
    import pyworld

    f0, _ = pyworld.dio(sound.astype(np.float64), RATE)
    return float(np.median(f0[f0 > 0]))


def test_resampling_moves_pitch_and_length_together():
    bent = perturb.Rendering(pulses(120), RATE).bent(perturb.Bend(1.25, 1.25, 1.0, False, 0.0))
    assert fundamental_hz(bent) == pytest.approx(150, rel=0.02)
    assert len(bent) == pytest.approx(RATE / 1.25, rel=0.01)


def test_world_moves_pitch_and_tempo_apart():
    bent = perturb.Rendering(pulses(120), RATE).bent(perturb.Bend(1.0, 1.5, 1.25, True, 0.0))
    assert fundamental_hz(bent) == pytest.approx(180, rel=0.03)
    assert len(bent) == pytest.approx(RATE / 1.25, rel=0.03)


def test_world_moves_formants_without_the_pitch():
    def centroid_hz(sound):
        power = np.abs(np.fft.rfft(sound)) ** 2
        return float((np.fft.rfftfreq(len(sound), 1 / RATE) * power).sum() / power.sum())

    straight, bent = (
        perturb.Rendering(pulses(120), RATE).bent(perturb.Bend(ratio, 1.0, 1.0, True, 0.0)) for ratio in (1.0, 1.25)
    )
    assert fundamental_hz(bent) == pytest.approx(120, rel=0.03)
    assert centroid_hz(bent) / centroid_hz(straight) == pytest.approx(1.25, rel=0.12)


def test_a_melody_is_stretched_about_its_mean_and_rises_as_a_whole():
    read = np.array([0.0, 100.0, 200.0, 100.0, 200.0, 0.0, 0.0])
    octaves = np.log2(perturb.sung(read, melody=2.0, rise=0.0)[1:5])
    np.testing.assert_allclose(octaves - np.log2(read[1:5]).mean(), [-1.0, 1.0, -1.0, 1.0])
    risen = perturb.sung(np.full(11, 150.0), melody=1.0, rise=12.0)
    assert risen[-1] / risen[0] == pytest.approx(2.0) and risen[5] == pytest.approx(150.0)
    np.testing.assert_allclose(perturb.sung(read, 1.0, 0.0), read)
    assert perturb.sung(read, 2.5, -9.0)[[0, 5, 6]].tolist() == [0.0, 0.0, 0.0]  # where there is no voice there is none
    assert perturb.sung(np.array([0.0, 120.0]), 2.0, 5.0).tolist() == [0.0, 120.0]


def test_world_speaks_the_melody_it_is_given():
    bent = perturb.Rendering(pulses(120), RATE).bent(perturb.Bend(1.0, 1.0, 1.0, True, 0.0, rise=12.0))
    begin, end = fundamental_hz(bent[1_600:4_800]), fundamental_hz(bent[-4_800:-1_600])
    assert end / begin == pytest.approx(2**0.6, rel=0.03)  # 0.6 of the second lie between the middles of both pieces
    assert len(bent) == pytest.approx(RATE, rel=0.03)


@pytest.mark.parametrize("f0_hz, pitch, expected_hz", [(320, 2.4, perturb.HIGHEST_HZ), (70, 0.6, perturb.LOWEST_HZ)])
def test_no_stranger_speaks_higher_or_lower_than_people_do(f0_hz, pitch, expected_hz, monkeypatch):
    import pyworld

    asked = []
    speak = pyworld.synthesize
    monkeypatch.setattr(pyworld, "synthesize", lambda f0, *rest: asked.append(f0) or speak(f0, *rest))
    perturb.Rendering(pulses(f0_hz), RATE).bent(perturb.Bend(1.0, pitch, 1.0, True, 0.0))
    voiced = asked[0][asked[0] > 0]
    assert len(voiced) > 100 and np.median(voiced) == expected_hz


def test_world_takes_a_rendering_to_pieces_once(monkeypatch):
    import pyworld

    asked = []
    analyse = pyworld.cheaptrick
    monkeypatch.setattr(pyworld, "cheaptrick", lambda *given: asked.append(1) or analyse(*given))
    rendering, bends = (
        perturb.Rendering(pulses(120), RATE),
        [perturb.Bend(1.0, ratio, 1.0, True, 0.0) for ratio in (0.8, 1.3)],
    )
    low, high = (rendering.bent(one) for one in bends)
    assert (
        len(asked) == 1
        and np.array_equal(high, perturb.Rendering(pulses(120), RATE).bent(bends[1]))
        and len(asked) == 2
    )
    assert fundamental_hz(high) / fundamental_hz(low) == pytest.approx(1.3 / 0.8, rel=0.05)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 24_000])
def test_silence_around_a_rendering_is_not_bent(rate_hz):
    speech = np.sin(np.arange(rate_hz // 2) * 0.3).astype(np.float32)
    kept = generate.without_silence(np.pad(speech, (rate_hz, 2 * rate_hz)), rate_hz)
    assert len(kept) / rate_hz == pytest.approx(0.5 + 2 * generate.SPARE_S, abs=0.021) and np.abs(
        kept
    ).sum() == pytest.approx(np.abs(speech).sum())
    assert (
        len(generate.without_silence(np.zeros(100, np.float32), rate_hz)) == 100
    )  # trimmed() says what is wrong with it


def test_what_is_short_is_drawn_out_and_what_is_long_is_not():
    def drawn(sounds):
        script = Script("x", {"us": "a" * sounds})
        return np.array([slowness(script, generator(1, "slowness", number)) for number in range(400)])

    word, phrase, sentence = drawn(6), drawn(16), drawn(40)
    assert CALLED[0] <= word.min() < 1.0 and 1.9 < word.max() <= CALLED[1]
    assert np.median(word) == pytest.approx(np.sqrt(CALLED[0] * CALLED[1]), rel=0.05)
    assert phrase.max() <= 1.7 / (16 * 0.08) + 1e-9 < word.max()
    assert READ[0] <= sentence.min() and sentence.max() <= READ[1]


def test_trimming_keeps_a_margin_and_says_where_the_speech_is():
    sound = np.concatenate([np.zeros(8000), pulses(150, 0.5), np.zeros(12000)]).astype(np.float32)
    trimmed, start_s, end_s = generate.trimmed(sound)
    assert (start_s, end_s) == pytest.approx((0.05, 0.55), abs=0.011)
    assert len(trimmed) / RATE == pytest.approx(0.6, abs=0.02)
    assert np.abs(trimmed).max() == pytest.approx(0.5)


def test_silence_is_no_speech():
    with pytest.raises(ValueError, match="of speech"):
        generate.trimmed(np.zeros(RATE, np.float32))


def test_a_cut_never_keeps_more_than_six_tenths_in_a_row():
    ramp = np.linspace(0.2, 1.0, RATE).astype(np.float32) * pulses(150)  # rises, so that order can be seen
    for seed in range(40):
        piece = generate.cut(ramp, np.random.default_rng(seed))
        first, last = audio.speech_bounds(piece)
        level = np.array([audio.rms(part) for part in np.array_split(piece[first:last], 20)])
        longest_rise = max(len(run) for run in np.split(level, np.flatnonzero(np.diff(level) < -0.02) + 1))
        assert longest_rise / 20 * (last - first) <= 0.66 * RATE


def test_espeak_says_the_same_thing_for_the_same_seed():
    voice, script = Espeak("en"), Script("hey buster.", {})

    def say(seed):
        rng = generator(seed, "x")
        return voice.speak(script, voice.cast("training", rng), rng)

    (once, rate_hz), (again, _), (other, _) = say(1), say(1), say(2)
    assert np.array_equal(once, again) and not np.array_equal(once, other)
    assert 0.2 < len(once) / rate_hz < 3 and np.abs(once).max() > 0.05


def test_a_crash_of_espeak_is_not_waited_for(capfd):
    with pytest.raises(ValueError, match="crashed 3 times over 'hey'"):
        espeak.spoken("hey", "en-us+f3", {"no such parameter": 1}, 7)
    assert capfd.readouterr().err.count("eSpeak NG crashed over") == 3


def test_espeak_breathes_the_same_whenever_it_speaks():
    script = (
        "import hashlib; from scripts.samples.voices import espeak\n"
        "print(hashlib.sha256(espeak._speak('hey buster.', 'en-us+f3', {}, 7)[0].tobytes()).hexdigest())"
    )

    def spoken():
        return subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    once = spoken()
    time.sleep(1.1)  # the library starts its own generator with the second of the day
    assert spoken() == once


def test_espeak_has_many_speakers_and_none_for_judging():
    assert len(variants()) > 40
    assert Espeak("en").speakers("testing") == []


def test_espeak_alone_holds_some_speakers_out():
    people = {
        split: set(Espeak("de", examines=True).speakers(split)) for split in ("training", "validation", "testing")
    }
    assert set.union(*people.values()) == set(variants()) and sum(map(len, people.values())) == len(variants())
    assert min(map(len, people.values())) >= 3


def test_phonemes_keep_the_punctuation():
    said = phonemize("hey, buster. Come!", "en-us")
    assert [c for c in said if c in ".,!"] == [",", ".", "!"] and "bˈʌstɚ" in said


def test_quotes_and_other_alphabets_do_not_hurt():
    assert phonemize('d\'accord "Jürgen" 你好', "en-us")


def test_spellings_hold_the_phrase_as_typed():
    assert {"hey buster.", "hey buster?"} < set(spellings("hey buster."))


def test_of_several_words_two_in_nine_are_said_with_a_pause_between_two():
    assert spellings("hey, buster!")[7:] == ["hey, buster.", "hey... buster."]
    assert spellings("ok big buster")[14:] == [
        "ok, big buster.",
        "ok... big buster.",
        "ok big, buster.",
        "ok big... buster.",
    ]
    assert not any(pause in text for text in spellings("buster.") for pause in PAUSES)


def test_sentences_are_filled_in_and_varied():
    made = sentences(200, np.random.default_rng(1))
    assert len(set(made)) > 150 and not any(set("{}|") & set(text) for text in made)


class OneSpeaker:
    name, takes = "one", 1

    def speakers(self, split):
        return ["only"] if split == "training" else []


class ManySpeakers(OneSpeaker):
    name, takes = "many", 3

    def speakers(self, split):
        return ["a", "b"]


def test_clips_are_shared_out_exactly_and_held_out_splits_get_other_people():
    voices, shares = {"one": OneSpeaker(), "many": ManySpeakers()}, {"one": 30.0, "many": 70.0}
    training = generate.plan("positive", "training", [Script("x", {})], 101, voices, shares, seed=1)
    assert sum(r.clips for r in training) == 101
    assert sum(r.clips for r in training if r.voice == "one") == 30
    assert {r.voice for r in generate.plan("positive", "testing", [Script("x", {})], 10, voices, shares, seed=1)} == {
        "many"
    }


def test_where_no_voice_has_people_to_spare_it_is_said(capsys):
    requests = generate.plan("positive", "testing", [Script("x", {})], 5, {"one": OneSpeaker()}, {"one": 1.0}, seed=1)
    assert sum(r.clips for r in requests) == 5
    assert "same voices" in capsys.readouterr().out
