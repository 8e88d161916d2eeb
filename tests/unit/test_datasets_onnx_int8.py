"""A rewritten quantised network gives the same integers; unknown operations stay as they are."""

from contextlib import nullcontext

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from scripts.core import system
from scripts.datasets.onnx_int8 import speed_up_int8
from scripts.samples.voices.onnx import open_session

CHANNELS, OUTPUTS, FRAMES = 128, 5, 61


def network(op, weights, zero, point=117, constant=True, **attributes):
    """A model of one node: y = op(x, weights), x of zero point `point`, weights of `zero`; None leaves an input out."""
    shape = [None] * (np.ndim(weights) if op == "ConvInteger" else 3)
    inputs = [helper.make_tensor_value_info("x", TensorProto.UINT8, shape)]
    constants = {
        name: np.asarray(value)
        for name, value in (("w", weights), ("zero", zero), ("point", None if point is None else np.uint8(point)))
        if value is not None
    }
    if not constant:
        inputs.append(helper.make_tensor_value_info("w", TensorProto.UINT8, np.shape(weights)))
        del constants["w"]
    names = ["x", "w", "point" * (point is not None), "zero" * (zero is not None)]
    graph = helper.make_graph(
        [helper.make_node(op, names, ["y"], **attributes)],
        "one",
        inputs,
        [helper.make_tensor_value_info("y", TensorProto.INT32, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def run(model, x, path):
    """Its output in a session as voices open it."""
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return open_session(path).run(None, {"x": x})[0]


def operations(model):
    return [node.op_type for node in model.graph.node]


def draw(shape, seed, low=0):
    return np.random.default_rng(seed).integers(low, 256, shape).astype(np.uint8)


@pytest.mark.parametrize(
    "kernel, stride, dilation, pads",
    [
        (1, 1, 1, (0, 0)),
        (3, 1, 1, (1, 1)),
        (5, 1, 1, (2, 2)),
        (7, 1, 3, (9, 9)),
        (11, 1, 5, (25, 25)),
        (11, 1, 1, (5, 5)),
        (3, 1, 2, (0, 3)),
        (5, 1, 1, (4, 0)),
        (12, 6, 1, (3, 3)),
        (3, 2, 2, (1, 0)),
        (1, 2, 1, (0, 0)),
        (1, 1, 1, (2, 1)),
        (61, 1, 1, (0, 0)),
    ],
)
@pytest.mark.parametrize(
    "point, zero", [(117, np.uint8(66)), (0, np.array([255], np.uint8)), (255, None), (None, np.uint8(0))]
)
def test_a_convolution_gives_the_same_integers(kernel, stride, dilation, pads, point, zero, tmp_path):
    x = draw((1, CHANNELS, FRAMES), 1)
    model = network(
        "ConvInteger",
        draw((OUTPUTS, CHANNELS, kernel), 2),
        zero,
        point,
        strides=[stride],
        dilations=[dilation],
        pads=pads,
    )
    expected = run(model, x, tmp_path / "before.onnx")
    rewritten = speed_up_int8(model)
    output = run(rewritten, x, tmp_path / "after.onnx")
    assert "MatMulInteger" in operations(rewritten) and "ConvInteger" not in operations(rewritten)
    assert output.dtype == np.int32 and np.array_equal(output, expected)
    assert (tmp_path / "after.onnx").stat().st_size < OUTPUTS * CHANNELS * kernel + 4000  # the weights are there once


def test_a_convolution_of_a_batch_without_attributes_gives_the_same_integers(tmp_path):
    x, model = draw((3, CHANNELS, FRAMES), 1), network("ConvInteger", draw((OUTPUTS, CHANNELS, 3), 2), np.uint8(3))
    expected = run(model, x, tmp_path / "before.onnx")
    assert np.array_equal(run(speed_up_int8(model), x, tmp_path / "after.onnx"), expected)


@pytest.mark.parametrize("zero", [None, np.uint8(66), draw(OUTPUTS, 3)])
@pytest.mark.parametrize("point", [None, 200])
def test_a_product_gives_the_same_integers(zero, point, tmp_path):
    x, model = draw((1, FRAMES, CHANNELS), 1), network("MatMulInteger", draw((CHANNELS, OUTPUTS), 2), zero, point)
    expected = run(model, x, tmp_path / "before.onnx")
    rewritten = speed_up_int8(model)
    assert numpy_helper.to_array(rewritten.graph.initializer[-2]).dtype == np.int8
    assert np.array_equal(run(rewritten, x, tmp_path / "after.onnx"), expected)


def test_weights_of_two_nodes_are_stored_once(tmp_path):
    model = network("MatMulInteger", draw((CHANNELS, OUTPUTS), 2), np.uint8(9))
    model.graph.node.append(helper.make_node("MatMulInteger", ["x", "w", "", "zero"], ["z"]))
    model.graph.output.append(helper.make_tensor_value_info("z", TensorProto.INT32, None))
    rewritten = speed_up_int8(model)
    assert sorted(len(tensor.raw_data) for tensor in rewritten.graph.initializer) == [1, 1, CHANNELS * OUTPUTS]


@pytest.mark.parametrize(
    "model",
    [
        network("ConvInteger", draw((4, 128, 3), 1), np.uint8(9), group=2),
        network("ConvInteger", draw((4, 128, 3, 3), 1), np.uint8(9)),
        network("ConvInteger", draw((4, 128, 3), 1), draw(4, 2)),
        network("ConvInteger", draw((4, 128, 3), 1), np.uint8(9), auto_pad="SAME_UPPER"),
        network("ConvInteger", draw((4, 42, 3), 1), np.uint8(9)),
        network("ConvInteger", draw((4, 128, 3), 1), np.uint8(9), constant=False),
        network("MatMulInteger", draw((128, 4), 1), np.uint8(9), constant=False),
        network("Sum", draw((128, 4), 1), np.uint8(9)),
    ],
    ids=[
        "groups",
        "image",
        "zero point a channel",
        "auto_pad",
        "shallow",
        "computed weights",
        "computed factor",
        "another operation",
    ],
)
def test_operations_that_cannot_be_rewritten_stay(model):
    before = model.SerializeToString()
    assert speed_up_int8(model).SerializeToString() == before


@pytest.mark.parametrize(
    "flags, exact", [("fma avx2", True), ("avx2 avx_vnni", False), ("avx512f avx512_vnni", False), (None, True)]
)
def test_sums_are_exact_on_any_processor(flags, exact, tmp_path, monkeypatch):
    """On a processor without VNNI these sums are wrong unless the session has the option."""
    monkeypatch.setattr(system, "CPUINFO", tmp_path / "cpuinfo")
    if flags:
        system.CPUINFO.write_text(f"flags\t\t: {flags}\n")
    x, weights = draw((1, FRAMES, CHANNELS), 1, low=200), draw((CHANNELS, OUTPUTS), 2)
    output = run(speed_up_int8(network("MatMulInteger", weights, np.uint8(66))), x, tmp_path / "model.onnx")
    assert np.array_equal(output, (x.astype(np.int64) - 117) @ (weights.astype(np.int64) - 66))
    with nullcontext() if exact else pytest.raises(RuntimeError, match="does not have"):
        assert (
            open_session(tmp_path / "model.onnx")
            .get_session_options()
            .get_session_config_entry("session.x64quantprecision")
            == "1"
        )
