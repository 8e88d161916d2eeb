"""The same integers sooner: a network quantised to eight bits, in the form which ONNX Runtime multiplies fastest.

    onnx.save(faster(onnx.load("kokoro.onnx")), "faster.onnx")

Sums of products of integers are exact, so their order does not matter, and the same comes out to the bit. Two things do
matter:

- The processor's instruction for them (VNNI) multiplies uint8 by int8. So weights stored as uint8 become int8: they and
their zero
  point less 128. Without that instruction such sums would saturate, which `open_session` (scripts/samples/voices/onnx.py) prevents.
- ConvInteger does not use it, and packs what it multiplies anew in each run; MatMulInteger packs constant weights once,
on loading.
  So a convolution of (1, channels, time) becomes a product of (1, time', kernel * channels) and (kernel * channels, outputs): each
  row holds the frames under the kernel one after the other, gathered from the padded input as (1, time, channels).
"""

SHALLOW = 128  # products in a sum; with fewer, turning the data around costs more than is gained


def faster(model):
    """Rewrite the ConvInteger and MatMulInteger of an ONNX model (opset 15 or later). Returns the model.

    Left as they are: weights that are computed, and convolutions in groups, of images, or with sums too short to pay.
    """
    import numpy as np
    from onnx import numpy_helper

    graph = model.graph
    constants, made = {tensor.name: tensor for tensor in graph.initializer}, {}
    nodes = []
    for node in graph.node:
        names = (*node.input[1:4:2], "", "")[:2]
        if node.op_type in ("ConvInteger", "MatMulInteger") and names[0] in constants and names[1] in {*constants, ""}:
            weights = numpy_helper.to_array(constants[names[0]])
            zero = numpy_helper.to_array(constants[names[1]]) if names[1] else np.zeros((), weights.dtype)
            if weights.dtype == np.uint8:
                weights, zero = (np.bitwise_xor(value, 128, dtype=np.uint8).view(np.int8) for value in (weights, zero))
            nodes += (_multiplied if node.op_type == "MatMulInteger" else _convolved)(
                node, weights, np.asarray(zero), made
            )
        else:
            nodes.append(node)
    before = {name for node in graph.node for name in node.input}
    del graph.node[:]
    graph.node.extend(nodes)
    idle = before - {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name not in idle]
    del graph.initializer[:]
    graph.initializer.extend(kept + [numpy_helper.from_array(value, name) for name, value in made.items()])
    return model


def _multiplied(node, weights, zero, made):
    """[a MatMulInteger like `node` with these weights and their zero point], which are added to `made`, by names made
    from theirs."""
    from onnx import helper

    data, name, point, its_point = (*node.input, "", "")[:4]
    names = f"{name}/signed", f"{name}/{its_point}/signed"
    made.update(zip(names, (weights, zero)))
    return [helper.make_node("MatMulInteger", [data, names[0], point, names[1]], node.output, name=node.name)]


def _convolved(node, weights, zero, made):
    """The nodes that say what a ConvInteger says with int8 weights (outputs, channels, kernel); what they need is added
    to `made`."""
    import numpy as np
    from onnx import helper

    given = {
        "group": 1,
        "auto_pad": b"NOTSET",
        "pads": [0, 0],
        "strides": [1],
        "dilations": [1],
        **{each.name: helper.get_attribute_value(each) for each in node.attribute},
    }
    outputs, channels, *kernel = weights.shape
    if (
        given["group"] != 1
        or given["auto_pad"] != b"NOTSET"
        or len(kernel) != 1
        or zero.size != 1
        or channels * kernel[0] < SHALLOW
    ):
        return [node]
    (taps,), (stride,), (dilation,), (before, after) = kernel, given["strides"], given["dilations"], given["pads"]
    data, name, point, its_point = (*node.input, "", "")[:4]
    output, nodes = node.output[0], []

    def apply(op, *inputs, to=None, **attributes):
        made.update((f"faster/{value}", np.array(value, np.int64)) for value in inputs if not isinstance(value, str))
        names = [value if isinstance(value, str) else f"faster/{value}" for value in inputs]
        nodes.append(helper.make_node(op, names, [to or f"{output}/{op}"], **attributes))
        return nodes[-1].output[0]

    rows = apply("Transpose", data, perm=[0, 2, 1])
    if before or after:
        rows = apply("Pad", rows, [0, before, 0, 0, after, 0], point)
    if taps > 1 or stride > 1:
        length = apply("Squeeze", apply("Shape", rows, start=1, end=2))
        starts = apply("Range", 0, apply("Sub", length, (taps - 1) * dilation), stride)
        frames = apply("Add", apply("Unsqueeze", starts, [1]), [tap * dilation for tap in range(taps)])
        rows = apply("Reshape", apply("Gather", rows, frames, axis=1), [0, 0, taps * channels])
    product = helper.make_node("MatMulInteger", [rows, name, point, its_point], [f"{output}/product"], name=node.name)
    nodes += _multiplied(product, weights.transpose(2, 1, 0).reshape(taps * channels, outputs), zero.reshape(()), made)
    apply("Transpose", product.output[0], perm=[0, 2, 1], to=output)
    return nodes
