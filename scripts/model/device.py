"""The device gate: would ESPHome's micro_wake_word load this model, and does it compute what we think it computes?

    python -m scripts.model.device model.tflite --json device.json

What the device demands is written in esphome/components/micro_wake_word/streaming_model.cpp (`register_streaming_ops_`:
a resolver of 20 operators; `load_model_`: schema, shapes, types, 20 resource variables) and micro_wake_word.cpp
(`generate_features_`: the scaling of its inputs). It reports a model it cannot run only after it has been flashed, so
every model is checked here first, all reasons at once. Then the model runs under TensorFlow Lite Micro itself, the
runtime of the device, and must give what LiteRT gives, step for step with its memory of the past; the tensor arena it
needs is measured there and declared with a margin. Where TFLM has no package (arm64, macOS), LiteRT runs it alone, the
arena is declared from an upper bound (arena.py), and `runtimes` in device.json says so.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from scripts.core.files import publishing, sha256, write_json
from scripts.core.formatting import without_tflm
from scripts.model import arena, runtimes
from scripts.model.inputs import CHANNELS, INPUT_SCALE, make_inference_inputs

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
TENSOR_TYPES = ("INT8", "UINT8", "INT32", "RESOURCE")  # int8 throughout: sums and shapes are int32, the answer uint8
SCHEMA_VERSION = 3
MOST_VARIABLES = 20
OUTPUT_SCALE = 1 / 256
ARENA_MARGIN = 1.35  # esp-nn's kernels ask for more scratch memory than the x86 ones measured here
LEAST_ARENA = 40_000  # bytes; a first attempt that fails can crash the device
LEAST_STEPS, MOST_STEPS = 100, 500  # inferences compared
MOST_DIFFERENT = 8  # of 256: one int8 step of a logit with scale 0.125, at the logistic's steepest


@dataclass
class DeviceReport:
    """What the gate saw. `reasons` holds a sentence for everything wrong: empty means the device takes the model."""

    model: str
    sha256: str = ""
    file_bytes: int = 0
    schema_version: int = 0
    operators: list[str] = field(default_factory=list)
    input: dict = field(default_factory=dict)  # shape, type, scale, zero_point
    output: dict = field(default_factory=dict)
    stride: int = 0  # 10 ms slices an inference
    resource_variables: int = 0
    variable_bytes: int = 0
    runtimes: list[str] = field(default_factory=list)  # those it was run under: TFLM and LiteRT, or LiteRT alone
    arena_bound: int = 0  # bytes that are enough, worked out from the file
    arena_measured: int = 0  # bytes under TFLM on this machine; 0 where TFLM was not run
    arena_declared: int = 0  # bytes, for the manifest
    tflm_ms: float = 0.0  # median of one inference, on this machine
    steps_compared: int = 0
    steps_different: int = 0
    largest_difference: int = 0  # in units of 1/256
    output_range: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return not self.reasons


def declared_arena(measured: int) -> int:
    """Bytes to declare for a measured arena: a margin on top, whole thousands, never under 40,000."""
    return max(LEAST_ARENA, -int(-measured * ARENA_MARGIN // 1000) * 1000)


def check(model_path: Path, spectrograms: Sequence[np.ndarray]) -> DeviceReport:
    """Put a model through the gate.

    `spectrograms` are frontend values of real sound, each (frames, 40) uint16; together a few hundred slices or more.
    Nothing raises for a bad model: look at `reasons`. A model wrong on paper is not run.
    """
    model_path = Path(model_path)
    report = DeviceReport(model_path.name, sha256(model_path), model_path.stat().st_size)
    _inspect(model_path.read_bytes(), report)
    if report.accepted:
        _compare(model_path, spectrograms, report)
    return report


def publish_checked(content: bytes, spectrograms: Sequence[np.ndarray], out: Path) -> DeviceReport:
    """Write out/model.tflite and out/device.json if the gate lets the model through; SystemExit with all reasons if
    not.

    A refused model leaves nothing, nor does it disturb what an earlier run has left there.
    """
    target = Path(out) / "model.tflite"
    with publishing(target) as part:
        part.write_bytes(content)
        report = check(part, spectrograms)
        report.model = target.name
        if not report.accepted:
            raise SystemExit(
                "The device would refuse the exported model, so it is not written:\n- " + "\n- ".join(report.reasons)
            )
        write_json(Path(out) / "device.json", asdict(report))
    return report


def _inspect(content: bytes, report: DeviceReport) -> None:
    # What the file says of itself, from TFLite's own schema classes.
    from ai_edge_litert import schema_py_generated as schema

    try:
        if content[4:8] != b"TFL3":
            raise ValueError("it does not carry the TFL3 mark")
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    except Exception as error:  # flatbuffers has no verifier in Python: anything may come out of a broken file
        report.reasons.append(
            f"The file is not a whole TFLite model ({type(error).__name__}: {error}); export it again."
        )
        return
    operator_names = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
    type_names = {code: name for name, code in vars(schema.TensorType).items() if not name.startswith("_")}

    report.schema_version = model.version
    if model.version != SCHEMA_VERSION:
        report.reasons.append(f"The schema version is {model.version}; the device reads version {SCHEMA_VERSION} only.")

    codes = [operator_names.get(max(code.builtinCode, code.deprecatedBuiltinCode), "?") for code in model.operatorCodes]
    used = {codes[operator.opcodeIndex] for graph in model.subgraphs for operator in graph.operators or []}
    report.operators = sorted(used | set(codes))
    if strange := sorted(set(report.operators) - set(OPERATORS)):
        report.reasons.append(f"The device has no operator {', '.join(strange)}; it has: {' '.join(OPERATORS)}.")

    types = {type_names[tensor.type] for graph in model.subgraphs for tensor in graph.tensors}
    if strange := sorted(types - set(TENSOR_TYPES)):
        report.reasons.append(
            f"Some tensors are {', '.join(strange)}; a model for the device is int8 throughout "
            f"({', '.join(TENSOR_TYPES)}). Was it quantised in full?"
        )

    _inspect_variables(model, codes, report)
    graph = model.subgraphs[0]
    report.input = _inspect_end(graph, graph.inputs, "input", "INT8", INPUT_SCALE, -128, type_names, report.reasons)
    report.output = _inspect_end(graph, graph.outputs, "output", "UINT8", OUTPUT_SCALE, 0, type_names, report.reasons)
    shape = report.input.get("shape", [])
    if len(shape) != 3 or shape[0] != 1 or shape[1] < 1 or shape[2] != CHANNELS:
        report.reasons.append(f"The input's shape is {shape}; expected [1, stride, {CHANNELS}].")
    else:
        report.stride = shape[1]
    if report.output.get("shape") != [1, 1]:
        report.reasons.append(f"The output's shape is {report.output.get('shape')}; expected [1, 1], one probability.")
    if report.accepted:
        report.arena_bound = arena.upper_bound(model, report.variable_bytes)


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


def _inspect_end(
    graph, ends, side: str, kind: str, scale: float, zero_point: int, type_names, reasons: list[str]
) -> dict:
    # One end of the graph, input or output: exactly one tensor of one type and one scale.
    if len(ends) != 1:
        reasons.append(f"The model has {len(ends)} {side}s; the device uses exactly one.")
        return {}
    tensor = graph.tensors[ends[0]]
    quantisation = tensor.quantization
    scales = (
        [] if quantisation is None or quantisation.scale is None else [float(value) for value in quantisation.scale]
    )
    zeros = (
        []
        if quantisation is None or quantisation.zeroPoint is None
        else [int(value) for value in quantisation.zeroPoint]
    )
    if type_names[tensor.type] != kind:
        reasons.append(f"The {side} is {type_names[tensor.type]}; the device takes {kind}.")
    if len(scales) != 1 or abs(scales[0] - scale) > 1e-6:
        reasons.append(
            f"The {side}'s scale is {scales}; expected {scale:.8f}. The calibration data must span its whole range."
        )
    if zeros != [zero_point]:
        reasons.append(f"The {side}'s zero point is {zeros}; expected {zero_point}.")
    return {
        "shape": [int(size) for size in ([] if tensor.shape is None else tensor.shape)],
        "type": type_names[tensor.type],
        "scale": scales,
        "zero_point": zeros,
    }


def _compare(model_path: Path, spectrograms: Sequence[np.ndarray], report: DeviceReport) -> None:
    # The same sound through both runtimes, each keeping its own memory of the past.
    steps = [make_inference_inputs(raw, report.stride) for raw in spectrograms]
    steps = np.concatenate(steps)[:MOST_STEPS] if steps else np.zeros((0, 1, report.stride, CHANNELS), np.int8)
    if len(steps) < LEAST_STEPS:
        raise ValueError(
            f"The device gate was given sound for {len(steps)} inferences; it needs {LEAST_STEPS} or more "
            f"({LEAST_STEPS * report.stride} slices of 10 ms)."
        )
    outputs = {}
    used = [runtime for runtime in runtimes.NAMES if runtime != "tflm" or runtimes.has_tflm()]
    for runtime in used:
        try:
            outputs[runtime], facts = runtimes.run(runtime, model_path, steps)
        except RuntimeError as error:
            report.reasons.append(f"{error}.")
            continue
        for fact, value in facts.items():
            setattr(report, fact, value)
    if len(outputs) < len(used):
        return
    report.runtimes = [runtimes.NAMES[runtime] for runtime in used]
    report.arena_declared = declared_arena(report.arena_measured or report.arena_bound)
    first = outputs[used[0]]
    report.output_range = [int(first.min()), int(first.max())]
    if used[0] == "tflm":
        _agree(first, outputs["litert"], report)


def _agree(tflm: np.ndarray, litert: np.ndarray, report: DeviceReport) -> None:
    difference = np.abs(tflm.astype(int) - litert)
    report.steps_compared = len(tflm)
    report.steps_different = int(np.count_nonzero(difference))
    report.largest_difference = int(difference.max())
    # Both round ties of their own way, so now and then a sum before the logistic is one int8 step apart (the official
    # okay_nabu: 1 inference in 2,292), which is worth some 256ths where the logistic is steep. A graph that means
    # something else differs often, or by more.
    if report.largest_difference > MOST_DIFFERENT or report.steps_different > 0.01 * len(tflm):
        report.reasons.append(
            f"TFLM and LiteRT disagree in {report.steps_different} of {len(tflm)} inferences, by up to "
            f"{report.largest_difference}/256; expected at most {MOST_DIFFERENT}/256 in 1 % of them."
        )


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Check that ESPHome's micro_wake_word would load and run a model.")
    parser.add_argument("model", type=Path, help="the .tflite file")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    options = parser.parse_args(argv)
    if not options.model.is_file():
        raise SystemExit(f"There is no model {options.model}; give the path of a .tflite file.")
    from scripts.model.synthetic_speech import synthesise_speech

    report = check(options.model, [synthesise_speech()])
    if options.json:
        write_json(options.json, asdict(report))
    print(json.dumps({key: value for key, value in asdict(report).items() if key != "reasons"}, indent=2))
    if not report.accepted:
        raise SystemExit(f"The device would not run {options.model}:\n- " + "\n- ".join(report.reasons))
    print(
        f"The device takes {options.model}: tensor_arena_size {report.arena_declared}. {without_tflm(asdict(report))}".rstrip(),
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
