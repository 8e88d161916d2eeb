"""Where TensorFlow Lite Micro has no package, LiteRT replaces it: how closely they agree, and that pages mention it."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from packages import needs_tflm

from scripts.core import audio
from scripts.core.files import write_json
from scripts.live.published import find_published
from scripts.live.streaming import StreamingDetector
from scripts.model import arena, conversion, device_gate, device_rules, inputs, mixednet, runtimes
from scripts.model.synthetic_speech import synthesise_speech
from scripts.publish import summary
from scripts.publish.report_page import render_page
from scripts.tools import probes

pymicro_wakeword = pytest.importorskip("pymicro_wakeword")
MODELS = Path(pymicro_wakeword.__file__).parent / "models"
OFFICIAL = ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")
NOT_RUN = "TensorFlow Lite Micro, the device's own runtime, was not run"


@pytest.fixture(scope="module")
def speech():
    return synthesise_speech(60.0)


@pytest.fixture
def no_tflm(monkeypatch):
    """As on arm64 and macOS, where there is no such package."""
    monkeypatch.setitem(sys.modules, "tflite_micro", None)


@needs_tflm
def test_litert_gives_the_outputs_of_tflm_but_for_a_256th_now_and_then(speech):
    """8,000 inferences of four official models: under one in a thousand differs, and by no more than 1/256."""
    different, count, largest = 0, 0, 0
    for name in OFFICIAL:
        steps = inputs.make_inference_inputs(speech, 3)
        tflm, litert = runtimes.Tflm(MODELS / f"{name}.tflite"), runtimes.LiteRt(MODELS / f"{name}.tflite")
        assert tflm.stride == litert.stride == 3
        difference = np.abs([tflm(step) - litert(step) for step in steps])
        different, count, largest = (
            different + np.count_nonzero(difference),
            count + len(steps),
            max(largest, difference.max()),
        )
    assert count > 7_900 and different < count / 1_000 and largest <= 1


def test_the_gate_without_tflm_checks_on_paper_and_under_litert(no_tflm, speech):
    checked = device_gate.check(MODELS / "okay_nabu.tflite", [speech])
    assert checked.reasons == [] and checked.runtimes == ["LiteRT"]
    assert (checked.arena_measured, checked.steps_compared, checked.tflm_ms) == (0, 0, 0.0)
    assert checked.arena_declared == device_gate.choose_arena(checked.arena_bound) >= 40_000
    assert checked.output_range[1] > checked.output_range[0], "it was run"


def test_the_gate_without_tflm_refuses_what_litert_cannot_run(no_tflm, speech, monkeypatch):
    def broken(runtime, model_path, steps):
        raise RuntimeError(f"{runtimes.NAMES[runtime]} cannot run the model: no")

    monkeypatch.setattr(runtimes, "run", broken)
    checked = device_gate.check(MODELS / "alexa.tflite", [speech])
    assert checked.reasons == ["LiteRT cannot run the model: no."] and not checked.arena_declared


@needs_tflm
def test_the_gate_with_tflm_names_both(speech):
    checked = device_gate.check(MODELS / "alexa.tflite", [speech])
    assert (
        checked.runtimes == ["TFLM", "LiteRT"]
        and checked.arena_measured < checked.arena_bound < 1.3 * checked.arena_measured
    )


SHAPES = (
    {},
    {"BLOCKS": ((3, 8),), "CONTEXT": 1, "FIRST_FILTERS": 8},
    {"BLOCKS": ((31, 128), (9, 16), (5, 128), (23, 64), (7, 8), (3, 96)), "CONTEXT": 30},
    {"STRIDE": 1, "FIRST_KERNEL": 3, "FIRST_FILTERS": 64, "BLOCKS": ((11, 128), (21, 128))},
)


@needs_tflm
@pytest.mark.parametrize("shape", SHAPES, ids=["ours", "least", "deep", "wide"])
def test_the_bound_of_the_arena_is_above_what_tflm_uses(shape, monkeypatch, tmp_path, speech):
    """Networks from 6 to 50 kB of arena, exported with random weights. docs/SYSTEMS.md tells of more."""
    for name, value in shape.items():
        monkeypatch.setattr(mixednet, name, value)
    content = conversion.convert_weights(mixednet.draw_weights(np.random.default_rng(1)), [speech[:150]])
    (tmp_path / "model.tflite").write_bytes(content)
    checked = device_rules.DeviceReport("")
    device_rules.inspect(content, checked)
    _, facts = runtimes.run("tflm", tmp_path / "model.tflite", np.zeros((3, 1, mixednet.STRIDE, 40), np.int8))
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    assert checked.reasons == [] and checked.arena_bound == arena.find_upper_bound(model, checked.variable_bytes)
    assert facts["arena_measured"] < checked.arena_bound < 1.35 * facts["arena_measured"]


def test_tensors_that_are_live_at_once_are_counted():
    class Tensor:
        def __init__(self, elements):
            self.shape, self.type = [elements], 9  # int8

    class Operator:
        def __init__(self, inputs, outputs):
            self.inputs, self.outputs = inputs, outputs

    class Graph:
        tensors = [Tensor(16), Tensor(160), Tensor(320), Tensor(1), Tensor(1_000)]  # the last one is a constant
        inputs, outputs = [0], [3]
        operators = [Operator([0, 4], [1]), Operator([1], [2]), Operator([2], [3])]

    assert arena.count_live_bytes(Graph) == 16 + 160 + 320, "while the second runs; an input is kept throughout"


@needs_tflm
def test_the_streaming_detector_without_tflm_detects_the_same_calls(alexa_data, three_calls, monkeypatch):
    published, whole = find_published(alexa_data, "alexa"), audio.read(three_calls[0])
    with_it = StreamingDetector(published).push(whole)
    monkeypatch.setitem(sys.modules, "tflite_micro", None)
    detector = StreamingDetector(published)
    assert isinstance(detector._model, runtimes.LiteRt)
    without = detector.push(whole)
    assert (
        [moment.time_s for moment in without if moment.detected]
        == [moment.time_s for moment in with_it if moment.detected]
        != []
    )
    assert max(abs(one.output - other.output) * 255 for one, other in zip(with_it, without, strict=True)) < 1.5


@pytest.mark.parametrize("runtimes_run, mentioned", [(["LiteRT"], True), (["TFLM", "LiteRT"], False), (None, False)])
def test_summary_and_report_say_that_tflm_was_not_run(published_model, tmp_path, runtimes_run, mentioned):
    import shutil

    directory = tmp_path / "published"
    shutil.copytree(next((published_model / "output").glob("2026*")), directory)
    facts = json.loads((directory / "device.json").read_text())
    if runtimes_run is not None:
        facts["runtimes"] = runtimes_run
    if mentioned:
        facts |= {"arena_measured": 0, "tflm_ms": 0.0, "steps_compared": 0}
    write_json(directory / "device.json", facts)
    text, page = summary.summarise(directory), render_page(directory, "hey_buster", None)
    assert (NOT_RUN in text) is mentioned and ("the memory it declares is an upper bound" in page) is mentioned
    assert ("measured under TensorFlow Lite Micro on a PC" in page) is not mentioned and (
        "outputs differ between" in page
    ) is not mentioned
    assert ("time per inference" in page) is not mentioned


def test_the_probe_reports_a_missing_package_as_a_fault_only_where_there_is_one(no_tflm, monkeypatch, capsys):
    monkeypatch.setattr(runtimes, "tflm_is_expected", lambda: True)  # x86 Linux, where it should be
    with pytest.raises(SystemExit) as broken:
        probes.main(["micro"])
    assert broken.value.code == 1 and "not installed" in capsys.readouterr().out
    monkeypatch.setattr(runtimes, "tflm_is_expected", lambda: False)
    with pytest.raises(SystemExit) as absent:
        probes.main(["micro"])
    assert absent.value.code == probes.ABSENT and "on paper and under LiteRT" in capsys.readouterr().out
    probes.main(["litert"])
