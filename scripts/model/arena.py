"""How much memory a model needs under TensorFlow Lite Micro, worked out from the file where TFLM itself cannot run.

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    find_upper_bound(model, 3664)     # bytes, never under what TFLM uses on 64-bit x86

What TFLM keeps for good grows with the model's tensors, operators, variables and output channels (a multiplier and a
shift each, for the quantised sums of its kernels); the memory it reuses is largest while the operator runs whose inputs
and outputs, with everything needed later, are largest. The factors are rounded up from a fit to measured models;
docs/SYSTEMS.md gives their number and the error. A 32-bit device has smaller pointers, so that it keeps less; the
scratch memory of its faster kernels is covered by device_gate.ARENA_MARGIN.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

TENSOR_BYTES, OPERATOR_BYTES, CHANNEL_BYTES = 32, 140, 10  # kept
REUSED = 1.1  # times what is live at once, for gaps between tensors of unequal size
OTHER_BYTES = 1_200  # the interpreter, and the ends of the graph
ALIGNMENT = 16
WITH_CHANNELS = {
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.FULLY_CONNECTED,
}


def find_upper_bound(model, variable_bytes: int) -> int:
    """Bytes of arena that are enough for a model (schema.ModelT) with so many bytes of resource variables."""
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    tensors = sum(len(graph.tensors) for graph in model.subgraphs)
    operators = [(graph, operator) for graph in model.subgraphs for operator in graph.operators or []]
    channels = sum(
        int(graph.tensors[operator.outputs[0]].shape[-1])
        for graph, operator in operators
        if codes[operator.opcodeIndex] in WITH_CHANNELS
    )
    kept = TENSOR_BYTES * tensors + OPERATOR_BYTES * len(operators) + CHANNEL_BYTES * channels + variable_bytes
    return int(np.ceil(kept + REUSED * max(count_live_bytes(graph) for graph in model.subgraphs) + OTHER_BYTES))


def count_live_bytes(graph) -> int:
    """The most bytes of computed tensors that are needed at the same time while a subgraph's operators run in their
    order."""
    operators = graph.operators or []
    begins = dict.fromkeys(_indices(graph.inputs), 0)
    ends = dict.fromkeys(_indices(graph.inputs), len(operators))
    for place, operator in enumerate(operators):
        for tensor in _indices(operator.outputs):
            begins.setdefault(tensor, place)
            ends[tensor] = max(ends.get(tensor, 0), place)
        for tensor in _indices(operator.inputs):
            if tensor in begins:  # others are constants, which stay in the file
                ends[tensor] = max(ends[tensor], place)
    ends |= dict.fromkeys(_indices(graph.outputs), len(operators))
    sizes = {tensor: count_bytes(graph, tensor) for tensor in begins}
    return max(
        (
            sum(size for tensor, size in sizes.items() if begins[tensor] <= place <= ends[tensor])
            for place in range(len(operators))
        ),
        default=0,
    )


def count_bytes(graph, tensor: int) -> int:
    """Bytes of a tensor, aligned as TFLM aligns them."""
    about = graph.tensors[tensor]
    elements = 1 if about.shape is None else int(np.prod(about.shape))
    each = 4 if about.type in (schema.TensorType.INT32, schema.TensorType.RESOURCE) else 1
    return -(-elements * each // ALIGNMENT) * ALIGNMENT


def _indices(tensors) -> list[int]:
    return [] if tensors is None else [int(tensor) for tensor in tensors]
