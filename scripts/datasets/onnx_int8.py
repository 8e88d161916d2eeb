"""Rewrite a network quantised to eight bits into the form that ONNX Runtime computes fastest, with the same integers.

    onnx.save(speed_up_int8(onnx.load("kokoro.onnx")), "faster.onnx")

Sums of products of integers are exact, so their order does not matter and the result is the same to the bit. Two things
matter for speed:

- The processor's instruction for them (VNNI) multiplies uint8 by int8, so weights stored as uint8 become int8: they and
  their zero point less 128. Without that instruction such sums would saturate, which `open_session`
  (scripts/samples/voices/onnx.py) prevents.
- ConvInteger does not use it and packs its weights in each run; MatMulInteger packs constant weights once, on loading.
  So a convolution of (1, channels, time) becomes a product of (1, time', kernel * channels) and (kernel * channels,
  outputs): each row holds the frames under the kernel one after the other, from the padded input as (1, time, channels).
"""

from typing import Any, NamedTuple

import numpy as np
from onnx import ModelProto, NodeProto, helper, numpy_helper

SHALLOW = 128  # products in a sum; with fewer, transposing the data costs more than is gained
INTEGER_OPERATIONS = ("ConvInteger", "MatMulInteger")


class Weights(NamedTuple):
    """The int8 weights of a node, and their zero point (a scalar, or one value for each output)."""

    values: np.ndarray
    zero_point: np.ndarray


def speed_up_int8(model: ModelProto) -> ModelProto:
    """Rewrite the ConvInteger and MatMulInteger of an ONNX model (opset 15 or later). Returns the model.

    Unchanged are computed weights, and convolutions in groups, of images, or with sums too short to gain.
    """
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    added: dict[str, np.ndarray] = {}
    nodes: list[NodeProto] = []
    for node in graph.node:
        weights_name, zero_name = (*node.input[1:4:2], "", "")[:2]
        if node.op_type in INTEGER_OPERATIONS and weights_name in constants and zero_name in {*constants, ""}:
            values = numpy_helper.to_array(constants[weights_name])
            zero = numpy_helper.to_array(constants[zero_name]) if zero_name else np.zeros((), values.dtype)
            rewrite = rewrite_product if node.op_type == "MatMulInteger" else rewrite_convolution
            nodes += rewrite(node, to_int8(values, zero), added)
        else:
            nodes.append(node)
    used_before = {name for node in graph.node for name in node.input}
    del graph.node[:]
    graph.node.extend(nodes)
    unused = used_before - {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name not in unused]
    del graph.initializer[:]
    graph.initializer.extend(kept + [numpy_helper.from_array(value, name) for name, value in added.items()])
    return model


def to_int8(values: np.ndarray, zero_point: np.ndarray) -> Weights:
    """uint8 weights and their zero point less 128; int8 ones as they are."""
    if values.dtype == np.uint8:
        values, zero_point = (
            np.bitwise_xor(array, 128, dtype=np.uint8).view(np.int8) for array in (values, zero_point)
        )
    return Weights(values, np.asarray(zero_point))


def rewrite_product(node: NodeProto, weights: Weights, added: dict[str, np.ndarray]) -> list[NodeProto]:
    """[a MatMulInteger like `node` with these weights], which are added to `added` under names derived from its own."""
    sound, name, zero, weights_zero = (*node.input, "", "")[:4]
    names = f"{name}/signed", f"{name}/{weights_zero}/signed"
    added.update(zip(names, weights))
    return [helper.make_node("MatMulInteger", [sound, names[0], zero, names[1]], node.output, name=node.name)]


def rewrite_convolution(node: NodeProto, weights: Weights, added: dict[str, np.ndarray]) -> list[NodeProto]:
    """The nodes that compute a ConvInteger with weights (outputs, channels, kernel); their constants go to `added`."""
    attributes: dict[str, Any] = {
        "group": 1,
        "auto_pad": b"NOTSET",
        "pads": [0, 0],
        "strides": [1],
        "dilations": [1],
        **{each.name: helper.get_attribute_value(each) for each in node.attribute},
    }
    outputs, channels, *kernel = weights.values.shape
    if (
        attributes["group"] != 1
        or attributes["auto_pad"] != b"NOTSET"
        or len(kernel) != 1
        or weights.zero_point.size != 1
        or channels * kernel[0] < SHALLOW
    ):
        return [node]
    (taps,), (stride,), (dilation,) = kernel, attributes["strides"], attributes["dilations"]
    before, after = attributes["pads"]
    sound, name, zero, weights_zero = (*node.input, "", "")[:4]
    output, nodes = node.output[0], []

    def apply(operation: str, *inputs: Any, to: str | None = None, **attributes: Any) -> str:
        """Add a node; inputs are names, or integers that become constants. Returns the name of its output."""
        added.update((f"faster/{value}", np.array(value, np.int64)) for value in inputs if not isinstance(value, str))
        names = [value if isinstance(value, str) else f"faster/{value}" for value in inputs]
        nodes.append(helper.make_node(operation, names, [to or f"{output}/{operation}"], **attributes))
        return nodes[-1].output[0]

    rows = apply("Transpose", sound, perm=[0, 2, 1])
    if before or after:
        rows = apply("Pad", rows, [0, before, 0, 0, after, 0], zero)
    if taps > 1 or stride > 1:
        length = apply("Squeeze", apply("Shape", rows, start=1, end=2))
        starts = apply("Range", 0, apply("Sub", length, (taps - 1) * dilation), stride)
        frames = apply("Add", apply("Unsqueeze", starts, [1]), [tap * dilation for tap in range(taps)])
        rows = apply("Reshape", apply("Gather", rows, frames, axis=1), [0, 0, taps * channels])
    product = helper.make_node("MatMulInteger", [rows, name, zero, weights_zero], [f"{output}/product"], name=node.name)
    matrix = weights.values.transpose(2, 1, 0).reshape(taps * channels, outputs)
    nodes += rewrite_product(product, Weights(matrix, weights.zero_point.reshape(())), added)
    apply("Transpose", product.output[0], perm=[0, 2, 1], to=output)
    return nodes
