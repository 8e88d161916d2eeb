"""Voices that are fetched, by language, and the packages they need."""

import re

import pytest

WORDS = {"words_frequent/archive", "words_frequent/raw", "words_frequent/voice"}


def steps(name):
    return {f"{name}/{step}" for step in ("archive", "raw", "voice")}


@pytest.mark.parametrize(
    "voices, more",
    [
        ("kokoro:3 piper:2", set()),
        ("piper:de_DE-thorsten-medium:20 espeak", steps("voice_de_DE-thorsten-medium")),
        ("espeak,piper:nl_BE-rdh-x_low", steps("voice_nl_BE-rdh-x_low")),
        ("flite:2 libritts", steps("voice_flite") | steps("voice_libritts")),
    ],
)
def test_voices_that_are_named_are_fetched_as_well(fresh, voices, more):
    plain = fresh.plan("datasets", word=None)
    assert fresh.plan("datasets", f"VOICES={voices}", word=None) == plain | more


@pytest.mark.parametrize(
    "arguments, fetched, passed_on",
    [
        ((), {"voice_flite"}, "flite"),
        (("HELDOUT_VOICES=",), set(), ""),
        (("LANGUAGE=de",), set(), "flite"),
        (
            ("LANGUAGE=de", "HELDOUT_VOICES=flite,piper:de_DE-thorsten-medium"),
            {"voice_de_DE-thorsten-medium"},
            "flite piper:de_DE-thorsten-medium",
        ),
    ],
)
def test_heldout_voices_are_fetched_if_they_speak_the_language(fresh, arguments, fetched, passed_on):
    planned = {step.partition("/")[0] for step in fresh.plan("datasets", *arguments, word=None)}
    assert {name for name in planned if name in ("voice_flite", "voice_de_DE-thorsten-medium")} == fetched
    assert f" --heldout-voices '{passed_on}' " in fresh.built("-n", "samples", *arguments)


def test_a_piper_voice_comes_from_its_place_in_the_repository(fresh):
    values = fresh.built(
        "-s",
        "print-voice_de_DE-thorsten-medium_PACKAGES",
        "print-voice_de_DE-thorsten-medium_SHA256",
        "VOICES=piper:de_DE-thorsten-medium",
        word=None,
    )
    packages, sums = (line.partition("=")[2].split() for line in values.splitlines())
    place = r"https://\S+/resolve/[0-9a-f]{40}/"
    assert [re.fullmatch(place + "(.*)", package)[1] for package in packages] == [
        "voices.json",
        *(
            f"de/de_DE/thorsten/medium/{name}"
            for name in ("de_DE-thorsten-medium.onnx", "de_DE-thorsten-medium.onnx.json", "MODEL_CARD")
        ),
    ]
    assert len(sums) == len(packages)


@pytest.mark.parametrize(
    "voice", ["piper:de_DE", "piper:../../x_y-z-low", "piper:de_DE-x'$-low", "piper:de_DE-thorsten-best"]
)
def test_an_unknown_piper_voice_is_refused(fresh, voice):
    message = fresh.refused("datasets", f"VOICES={voice}", word=None)
    assert "is not a voice in Piper's repository" in message or "dollar sign" in message


@pytest.mark.parametrize(
    "arguments, strict",
    [((), False), (("VOICES=espeak",), True), (("VOICES=kokoro:45 piper:15 hibari:10 espeak:29",), True)],
)
def test_only_voices_that_the_user_chose_are_required(fresh, arguments, strict):
    command = fresh.built("-n", "sample", "LANGUAGE=de", *arguments)
    assert (" --strict " in command) == strict and "--language de " in command


def test_voices_in_the_users_settings_file_are_chosen(fresh):
    (fresh.root / "config.local.mk").write_text("VOICES = espeak\n")
    assert " --strict " in fresh.built("-n", "sample", "LANGUAGE=de")


def test_an_unknown_language_is_refused(fresh):
    assert "LANGUAGE=xx is not known: choose one of: en " in fresh.refused("train", "LANGUAGE=xx")


def test_only_libritts_installs_torch(with_environment):
    build = with_environment
    build.built("venv", word=None)
    assert not (build.root / "data/venv/torch.stamp").exists()
    build.built("sample", "VOICES=libritts:20 espeak:80")
    log = build.log()
    torch, say = (
        next(i for i, line in enumerate(log) if line.startswith(f"start scripts.{name}"))
        for name in ("environment.install_torch", "samples.preview")
    )
    assert torch < say and (build.root / "data/venv/torch.stamp").exists()
    build.built("venv", "VOICES=libritts", word=None)
    assert build.log() == []


@pytest.mark.parametrize("gpu, cuda", [("on", True), ("off", False)])
def test_a_graphics_card_gets_the_torch_made_for_it(with_environment, gpu, cuda):
    [command] = [
        line
        for line in with_environment.built("-n", "venv", "VOICES=libritts", f"GPU={gpu}", word=None).splitlines()
        if "scripts.environment.install_torch" in line
    ]
    assert command.endswith(" --cuda") == cuda
