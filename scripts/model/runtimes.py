"""Run a model under TensorFlow Lite Micro or under LiteRT, in a process of its own.

    outputs, facts = run("tflm", Path("model.tflite"), steps)     # steps (n, 1, stride, 40) int8, outputs (n,) uint8

What TFLM cannot run may end its process, which must not be the caller's; and TFLM tells how much memory it used on
standard error alone, from C++. So the caller starts this module as a command and reads what it left:

    python -m scripts.model.runtimes tflm model.tflite steps.npy outputs.npy
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

from scripts.core.damaged import DamagedError, noticed
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


def run(runtime: str, model_path: Path, steps: np.ndarray) -> tuple[np.ndarray, dict]:
    """Feed a model step by step, its memory carried along; return outputs (n,) uint8 and facts.

    The facts are `tflm_ms` and `arena_measured` (bytes) for "tflm", none for "litert". RuntimeError says, in a
    sentence, why a model did not run.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, gave = Path(folder, "steps.npy"), Path(folder, "outputs.npy")
        np.save(given, steps)
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "scripts.model.runtimes",
                runtime,
                str(Path(model_path).resolve()),
                str(given),
                str(gave),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
        )
        said = " ".join((done.stderr.strip().splitlines() or [""])[-3:])
        if done.returncode < 0:
            raise RuntimeError(
                f"{NAMES[runtime]} crashed ({signal.Signals(-done.returncode).name}) while it ran the model: {said}"
            )
        if done.returncode:
            raise RuntimeError(f"{NAMES[runtime]} cannot run the model: {said}")
        outputs = np.load(gave)
    if runtime != "tflm":
        return outputs, {}
    arena = re.search(r"Arena allocation total (\d+) bytes", done.stderr)
    if not arena:
        raise RuntimeError(f"TFLM ran the model but printed no arena size; has tflite-micro changed? It said: {said}")
    return outputs, {"arena_measured": int(arena[1]), "tflm_ms": float(done.stdout)}


def check_unchanged(model_path: Path) -> None:
    """DamagedError where device.json beside a model tells another checksum: this is not the file that has passed the
    device gate."""
    measured = Path(model_path).with_name("device.json")
    if measured.exists() and (passed := read_json(measured, dict).get("sha256")) and sha256(model_path) != passed:
        raise DamagedError(
            model_path,
            "is not the model that was checked against the device's rules (another SHA-256 than in device.json)",
        )


class Tflm:
    """A model that runs under TFLM in this very process, step by step. Only for one that has passed the device gate.

    model = Tflm(Path("hey_buster.tflite"))
    output = model(np.zeros((1, model.stride, 40), np.int8))      # 0 .. 255
    """

    def __init__(self, model_path: Path) -> None:
        from tflite_micro.python.tflite_micro import runtime

        check_unchanged(model_path)
        with noticed(model_path):
            self._interpreter = runtime.Interpreter.from_file(str(model_path), arena_size=WORKING_ARENA)
            self.stride = int(self._interpreter.get_input_details(0)["shape"][1])

    def __call__(self, step: np.ndarray) -> int:
        self._interpreter.set_input(step, 0)
        self._interpreter.invoke()
        return int(self._interpreter.get_output(0)[0, 0])

    def print_allocations(self) -> None:
        """Have TFLM say on standard error how it used its memory."""
        self._interpreter.print_allocations()


class LiteRt:
    """The same under LiteRT, with its reference kernels: the optimised ones and XNNPACK round in other places (up to
    8/256 on the official models), these hardly ever otherwise than TFLM (tests/unit/test_model_runtimes.py counts)."""

    def __init__(self, model_path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        check_unchanged(model_path)
        with noticed(model_path):
            self._interpreter = Interpreter(
                model_path=str(model_path), num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
            )
            self._interpreter.allocate_tensors()
        given, gives = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()[0]
        self._into, self._out, self.stride = given["index"], gives["index"], int(given["shape"][1])

    def __call__(self, step: np.ndarray) -> int:
        self._interpreter.set_tensor(self._into, step)
        self._interpreter.invoke()
        return int(self._interpreter.get_tensor(self._out)[0, 0])


def open_model(model_path: Path) -> Tflm | LiteRt:
    """A model step by step in this process: under TFLM, or where that has no package under LiteRT."""
    return Tflm(model_path) if has_tflm() else LiteRt(model_path)


def _tflm(model_path: str, steps: np.ndarray) -> np.ndarray:
    model = Tflm(Path(model_path))
    outputs, seconds = np.empty(len(steps), np.uint8), np.empty(len(steps))
    for number, step in enumerate(steps):
        start = time.perf_counter()
        outputs[number] = model(step)
        seconds[number] = time.perf_counter() - start
    model.print_allocations()
    print(round(float(np.median(seconds)) * 1000, 4))
    return outputs


def _litert(model_path: str, steps: np.ndarray) -> np.ndarray:
    model = LiteRt(Path(model_path))
    return np.array([model(step) for step in steps], np.uint8)


def main(argv=None) -> None:
    runtime, model_path, given, gave = sys.argv[1:] if argv is None else argv
    np.save(gave, {"tflm": _tflm, "litert": _litert}[runtime](model_path, np.load(given)))


if __name__ == "__main__":
    main()
