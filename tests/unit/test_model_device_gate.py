"""The device gate: it accepts official models and says in a sentence what is wrong with damaged ones."""

from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from packages import needs_tflm

from scripts.core.files import read_json, sha256
from scripts.model import device, device_gate, device_rules, inputs, runtimes
from scripts.model.synthetic_speech import synthesise_speech

pymicro_wakeword = pytest.importorskip("pymicro_wakeword")
MODELS = Path(pymicro_wakeword.__file__).parent / "models"


@pytest.fixture(scope="module")
def speech():
    return synthesise_speech()


@pytest.fixture
def damage(tmp_path):
    """damage(change): write the official alexa after change(model object), return the path."""

    def write(change):
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel((MODELS / "alexa.tflite").read_bytes(), 0))
        change(model)
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), b"TFL3")
        path = tmp_path / "damaged.tflite"
        path.write_bytes(bytes(builder.Output()))
        return path

    return write


def refused(path, speech) -> str:
    report = device_gate.check(path, [speech])
    assert not report.accepted and not report.arena_measured, "a model wrong on paper is not run"
    return " ".join(report.reasons)


@needs_tflm
@pytest.mark.parametrize(
    "name, arena", [("alexa", 20_432), ("hey_jarvis", 19_808), ("hey_mycroft", 21_728), ("okay_nabu", 25_904)]
)
def test_official_models_pass(name, arena, speech):
    report = device_gate.check(MODELS / f"{name}.tflite", [speech])
    assert report.reasons == []
    assert (report.stride, report.resource_variables, report.schema_version) == (3, 6, 3)
    assert report.arena_measured == pytest.approx(arena, rel=0.05)
    assert report.arena_declared == 40_000
    assert report.steps_compared == 499 and report.largest_difference <= 1
    assert 0 < report.tflm_ms < 30


def test_rewritten_model_still_passes(damage, speech):
    assert device_gate.check(damage(lambda model: None), [speech]).accepted, "or the mutations below prove nothing"


def test_operator_the_device_lacks(damage, speech):
    def change(model):
        code = next(code for code in model.operatorCodes if code.builtinCode == schema.BuiltinOperator.LOGISTIC)
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE

    assert "no operator DEQUANTIZE" in refused(damage(change), speech)


def test_float_output(damage, speech):
    def change(model):
        model.subgraphs[0].tensors[model.subgraphs[0].outputs[0]].type = schema.TensorType.FLOAT32

    reasons = refused(damage(change), speech)
    assert "The output is FLOAT32; the device takes UINT8." in reasons and "int8 throughout" in reasons


@pytest.mark.parametrize("end, scale", [("inputs", 0.1), ("outputs", 1 / 255)])
def test_wrong_scale(end, scale, damage, speech):
    def change(model):
        model.subgraphs[0].tensors[getattr(model.subgraphs[0], end)[0]].quantization.scale = [scale]

    assert f"The {end[:-1]}'s scale is [0." in refused(damage(change), speech)


def test_wrong_zero_point(damage, speech):
    def change(model):
        model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].quantization.zeroPoint = [-127]

    assert "The input's zero point is [-127]; expected -128." in refused(damage(change), speech)


@pytest.mark.parametrize("shape", [[1, 3, 39], [2, 3, 40], [3, 40]])
def test_wrong_input_shape(shape, damage, speech):
    def change(model):
        model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = shape

    assert f"The input's shape is {shape}; expected [1, stride, 40]." in refused(damage(change), speech)


def test_schema_version(damage, speech):
    def change(model):
        model.version = 2

    assert "schema version is 2" in refused(damage(change), speech)


def add_variables(model, count):
    handle = next(
        operator
        for operator in model.subgraphs[0].operators
        if isinstance(operator.builtinOptions, schema.VarHandleOptionsT)
    )
    for number in range(count):
        extra = schema.OperatorT()
        extra.opcodeIndex, extra.builtinOptionsType = handle.opcodeIndex, handle.builtinOptionsType
        extra.builtinOptions = schema.VarHandleOptionsT()
        extra.builtinOptions.sharedName = f"extra_{number}"
        extra.inputs, extra.outputs = [], [len(model.subgraphs[0].tensors)]
        tensor = schema.TensorT()
        tensor.type, tensor.shape, tensor.buffer = schema.TensorType.RESOURCE, [], 0
        model.subgraphs[0].tensors.append(tensor)
        model.subgraphs[0].operators.append(extra)


def test_twenty_one_variables(damage, speech):
    assert "21 resource variables; the device has room for 20" in refused(
        damage(lambda model: add_variables(model, 15)), speech
    )


def test_twenty_variables_are_counted_and_not_refused(damage):
    report = device_rules.DeviceReport("")
    device_rules.inspect(damage(lambda model: add_variables(model, 14)).read_bytes(), report)
    assert report.resource_variables == 20 and report.accepted


def test_model_without_memory(damage, speech):
    def change(model):
        for code in model.operatorCodes:
            if code.builtinCode == schema.BuiltinOperator.VAR_HANDLE:
                code.builtinCode = schema.BuiltinOperator.ADD

    assert "no resource variables" in refused(damage(change), speech)


@pytest.mark.parametrize("length", [0, 6, 1000, 30_000])
def test_truncated_file(length, tmp_path, speech):
    path = tmp_path / "cut.tflite"
    path.write_bytes((MODELS / "alexa.tflite").read_bytes()[:length])
    assert "not a whole TFLite model" in refused(path, speech)


def test_all_reasons_at_once(damage, speech):
    def change(model):
        model.version = 2
        model.subgraphs[0].tensors[model.subgraphs[0].outputs[0]].shape = [1, 2]

    reasons = refused(damage(change), speech)
    assert "schema version" in reasons and "output's shape is [1, 2]" in reasons


@needs_tflm
def test_runtimes_that_disagree_are_a_reason(monkeypatch, speech):
    def fake(runtime, model_path, steps):
        outputs = np.zeros(len(steps), np.uint8)
        if runtime == "tflm":
            outputs[7] = 9
        return outputs, {"arena_measured": 20_000, "tflm_ms": 0.1} if runtime == "tflm" else {}

    monkeypatch.setattr(runtimes, "run", fake)
    assert (
        "disagree in 1 of 499 inferences, by up to 9/256"
        in device_gate.check(MODELS / "alexa.tflite", [speech]).reasons[0]
    )


@needs_tflm
def test_runtime_that_cannot_run_is_a_reason(tmp_path):
    with pytest.raises(RuntimeError, match="TFLM c"):
        runtimes.run("tflm", Path(__file__), np.zeros((1, 1, 3, 40), np.int8))


def test_memory_is_carried_from_step_to_step(speech):
    steps = inputs.make_inference_inputs(speech, 3)[:60]
    one_way, _ = runtimes.run("litert", MODELS / "hey_mycroft.tflite", np.concatenate([steps, steps]))
    assert not np.array_equal(one_way[:60], one_way[60:]), "the second time the model remembers the first"


def test_too_little_sound():
    with pytest.raises(ValueError, match="needs 100 or more"):
        device_gate.check(MODELS / "alexa.tflite", [np.zeros((30, 40), np.uint16)])


def test_quantise_is_the_devices_integer_rule():
    raw = np.arange(0, 700, dtype=np.uint16)
    expected = [max(-128, min(127, (value * 256 + 333) // 666 - 128)) for value in range(700)]
    assert inputs.quantise(raw).tolist() == expected
    assert inputs.quantise(raw / 25.6 * 25.6 - 1e-4).tolist() == expected, (
        "a value that came through floats is still that value"
    )


@pytest.mark.parametrize("measured, declared", [(20_432, 40_000), (29_629, 40_000), (29_630, 41_000), (40_000, 54_000)])
def test_the_declared_arena_has_a_margin_and_a_minimum(measured, declared):
    assert device_gate.choose_arena(measured) == declared


def test_publish_checked(tmp_path, speech):
    content = (MODELS / "alexa.tflite").read_bytes()
    device_gate.publish_checked(content, [speech.astype(np.float32)], tmp_path)
    assert (tmp_path / "model.tflite").read_bytes() == content
    facts = read_json(tmp_path / "device.json")
    assert (
        facts["reasons"] == []
        and facts["sha256"] == sha256(tmp_path / "model.tflite")
        and facts["arena_declared"] == 40_000
    )


def test_publish_checked_leaves_nothing_of_a_refused_model(tmp_path, speech):
    with pytest.raises(SystemExit, match="not a whole TFLite model"):
        device_gate.publish_checked(b"no model", [speech], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_command_line(tmp_path, capsys):
    device.main([str(MODELS / "okay_nabu.tflite"), "--json", str(tmp_path / "device.json")])
    assert read_json(tmp_path / "device.json")["stride"] == 3
    with pytest.raises(SystemExit, match="There is no model"):
        device.main([str(tmp_path / "nothing.tflite")])
    (tmp_path / "text.tflite").write_text("some text")
    with pytest.raises(SystemExit, match="would not run"):
        device.main([str(tmp_path / "text.tflite")])
