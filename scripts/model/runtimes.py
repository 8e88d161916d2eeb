"""Run a model under TensorFlow Lite Micro or LiteRT.

    model = open_model(Path("model.tflite"))                      # in this process, one inference at a time
    output = model(np.zeros((1, model.stride, 40), np.int8))      # 0 .. 255
    outputs, facts = run("tflm", Path("model.tflite"), inputs)    # in a process of its own

A model that TFLM cannot run may end the process; and TFLM writes how much memory it used to standard error, from C++.
So run() starts this module as a command and reads the files it leaves:

    python -m scripts.model.runtimes tflm model.tflite inputs.npy outputs.npy
"""

import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from scripts.core.damaged import DamagedError, reading
from scripts.core.files import read_json, sha256

ROOT = Path(__file__).parents[2]
NAMES = {"tflm": "TFLM", "litert": "LiteRT"}
WORKING_ARENA = 2_000_000  # bytes lent to TFLM, which reports only what it uses


def has_tflm() -> bool:
    """Whether TFLM is installed. Its package exists for 64-bit x86 Linux alone (docs/SYSTEMS.md)."""
    return find_spec("tflite_micro") is not None


def tflm_is_expected() -> bool:
    """Whether TFLM has a package for this system, so that its absence is a fault."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def run(runtime: str, model_path: Path, inputs: np.ndarray) -> tuple[np.ndarray, dict]:
    """Run a model on inputs (n, 1, stride, 40) int8, one after another with its memory of the past.

    Returns outputs (n,) uint8 and facts: `tflm_ms` and `arena_measured` (bytes) for "tflm", none for "litert".
    RuntimeError says in a sentence why a model did not run.
    """
    with tempfile.TemporaryDirectory() as folder:
        inputs_path, outputs_path = Path(folder, "inputs.npy"), Path(folder, "outputs.npy")
        np.save(inputs_path, inputs)
        arguments = runtime, str(Path(model_path).resolve()), str(inputs_path), str(outputs_path)
        result = subprocess.run(
            [sys.executable, "-m", "scripts.model.runtimes", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
        )
        message = " ".join((result.stderr.strip().splitlines() or [""])[-3:])
        if result.returncode < 0:
            name = signal.Signals(-result.returncode).name
            raise RuntimeError(f"{NAMES[runtime]} crashed ({name}) while it ran the model: {message}")
        if result.returncode:
            raise RuntimeError(f"{NAMES[runtime]} cannot run the model: {message}")
        outputs = np.load(outputs_path)
    if runtime != "tflm":
        return outputs, {}
    arena = re.search(r"Arena allocation total (\d+) bytes", result.stderr)
    if not arena:
        raise RuntimeError(
            f"TFLM ran the model but printed no arena size; has tflite-micro changed? It printed: {message}"
        )
    return outputs, {"arena_measured": int(arena[1]), "tflm_ms": float(result.stdout)}


def check_unchanged(model_path: Path) -> None:
    """DamagedError where device.json beside a model has another checksum: this is not the file that has passed the
    device gate."""
    report = Path(model_path).with_name("device.json")
    if report.exists() and (passed := read_json(report, dict).get("sha256")) and sha256(model_path) != passed:
        raise DamagedError(
            model_path,
            "is not the model that was checked against the device's rules (another SHA-256 than in device.json)",
        )


class Tflm:
    """A model that runs under TFLM in this process, one inference at a time. Only for one that passed the device gate."""

    def __init__(self, model_path: Path) -> None:
        from tflite_micro.python.tflite_micro import runtime

        check_unchanged(model_path)
        with reading(model_path):
            self._interpreter = runtime.Interpreter.from_file(str(model_path), arena_size=WORKING_ARENA)
            self.stride = int(self._interpreter.get_input_details(0)["shape"][1])

    def __call__(self, frames: np.ndarray) -> int:
        """The output, 0 to 255, for (1, stride, 40) int8."""
        self._interpreter.set_input(frames, 0)
        self._interpreter.invoke()
        return int(self._interpreter.get_output(0)[0, 0])

    def print_allocations(self) -> None:
        """Have TFLM write to standard error how it used its memory."""
        self._interpreter.print_allocations()


class LiteRt:
    """The same under LiteRT, with its reference kernels: the optimised ones and XNNPACK round in other places (up to
    8/256 on the official models), these hardly ever differ from TFLM (tests/unit/test_model_runtimes.py counts)."""

    def __init__(self, model_path: Path) -> None:
        check_unchanged(model_path)
        with reading(model_path):
            self._interpreter = Interpreter(
                model_path=str(model_path), num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
            )
            self._interpreter.allocate_tensors()
        details = self._interpreter.get_input_details()[0]
        self._input, self.stride = details["index"], int(details["shape"][1])
        self._output = self._interpreter.get_output_details()[0]["index"]

    def __call__(self, frames: np.ndarray) -> int:
        """The output, 0 to 255, for (1, stride, 40) int8."""
        self._interpreter.set_tensor(self._input, frames)
        self._interpreter.invoke()
        return int(self._interpreter.get_tensor(self._output)[0, 0])


def open_model(model_path: Path) -> Tflm | LiteRt:
    """A model in this process: under TFLM, or where that has no package under LiteRT."""
    return Tflm(model_path) if has_tflm() else LiteRt(model_path)


def _run_tflm(model_path: Path, inputs: np.ndarray) -> np.ndarray:
    model = Tflm(model_path)
    outputs, seconds = np.empty(len(inputs), np.uint8), np.empty(len(inputs))
    for number, frames in enumerate(inputs):
        start = time.perf_counter()
        outputs[number] = model(frames)
        seconds[number] = time.perf_counter() - start
    model.print_allocations()
    print(round(float(np.median(seconds)) * 1000, 4))
    return outputs


def _run_litert(model_path: Path, inputs: np.ndarray) -> np.ndarray:
    model = LiteRt(model_path)
    return np.array([model(frames) for frames in inputs], np.uint8)


def main(argv=None) -> None:
    runtime, model_path, inputs, outputs = sys.argv[1:] if argv is None else argv
    function = {"tflm": _run_tflm, "litert": _run_litert}[runtime]
    np.save(outputs, function(Path(model_path), np.load(inputs)))


if __name__ == "__main__":
    main()
