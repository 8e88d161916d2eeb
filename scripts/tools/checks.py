"""The checks of `make doctor`: programs, disk, memory, libraries on CPU and GPU, voices.

    for check in run_checks(Path("data"), needs_mb=3000, gpu="auto"):
        print(check.state, check.name, check.result)

Libraries and voices are tried in processes of their own (scripts/tools/probes.py).
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from scripts.core import system
from scripts.core.files import count_bytes_below
from scripts.core.formatting import size
from scripts.environment.install import NEWEST, OLDEST
from scripts.publish import machine
from scripts.tools.probes import ABSENT

OK, MISSING, FAILED, NOT_CHECKED = "ok", "missing", "failed", "-"
NEEDS = Path(__file__).parents[1] / "make/needs.sh"
DATA_DIR = Path(__file__).parents[1] / "make/data_dir.sh"
REINSTALL = "Install the environment again: make clean-venv, then make venv"
MEMORY_BYTES = 6e9  # what a stage may take at its peak
PROBE_TIMEOUT_S = 300  # a first import from a slow disk takes a minute
VOICE_DATASETS = {"espeak": None, "piper": "voice_joe", "hibari": "voice_hibari", "kokoro": "voice_kokoro"}


@dataclass(frozen=True)
class Check:
    """One line: what was checked, its state, the result, what to do, and whether the default settings need it."""

    name: str
    state: str
    result: str
    advice: str = ""
    needed: bool = True

    @property
    def fatal(self) -> bool:
        return self.needed and self.state in (MISSING, FAILED)


def check_python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    good = OLDEST <= sys.version_info[:2] <= NEWEST
    return Check(
        "Python",
        OK if good else FAILED,
        version,
        ""
        if good
        else "wakemake's packages are locked for Python 3.11 to 3.13: make clean-venv, then make venv, which finds or fetches one of them",
    )


def check_program(name: str, advice: str, needed: bool = True, at_least: tuple[int, int] | None = None) -> Check:
    """Whether a program is on PATH, with the first line of its --version."""
    if not (path := shutil.which(name)):
        return Check(name, MISSING, "not on PATH", advice, needed)
    output = subprocess.run([path, "--version"], capture_output=True, text=True).stdout.strip().splitlines()
    version = output[0] if output else path
    number = re.search(r"(\d+)\.(\d+)", version)
    if at_least and number and tuple(map(int, number.groups())) < at_least:
        return Check(name, FAILED, version, f"Version {at_least[0]}.{at_least[1]} or newer is needed. {advice}", needed)
    return Check(name, OK, version, "", needed)


def advise_install(*programs: str) -> str:
    """The command that installs programs here, as a sentence."""
    output = subprocess.run(["bash", "-p", NEEDS, "--how", *programs], capture_output=True, text=True).stdout.strip()
    return f"Install it: {output}" if output else "Install it"


def check_disk(data: Path, needs_mb: float, cleaned_mb: float = 0) -> Check:
    """Free space. What datasets already take counts as free, since the profile needs it anyway."""
    free, there = machine.measure_free_disk(data), count_bytes_below(data / "datasets")
    result = f"{size(free)} free at {data}; the profile needs {size(needs_mb * 1e6)}" + (
        f", of which {size(there)} are used already" if there else ""
    )
    good = free + there >= needs_mb * 1e6
    less = (
        f"Delete files as soon as they are converted, then {size(cleaned_mb * 1e6)} are enough: CLEANUP_ARCHIVES=1 CLEANUP_INTERMEDIATE=1. Or "
        "free"
        if cleaned_mb and cleaned_mb < needs_mb and free + there >= cleaned_mb * 1e6
        else "Free"
    )
    return Check(
        "disk space",
        OK if good else FAILED,
        result,
        ""
        if good
        else f"{less} some space (make status lists what takes it), or put the data on a bigger disk: DATA_DIR=/path",
    )


def check_data_dir(data: Path) -> Check:
    """Whether everything can be written below DATA_DIR, symbolic links made and programs run."""
    process = subprocess.run(["bash", "-p", DATA_DIR, data, "programs"], capture_output=True, text=True)
    return Check("data directory", FAILED if process.returncode else OK, str(data.absolute()), process.stderr.strip())


def check_memory() -> Check:
    total, available = machine.measure_memory()
    good = available >= MEMORY_BYTES
    return Check(
        "memory",
        OK if good else FAILED,
        f"{size(available)} of {size(total)} free",
        "" if good else f"A stage can take {size(MEMORY_BYTES)}: close other programs, and try JOBS=1 if one is killed",
        needed=False,
    )


def run_probe(name: str, *arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a probe in its own process: (exit code, its sentence). A crash or a hang becomes a sentence, with code 1."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONWARNINGS": "ignore"}
    try:
        process = subprocess.run(
            [sys.executable, "-m", "scripts.tools.probes", name, *arguments],
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_S,
            env={**os.environ, **quiet, **(environment or {})},
        )
    except subprocess.TimeoutExpired:
        return 1, f"no result within {PROBE_TIMEOUT_S} s"
    if process.returncode < 0:
        hint = (
            " (this processor lacks an instruction the package was built with, as a rule AVX)"
            if -process.returncode == signal.SIGILL
            else ""
        )
        return 1, f"died of {signal.Signals(-process.returncode).name}{hint}"
    output = (
        process.stdout.strip() or process.stderr.strip() or f"exit code {process.returncode}, without output"
    ).splitlines()
    return process.returncode, output[-1]


def check_library(label: str, name: str, advice: str = REINSTALL) -> Check:
    """Try a library on the CPU; one that has no package here is not checked."""
    code, sentence = run_probe(name, environment={"CUDA_VISIBLE_DEVICES": "-1"})
    if code == ABSENT:
        return Check(label, NOT_CHECKED, sentence, needed=False)
    return Check(label, OK if code == 0 else FAILED, sentence, "" if code == 0 else advice)


def check_gpu(label: str, name: str, setting: str, gpus: list[str], needed: bool) -> Check:
    """Try a library on the GPU. GPU=auto tries it where the driver lists a card, on requires it, off skips it."""
    if setting == "off":
        return Check(label, NOT_CHECKED, "not checked (GPU=off)", needed=False)
    if setting == "auto" and not gpus:
        return Check(label, NOT_CHECKED, "no GPU here; the CPU does the work", needed=False)
    code, sentence = run_probe(name)
    if code == 0:
        return Check(label, OK, f"{sentence}, on {'; '.join(gpus)}")
    if code == ABSENT and (setting == "auto" or not needed):
        return Check(label, NOT_CHECKED, f"{sentence}; the CPU does this part", needed=False)
    advice = (
        "Install the GPU packages: make clean-venv, then make venv GPU=on"
        if gpus
        else "Install NVIDIA's driver (nvidia-smi must list the GPU), then make clean-venv, then make venv GPU=on; or continue with GPU=off"
    )
    return Check(label, FAILED, sentence, advice, needed and setting == "on")


def check_torch(gpu: str, gpus: list[str]) -> Iterator[Check]:
    """Torch, which only the voice libritts needs."""
    if not find_spec("torch"):
        yield Check("Torch", NOT_CHECKED, "not installed; only VOICES=libritts needs it", needed=False)
        return
    code, sentence = run_probe("torch", environment={"CUDA_VISIBLE_DEVICES": "-1"})
    yield Check("Torch on CPU", OK if code == 0 else FAILED, sentence, "" if code == 0 else REINSTALL, needed=False)
    yield check_gpu("Torch on GPU", "torch_gpu", gpu, gpus, needed=False)


def check_voice(name: str, dataset: str | None, datasets: Path) -> Check:
    """Let a voice speak one word, where its data is there."""
    label = f"voice {name}"
    if dataset and not (datasets / dataset / "voice.stamp").exists():
        return Check(label, NOT_CHECKED, "its data is not there yet (make datasets)", needed=False)
    code, sentence = run_probe(
        "voice", "--voice", name, "--datasets", str(datasets), environment={"CUDA_VISIBLE_DEVICES": "-1"}
    )
    advice = (
        f"Convert it again: rm -r {datasets / dataset}, then make convert-{dataset}; or leave {name} out of VOICES"
        if dataset
        else REINSTALL
    )
    return Check(label, OK if code == 0 else FAILED, sentence, "" if code == 0 else advice)


def run_checks(data: Path, needs_mb: float, gpu: str, cleaned_mb: float = 0) -> Iterator[Check]:
    """Yield every check, quick ones first."""
    yield check_python()
    yield check_program(system.make(), advise_install("make"), at_least=(4, 3))
    yield check_program("git", f"{advise_install('git')} (models then say which version made them)", needed=False)
    yield check_data_dir(data)
    yield check_disk(data, needs_mb, cleaned_mb)
    yield check_memory()
    gpus = [] if gpu == "off" else machine.list_gpus()
    yield check_library("TensorFlow on CPU", "tensorflow")
    yield check_gpu("TensorFlow on GPU", "tensorflow_gpu", gpu, gpus, needed=True)
    yield check_library("ONNX Runtime on CPU", "onnxruntime")
    yield check_gpu("ONNX Runtime on GPU", "onnxruntime_gpu", gpu, gpus, needed=False)
    yield from check_torch(gpu, gpus)
    yield check_library("audio frontend", "frontend")
    yield check_library("LiteRT", "litert")
    yield check_library("device check", "micro")
    for name, dataset in VOICE_DATASETS.items():
        yield check_voice(name, dataset, data / "datasets")
    for name in ("flite", "libritts"):  # there only if they were chosen once
        if (data / f"datasets/voice_{name}/voice.stamp").exists():
            yield check_voice(name, f"voice_{name}", data / "datasets")
