"""The demands of ESPHome's micro_wake_word on a model's file, checked without running it.

    report = DeviceReport("model.tflite")
    inspect(content, report)                 # fills report.operators, input, output, ..., reasons

The demands are those of esphome/components/micro_wake_word/streaming_model.cpp (`register_streaming_ops_`: a resolver
of 20 operators; `load_model_`: schema, shapes, types, 20 resource variables) and of micro_wake_word.cpp
(`generate_features_`: the scale of the inputs).
"""

from dataclasses import asdict, dataclass, field

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from scripts.core.formatting import without_tflm
from scripts.model import arena
from scripts.model.inputs import CHANNELS, INPUT_SCALE

OPERATORS = [
    "CALL_ONCE",
    "VAR_HANDLE",
    "RESHAPE",
    "READ_VARIABLE",
    "STRIDED_SLICE",
    "CONCATENATION",
    "ASSIGN_VARIABLE",
    "CONV_2D",
    "MUL",
    "ADD",
    "MEAN",
    "FULLY_CONNECTED",
    "LOGISTIC",
    "QUANTIZE",
    "DEPTHWISE_CONV_2D",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "PAD",
    "PACK",
    "SPLIT_V",
]
TENSOR_TYPES = ("INT8", "UINT8", "INT32", "RESOURCE")  # int8 throughout; sums and shapes are int32, the output uint8
SCHEMA_VERSION = 3
MOST_VARIABLES = 20
OUTPUT_SCALE = 1 / 256
OPERATOR_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
TYPE_NAMES = {code: name for name, code in vars(schema.TensorType).items() if not name.startswith("_")}


@dataclass
class DeviceReport:
    """What the gate measured. `reasons` holds a sentence for everything wrong: [] means the device accepts the model."""

    model: str
    sha256: str = ""
    file_bytes: int = 0
    schema_version: int = 0
    operators: list[str] = field(default_factory=list)
    input: dict = field(default_factory=dict)  # shape, type, scale, zero_point
    output: dict = field(default_factory=dict)
    stride: int = 0  # frames of 10 ms per inference
    resource_variables: int = 0
    variable_bytes: int = 0
    runtimes: list[str] = field(default_factory=list)  # that ran it: TFLM and LiteRT, or LiteRT alone
    arena_bound: int = 0  # bytes that are enough, worked out from the file
    arena_measured: int = 0  # bytes under TFLM on this machine; 0 where TFLM was not run
    arena_declared: int = 0  # bytes, for the manifest
    tflm_ms: float = 0.0  # median of one inference, on this machine
    steps_compared: int = 0  # inferences
    steps_different: int = 0
    largest_difference: int = 0  # in units of 1/256
    output_range: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return not self.reasons

    def summary(self) -> str:
        """One line for the log."""
        measured = f"{self.arena_measured} bytes measured" if self.arena_measured else f"under {self.arena_bound} bytes"
        compared = f"TFLM and LiteRT differ in {self.steps_different} of {self.steps_compared} inferences."
        return (
            f"{self.file_bytes} bytes, {self.resource_variables} variables, arena {measured}, {self.arena_declared} declared. "
            f"{without_tflm(asdict(self)) or compared}"
        )


def inspect(content: bytes, report: DeviceReport) -> None:
    """Fill in what a file says of itself, and a reason for everything that the device does not accept."""
    try:
        if content[4:8] != b"TFL3":
            raise ValueError("it does not carry the TFL3 mark")
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    except Exception as error:  # flatbuffers has no verifier in Python: a broken file can raise anything
        report.reasons.append(
            f"The file is not a whole TFLite model ({type(error).__name__}: {error}); export it again."
        )
        return
    report.schema_version = model.version
    if model.version != SCHEMA_VERSION:
        report.reasons.append(f"The schema version is {model.version}; the device reads version {SCHEMA_VERSION} only.")
    codes = [OPERATOR_NAMES.get(max(code.builtinCode, code.deprecatedBuiltinCode), "?") for code in model.operatorCodes]
    _inspect_operators(model, codes, report)
    _inspect_types(model, report)
    _inspect_variables(model, codes, report)
    _inspect_ends(model.subgraphs[0], report)
    if report.accepted:
        report.arena_bound = arena.find_upper_bound(model, report.variable_bytes)


def _inspect_operators(model, codes: list[str], report: DeviceReport) -> None:
    used = {codes[operator.opcodeIndex] for graph in model.subgraphs for operator in graph.operators or []}
    report.operators = sorted(used | set(codes))
    if unknown := sorted(set(report.operators) - set(OPERATORS)):
        report.reasons.append(f"The device has no operator {', '.join(unknown)}; it has: {' '.join(OPERATORS)}.")


def _inspect_types(model, report: DeviceReport) -> None:
    types = {TYPE_NAMES[tensor.type] for graph in model.subgraphs for tensor in graph.tensors}
    if unknown := sorted(types - set(TENSOR_TYPES)):
        report.reasons.append(
            f"Some tensors are {', '.join(unknown)}; a model for the device is int8 throughout "
            f"({', '.join(TENSOR_TYPES)}). Was it quantised in full?"
        )


def _inspect_variables(model, codes: list[str], report: DeviceReport) -> None:
    # The ring buffers between two inferences. TFLM tells them apart by their shared name; their sizes show where they
    # are assigned.
    names, sizes = {}, {}
    for graph in model.subgraphs:
        for operator in graph.operators or []:
            if codes[operator.opcodeIndex] == "VAR_HANDLE":
                names[id(graph), int(operator.outputs[0])] = operator.builtinOptions.sharedName
            if codes[operator.opcodeIndex] == "ASSIGN_VARIABLE":
                handle = names.get((id(graph), int(operator.inputs[0])))
                sizes[handle] = int(np.prod(graph.tensors[operator.inputs[1]].shape))
    report.resource_variables = len(set(names.values()))
    report.variable_bytes = sum(sizes.values())
    if report.resource_variables > MOST_VARIABLES:
        report.reasons.append(
            f"The model has {report.resource_variables} resource variables; the device has room for {MOST_VARIABLES}."
        )
    if not names:
        report.reasons.append(
            "The model has no resource variables, so it remembers nothing from one inference to the next; "
            "was the streaming graph exported?"
        )


def _inspect_ends(graph, report: DeviceReport) -> None:
    report.input = _inspect_end(graph, "input", ("INT8", INPUT_SCALE, -128), report.reasons)
    report.output = _inspect_end(graph, "output", ("UINT8", OUTPUT_SCALE, 0), report.reasons)
    shape = report.input.get("shape", [])
    if len(shape) != 3 or shape[0] != 1 or shape[1] < 1 or shape[2] != CHANNELS:
        report.reasons.append(f"The input's shape is {shape}; expected [1, stride, {CHANNELS}].")
    else:
        report.stride = shape[1]
    if report.output.get("shape") != [1, 1]:
        report.reasons.append(f"The output's shape is {report.output.get('shape')}; expected [1, 1], one probability.")


def _inspect_end(graph, end: str, expected: tuple[str, float, int], reasons: list[str]) -> dict:
    # The graph's "input" or "output" is one tensor of the expected type, scale and zero point.
    kind, scale, zero_point = expected
    ends = getattr(graph, f"{end}s")
    if len(ends) != 1:
        reasons.append(f"The model has {len(ends)} {end}s; the device uses exactly one.")
        return {}
    tensor = graph.tensors[ends[0]]
    about = {
        "shape": [int(size) for size in _values(tensor.shape)],
        "type": TYPE_NAMES[tensor.type],
        "scale": [float(value) for value in _values(getattr(tensor.quantization, "scale", None))],
        "zero_point": [int(value) for value in _values(getattr(tensor.quantization, "zeroPoint", None))],
    }
    if about["type"] != kind:
        reasons.append(f"The {end} is {about['type']}; the device takes {kind}.")
    if len(about["scale"]) != 1 or abs(about["scale"][0] - scale) > 1e-6:
        reasons.append(
            f"The {end}'s scale is {about['scale']}; expected {scale:.8f}. The calibration data must span its whole range."
        )
    if about["zero_point"] != [zero_point]:
        reasons.append(f"The {end}'s zero point is {about['zero_point']}; expected {zero_point}.")
    return about


def _values(array) -> list:
    return [] if array is None else list(array)
