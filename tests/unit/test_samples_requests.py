"""Clips are divided among voices exactly, requests are grouped for batched voices, and slow voices say no sentences."""

from scripts.samples.requests import Planner, Request, group_requests
from scripts.samples.voices import Script
from scripts.samples.voices.espeak import Espeak
from scripts.samples.voices.hibari import Hibari
from scripts.samples.voices.kokoro import Kokoro
from scripts.samples.voices.libritts import Libritts
from scripts.samples.voices.piper import Piper

VOICE_CLASSES = {"kokoro": Kokoro, "piper": Piper, "hibari": Hibari, "espeak": Espeak, "libritts": Libritts}


def test_sentences_are_left_to_all_but_the_slow_voice():
    quick = Planner(dict(VOICE_CLASSES), dict.fromkeys(VOICE_CLASSES, 1.0), 1).without_slow_voices()
    assert list(quick.shares) == ["piper", "hibari", "espeak", "libritts"]
    assert Planner(dict(VOICE_CLASSES), {"kokoro": 1.0}, 1).without_slow_voices().shares == {"kokoro": 1.0}


def test_requests_of_a_batched_voice_are_grouped_and_all_are_kept():
    requests = [
        Request("training", "positive", i, Script("x" * (i % 3 + 1), {}), voice, 1)
        for voice, count in (("kokoro", 3), ("libritts", 10))
        for i in range(count)
    ]
    groups = group_requests(requests, 4)
    assert sorted(map(len, groups)) == [1, 1, 1, 2, 4, 4]
    assert sorted((r.voice, r.number) for group in groups for r in group) == sorted(
        (r.voice, r.number) for r in requests
    )
    assert all(len({r.voice for r in group}) == 1 for group in groups)


class OneSpeaker:
    name, clips_per_rendering = "one", 1

    def speakers(self, split):
        return ["only"] if split == "training" else []


class ManySpeakers(OneSpeaker):
    name, clips_per_rendering = "many", 3

    def speakers(self, split):
        return ["a", "b"]


def test_clips_are_divided_exactly_and_each_split_has_its_own_speakers():
    planner = Planner({"one": OneSpeaker(), "many": ManySpeakers()}, {"one": 30.0, "many": 70.0}, seed=1)
    training = planner.plan("positive", "training", [Script("x", {})], 101)
    assert sum(r.clips for r in training) == 101
    assert sum(r.clips for r in training if r.voice == "one") == 30
    assert {r.voice for r in planner.plan("positive", "testing", [Script("x", {})], 10)} == {"many"}


def test_if_no_voice_has_speakers_left_a_line_says_so(capsys):
    requests = Planner({"one": OneSpeaker()}, {"one": 1.0}, seed=1).plan("positive", "testing", [Script("x", {})], 5)
    assert sum(r.clips for r in requests) == 5
    assert "the same speakers" in capsys.readouterr().out
