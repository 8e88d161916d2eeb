"""The device gate: would ESPHome's micro_wake_word load this model, and does it compute what we think it computes?

    report = check(Path("model.tflite"), spectrograms)
    report.reasons                                        # a sentence for everything wrong; [] if the device accepts it

A device reports a model it cannot run only after flashing, so every model is checked here first. The file is inspected
(device_rules.py), then the model runs under TensorFlow Lite Micro itself, the runtime of the device, and must give what
LiteRT gives, inference for inference with its memory of the past; the tensor arena it needs is measured there and
declared with a margin. Where TFLM has no package (arm64, macOS), LiteRT runs it alone, the arena is declared from an
upper bound (arena.py), and `runtimes` in device.json says so.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from scripts.core.files import publishing, sha256, write_json
from scripts.model import runtimes
from scripts.model.device_rules import DeviceReport, inspect
from scripts.model.inputs import CHANNELS, make_inference_inputs

ARENA_MARGIN = 1.35  # esp-nn's kernels ask for more scratch memory than the x86 ones measured here
LEAST_ARENA = 40_000  # bytes; a first attempt that fails can crash the device
LEAST_INFERENCES, MOST_INFERENCES = 100, 500  # compared
MOST_DIFFERENT = 8  # of 256: one int8 step of a logit with scale 0.125, where the logistic is steepest
MOST_DIFFERENT_SHARE = 0.01  # of the inferences


def choose_arena(measured: int) -> int:
    """Bytes to declare for a measured arena: a margin on top, whole thousands, never under 40,000.

    >>> choose_arena(20_432), choose_arena(40_000)
    (40000, 54000)
    """
    return max(LEAST_ARENA, -int(-measured * ARENA_MARGIN // 1000) * 1000)


def check(model_path: Path, spectrograms: Sequence[np.ndarray]) -> DeviceReport:
    """Put a model through the gate.

    `spectrograms` are frontend values of real sound, each (frames, 40) uint16; ValueError if they are too short to
    compare LEAST_INFERENCES. A bad model raises nothing: see `reasons`. A model that the inspection refuses is not run.
    """
    model_path = Path(model_path)
    report = DeviceReport(model_path.name, sha256(model_path), model_path.stat().st_size)
    inspect(model_path.read_bytes(), report)
    if report.accepted:
        _run(model_path, spectrograms, report)
    return report


def publish_checked(content: bytes, spectrograms: Sequence[np.ndarray], out: Path) -> DeviceReport:
    """Write out/model.tflite and out/device.json if the model passes the gate; SystemExit with all reasons if not.

    A refused model leaves no file and does not touch what an earlier run has left there.
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


def _run(model_path: Path, spectrograms: Sequence[np.ndarray], report: DeviceReport) -> None:
    # The same sound through both runtimes, each with its own memory of the past.
    by_clip = [make_inference_inputs(raw, report.stride) for raw in spectrograms]
    inputs = np.concatenate([np.zeros((0, 1, report.stride, CHANNELS), np.int8), *by_clip])[:MOST_INFERENCES]
    if len(inputs) < LEAST_INFERENCES:
        raise ValueError(
            f"The sound for the device gate is enough for {len(inputs)} inferences; it needs {LEAST_INFERENCES} or more "
            f"({LEAST_INFERENCES * report.stride} frames of 10 ms)."
        )
    outputs = {}
    used = [runtime for runtime in runtimes.NAMES if runtime != "tflm" or runtimes.has_tflm()]
    for runtime in used:
        try:
            outputs[runtime], facts = runtimes.run(runtime, model_path, inputs)
        except RuntimeError as error:
            report.reasons.append(f"{error}.")
            continue
        for name, value in facts.items():
            setattr(report, name, value)
    if len(outputs) < len(used):
        return
    report.runtimes = [runtimes.NAMES[runtime] for runtime in used]
    report.arena_declared = choose_arena(report.arena_measured or report.arena_bound)
    first = outputs[used[0]]
    report.output_range = [int(first.min()), int(first.max())]
    if used[0] == "tflm":
        _compare(first, outputs["litert"], report)


def _compare(tflm: np.ndarray, litert: np.ndarray, report: DeviceReport) -> None:
    difference = np.abs(tflm.astype(int) - litert)
    report.steps_compared = len(tflm)
    report.steps_different = int(np.count_nonzero(difference))
    report.largest_difference = int(difference.max())
    # The two round ties differently, so now and then a sum before the logistic is one int8 step apart (the official
    # okay_nabu: 1 inference in 2,292), which is some 256ths where the logistic is steep. A graph that means something
    # else differs often, or by more.
    if report.largest_difference > MOST_DIFFERENT or report.steps_different > MOST_DIFFERENT_SHARE * len(tflm):
        report.reasons.append(
            f"TFLM and LiteRT disagree in {report.steps_different} of {len(tflm)} inferences, by up to "
            f"{report.largest_difference}/256; expected at most {MOST_DIFFERENT}/256 in 1 % of them."
        )
