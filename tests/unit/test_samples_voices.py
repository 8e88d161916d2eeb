"""Voices by name: how they are chosen, which files they have, and which speakers are in which split."""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from scripts.datasets import convert_voices, extract
from scripts.environment import install_torch
from scripts.samples.requests import Planner, Request, group_requests
from scripts.samples.voices import VOICES, Script, open_voices, shares
from scripts.samples.voices.base import select_split
from scripts.samples.voices.espeak import Espeak
from scripts.samples.voices.hibari import Hibari
from scripts.samples.voices.kokoro import Kokoro
from scripts.samples.voices.libritts import Libritts, slerp
from scripts.samples.voices.piper import END_CAP_FRAMES, LONGEST, Piper, phoneme_ids
from scripts.samples.voices.shares import can_speak, choose_heldout_voices, parse_shares

ROOT = Path(__file__).resolve().parents[2]
NAME = "de_DE-mls-medium"
VOICE_CLASSES = {"kokoro": Kokoro, "piper": Piper, "hibari": Hibari, "espeak": Espeak, "libritts": Libritts}


@pytest.mark.parametrize(
    "text, parsed",
    [
        ("piper:15 kokoro", {"piper": 15.0, "kokoro": 1.0}),
        ("piper:de_DE-thorsten-medium:20", {"de_DE-thorsten-medium": 20.0}),
        ("piper:nl_BE-rdh-x_low,espeak:.5", {"nl_BE-rdh-x_low": 1.0, "espeak": 0.5}),
    ],
)
def test_piper_voices_are_known_by_their_names(text, parsed):
    assert parse_shares(text) == parsed


@pytest.mark.parametrize(
    "text, message",
    [
        ("piper:thorsten:20", "no name of a Piper voice"),
        ("thorsten:2", "unknown voice 'thorsten'"),
        ("espeak espeak:2", "named twice"),
        ("piper:de_DE-thorsten-medium:x", "expected a number"),
    ],
)
def test_unknown_names_are_refused_with_a_sentence(text, message):
    with pytest.raises(ValueError, match=message):
        parse_shares(text)


@pytest.mark.parametrize(
    "name, languages",
    [
        ("de_DE-mls-medium", {"de"}),
        ("en_GB-alan-low", {"en", "en-gb"}),
        ("en_US-joe-medium", {"en"}),
        ("no_NO-talesyntese-medium", {"nb"}),
        ("flite", {"en"}),
        ("libritts", {"en"}),
    ],
)
def test_a_voice_speaks_its_language(name, languages):
    assert {code for code in ("en", "en-gb", "de", "nb", "fr") if can_speak(name, code)} == languages


def test_shares_of_voices():
    assert parse_shares("kokoro:40 espeak:10.5 piper") == {"kokoro": 40.0, "espeak": 10.5, "piper": 1.0}
    assert parse_shares("kokoro:1 espeak:0") == {"kokoro": 1.0}


@pytest.mark.parametrize(
    "text, message",
    [
        ("kokorro:1", "unknown voice 'kokorro'"),
        ("kokoro:many", "expected a number"),
        ("kokoro:-1", "0 or more"),
        ("kokoro:0", "no voice has a share"),
        ("", "no voice has a share"),
    ],
)
def test_wrong_shares_are_refused_with_a_sentence(text, message):
    with pytest.raises(ValueError, match=message):
        parse_shares(text)


def tiny_voice(path: Path) -> None:
    """A network with the inputs of a Piper voice of many people: noise as long as the ids, plus the speaker's number,
    plus durations."""
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "ids"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        helper.make_tensor_value_info("sid", TensorProto.INT64, [1]),
    ]
    nodes = [
        helper.make_node("Cast", ["input"], ["flat"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["flat", "axis"], ["long"]),
        helper.make_node("Ceil", ["long"], ["whole"]),
        helper.make_node("RandomNormalLike", ["whole"], ["random"]),
        helper.make_node("Cast", ["sid"], ["who"], to=TensorProto.FLOAT),
        helper.make_node("Sum", ["random", "who", "whole"], ["sound"]),
    ]
    graph = helper.make_graph(
        nodes,
        "voice",
        inputs,
        [helper.make_tensor_value_info("sound", TensorProto.FLOAT, None)],
        [helper.make_tensor("axis", TensorProto.INT64, [1], [0])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


@pytest.fixture
def fetched(tmp_path):
    """An archive directory as the fetcher leaves it for a voice of Piper's repository."""
    archive = tmp_path / "archive"
    archive.mkdir()
    tiny_voice(archive / f"{NAME}.onnx")
    (archive / f"{NAME}.onnx.json").write_text(
        json.dumps(
            {
                "audio": {"sample_rate": 22050},
                "espeak": {"voice": "de"},
                "num_speakers": 36,
                "phoneme_type": "espeak",
                "phoneme_id_map": {symbol: [number] for number, symbol in enumerate("_^$ haloktcuyçʏə\u0327ː.,")},
            }
        )
    )
    (archive / "MODEL_CARD").write_text("Licence: CC-BY 4.0\n")
    facts = lambda path: {"size_bytes": path.stat().st_size, "md5_digest": hashlib.md5(path.read_bytes()).hexdigest()}
    listed = {
        NAME: {"files": {f"de/de_DE/mls/medium/{path.name}": facts(path) for path in sorted(archive.iterdir())}},
        "de_DE-other-low": {},
    }
    (archive / "voices.json").write_text(json.dumps(listed))
    return archive


def unpack_and_convert(archive: Path) -> Path:
    raw, out = archive.with_name("raw"), archive.with_name("voice")
    extract.main(["--name", f"voice_{NAME}", "--archive", str(archive), "--out", str(raw)])
    convert_voices.main(["--name", f"voice_{NAME}", "--raw", str(raw), "--out", str(out)])
    return out


def test_a_piper_voice_of_many_people_speaks_as_each_of_them(fetched):
    voice = Piper(unpack_and_convert(fetched), NAME)
    people = {split: voice.speakers(split) for split in ("training", "validation", "testing")}
    assert sorted(sum(people.values(), []), key=int) == [str(i) for i in range(36)] and len(people["testing"]) == 3
    rng = lambda: np.random.default_rng(1)
    (first, rate_hz), (again, _), (other, _) = (voice.speak(Script("Küche", {}), who, rng()) for who in ("0", "0", "9"))
    assert rate_hz == 22050 and np.array_equal(first, again) and other - first == pytest.approx(9, abs=1e-4)
    assert voice.draw_speaker("testing", rng()) in people["testing"]


def test_silence_after_the_phrase_is_short_and_the_phrase_is_not(fetched):
    voice, run_inputs = Piper(unpack_and_convert(fetched), NAME), {}
    run = voice.session.run
    voice.session = SimpleNamespace(run=lambda outputs, inputs: run_inputs.update(inputs) or run(outputs, inputs))
    sound, _ = voice.speak(Script("ha, lo.", {}), "0", np.random.default_rng(1))
    (ids,), ((cap,),) = run_inputs["input"], run_inputs["cap"]
    last = max(place for place, number in enumerate(ids) if number not in voice.silent)
    assert len(ids) == len(cap) == len(sound) and 8 < last < len(ids) - 3
    assert set(cap[last + 2 :]) == {END_CAP_FRAMES} and set(cap[: last + 2]) == {LONGEST}
    (shorter,) = run(None, {**run_inputs, "cap": np.full_like(run_inputs["cap"], 2.0)})
    assert np.allclose(
        sound - shorter.ravel(), np.minimum(ids, cap) - np.minimum(ids, 2), atol=1e-5
    )  # the network keeps to it


def test_a_network_that_is_no_piper_voice_is_refused_in_a_sentence(tmp_path):
    graph = helper.make_graph(
        [helper.make_node("Ceil", ["x"], ["y"])],
        "other",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    onnx.save(helper.make_model(graph), tmp_path / "other.onnx")
    out = tmp_path / "voice"
    with pytest.raises(
        SystemExit,
        match="voice_joe cannot be converted: .* draws noise 0 times .* it is not a VITS voice. Delete .* can be left out of VOICES",
    ):
        convert_voices.main(["--name", "voice_joe", "--raw", str(tmp_path), "--out", str(out)])
    assert not out.exists()


def test_piper_gets_phonemes_in_its_own_spelling():
    table = {symbol: [number] for number, symbol in enumerate("_^$c\u0327ʏkhə")}
    ids = phoneme_ids({"phoneme_id_map": table, "espeak": {"voice": "de"}}, "Küche")
    assert ids == [1, 0, 6, 0, 5, 0, 3, 0, 4, 0, 8, 0, 2]  # ^ k ʏ c cedilla ə $, a pad after each


@pytest.mark.parametrize("name", [f"{NAME}.onnx", "MODEL_CARD"])
def test_a_piper_voice_that_is_not_as_listed_is_refused(fetched, name):
    with (fetched / name).open("ab") as out:
        out.write(b"x")
    with pytest.raises(SystemExit, match="is not what Piper's list of voices promises"):
        unpack_and_convert(fetched)
    assert not fetched.with_name("voice").exists()


def test_a_piper_voice_that_is_not_listed_is_refused_and_others_are_named(fetched):
    (fetched / "voices.json").write_text(json.dumps({"de_DE-other-low": {}, "nl_NL-x-low": {}}))
    with pytest.raises(SystemExit, match=f"no {NAME}. Those of its language: de_DE-other-low."):
        unpack_and_convert(fetched)


@pytest.mark.parametrize(
    "others, evaluates", [({}, True), ({"hibari": []}, True), ({"hibari": [], "kokoro": ["af_heart"]}, False)]
)
def test_espeak_evaluates_if_no_other_voice_can(monkeypatch, others, evaluates):
    for name, people in others.items():
        monkeypatch.setitem(
            VOICES, name, lambda datasets, language, people=people: SimpleNamespace(speakers=lambda split: people)
        )
    espeak = open_voices(["espeak", *others], Path(), "en")["espeak"]
    assert bool(espeak.speakers("testing")) == evaluates and not set(espeak.speakers("testing")) & set(
        espeak.speakers("training")
    )


def test_sentences_are_left_to_all_but_the_slow_voice():
    quick = Planner(dict(VOICE_CLASSES), dict.fromkeys(VOICE_CLASSES, 1.0), 1).without_slow_voices()
    assert list(quick.shares) == ["piper", "hibari", "espeak", "libritts"]
    assert Planner(dict(VOICE_CLASSES), {"kokoro": 1.0}, 1).without_slow_voices().shares == {"kokoro": 1.0}


def test_held_out_voices_speak_the_language_and_are_not_in_training(capsys, monkeypatch):
    assert choose_heldout_voices("flite", "en", {"kokoro": 45.0}) == {"flite": 1.0}
    assert choose_heldout_voices(" ", "en", {}) == {} and capsys.readouterr().out == ""
    german = choose_heldout_voices("flite piper:de_DE-thorsten-medium", "de", {"espeak": 1.0})
    assert german == {"de_DE-thorsten-medium": 1.0}
    assert "flite cannot be a held-out voice: it does not speak LANGUAGE=de" in capsys.readouterr().out
    assert choose_heldout_voices("flite", "en", {"flite": 20.0}) == {}
    assert "it speaks in training" in capsys.readouterr().out
    monkeypatch.setattr(shares.system, "MACOS", True)
    assert choose_heldout_voices("flite", "en", {"kokoro": 45.0}) == {}
    assert "exists for Linux only" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="HELDOUT_VOICES='flight': unknown voice 'flight'"):
        choose_heldout_voices("flight", "en", {})


def test_a_twelfth_of_the_speakers_is_reserved_for_each_of_two_splits():
    speakers = [str(i) for i in range(904)]
    parts = [set(select_split(speakers, split)) for split in ("training", "validation", "testing")]
    assert set.union(*parts) == set(speakers) and [len(part) for part in parts] == [754, 75, 75]


def test_speakers_are_mixed_along_the_sphere():
    a, b = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    assert slerp(a, b, 0.0) == pytest.approx(a) and slerp(a, b, 1.0) == pytest.approx(b)
    assert slerp(a, b, 0.5) == pytest.approx([2**-0.5, 2**-0.5, 0]) and np.linalg.norm(
        slerp(a, b, 0.3)
    ) == pytest.approx(1)
    assert slerp(a, a * 1.001, 0.5) == pytest.approx(a * 1.0005) and np.isfinite(slerp(a, -a, 0.5)).all()


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


def test_the_torch_lock_has_hashes_no_addresses_and_the_version_of_the_cpu_build():
    text = (ROOT / "requirements-torch.lock").read_text()
    locked = install_torch.packages(text)
    assert (
        "://" not in text
        and {"torch", "piper-tts"} <= set(locked)
        and all("--hash=sha256:" in lines for lines in locked.values())
    )
    assert locked["torch"].split()[0] + "+cpu" == install_torch.CPU_BUILD.split()[0]
    base = install_torch.packages((ROOT / "requirements.lock").read_text())
    assert all(lines.split()[0] == base[name].split()[0] for name, lines in locked.items() if name in base)


def test_cuda_is_installed_only_where_it_must_be(tmp_path, monkeypatch, capsys):
    (tmp_path / "lock").write_text(
        "# made\nsympy==1 \\\n    --hash=sha256:a\ntorch==2.13.0 \\\n    --hash=sha256:b\nnvidia-nccl==1 --hash=sha256:c\n"
    )
    for arguments, offered, installs in (
        (["--cuda"], True, ["sympy torch nvidia-nccl"]),
        ([], True, ["torch", "sympy"]),
        ([], False, ["torch", "sympy torch nvidia-nccl"]),
    ):
        asked = []
        monkeypatch.setattr(install_torch, "check_disk", lambda needs_mb: None)
        monkeypatch.setattr(
            install_torch,
            "install",
            lambda text: asked.append(" ".join(install_torch.packages(text))) or offered or len(asked) > 1,
        )
        install_torch.main(["--lock", str(tmp_path / "lock"), *arguments])
        assert [set(names.split()) for names in asked] == [set(names.split()) for names in installs]
        assert ("CUDA" in capsys.readouterr().out) == (not offered)


@pytest.mark.parametrize("arguments, free_mb, asked", [([], 1_000, 0), (["--cuda"], 8_000, 0), ([], 8_000, 1)])
def test_too_little_room_for_torch_is_said_before_it_is_fetched(tmp_path, monkeypatch, arguments, free_mb, asked):
    (tmp_path / "lock").write_text("torch==2.13.0 --hash=sha256:b\n")
    tried = []
    monkeypatch.setattr(install_torch, "install", lambda text: tried.append(text) and False)
    monkeypatch.setattr(install_torch.shutil, "disk_usage", lambda _: SimpleNamespace(free=free_mb * 10**6))
    with pytest.raises(SystemExit, match=rf"Torch takes about .* only {free_mb:,} MB are free .* leave libritts out"):
        install_torch.main(["--lock", str(tmp_path / "lock"), *arguments])
    assert len(tried) == asked, "the CPU build alone, where there is room for that"
