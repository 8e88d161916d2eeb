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
from scripts.samples.voices import VOICES, Script, open_voices
from scripts.samples.voices.base import select_split
from scripts.samples.voices.libritts import slerp
from scripts.samples.voices.piper import END_CAP_FRAMES, LONGEST, Piper, phoneme_ids

NAME = "de_DE-mls-medium"


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


def test_a_network_that_is_not_a_piper_voice_is_refused_in_a_sentence(tmp_path):
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
    ids = phoneme_ids({"phoneme_id_map": table, "espeak": {"voice": "de"}}, Script("Küche", {}))
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
