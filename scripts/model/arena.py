"""How much memory a model needs under TensorFlow Lite Micro, worked out from the file where TFLM itself cannot be run.

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    upper_bound(model, 3664)     # bytes, never under what TFLM uses on 64-bit x86

What TFLM keeps for good grows with the model's tensors, operators, variables and output channels (a multiplier and a
shift each, for the quantised sums of its kernels); what it reuses is at its highest while the operator runs whose
inputs and outputs, with all that is needed later, are largest. The factors are rounded up from a fit to measured
models; docs/SYSTEMS.md says how many and how near. A 32-bit device has smaller pointers, so that it keeps less; its
faster kernels' scratch memory is what device.ARENA_MARGIN is for.
"""

import numpy as np

A_TENSOR, AN_OPERATOR, A_CHANNEL = 32, 140, 10  # bytes kept
REUSED = 1.1  # times what is live at once, for gaps between what is of unequal size
ELSE = 1_200  # bytes: the interpreter, and the ends of the graph
ALIGNMENT = 16


def upper_bound(model, variable_bytes: int) -> int:
    """Bytes of arena that are enough for a model (ai_edge_litert's schema.ModelT) with so many bytes of resource
    variables."""
    from ai_edge_litert import schema_py_generated as schema

    channels_of = {
        schema.BuiltinOperator.CONV_2D,
        schema.BuiltinOperator.DEPTHWISE_CONV_2D,
        schema.BuiltinOperator.FULLY_CONNECTED,
    }
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    tensors = sum(len(graph.tensors) for graph in model.subgraphs)
    operators = [(graph, operator) for graph in model.subgraphs for operator in graph.operators or []]
    channels = sum(
        int(graph.tensors[operator.outputs[0]].shape[-1])
        for graph, operator in operators
        if codes[operator.opcodeIndex] in channels_of
    )
    kept = A_TENSOR * tensors + AN_OPERATOR * len(operators) + A_CHANNEL * channels + variable_bytes
    return int(np.ceil(kept + REUSED * max(live_at_once(graph) for graph in model.subgraphs) + ELSE))


def live_at_once(graph) -> int:
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
    sizes = {tensor: bytes_of(graph, tensor) for tensor in begins}
    return max(
        (
            sum(size for tensor, size in sizes.items() if begins[tensor] <= place <= ends[tensor])
            for place in range(len(operators))
        ),
        default=0,
    )


def bytes_of(graph, tensor: int) -> int:
    """Bytes of a tensor, aligned as TFLM aligns them."""
    from ai_edge_litert import schema_py_generated as schema

    about = graph.tensors[tensor]
    elements = 1 if about.shape is None else int(np.prod(about.shape))
    each = 4 if about.type in (schema.TensorType.INT32, schema.TensorType.RESOURCE) else 1
    return -(-elements * each // ALIGNMENT) * ALIGNMENT


def _indices(tensors) -> list[int]:
    return [] if tensors is None else [int(tensor) for tensor in tensors]
