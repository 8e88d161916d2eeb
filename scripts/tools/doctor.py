"""The self-test: is everything here that training needs, and does it work?

    python -m scripts.tools.doctor --data data --needs-mb 3000 --gpu auto

Prints a line a check: ok, missing, failed, or - where nothing was asked for, and below what is wrong a sentence what to
do. Exits with 1 only where something is wrong that the default job cannot do without.
"""

import argparse
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
from scripts.core.files import bytes_below
from scripts.core.formatting import size
from scripts.environment.install import NEWEST, OLDEST
from scripts.publish import machine
from scripts.tools.probes import ABSENT

OK, MISSING, FAILED, NOT_ASKED = "ok", "missing", "failed", "-"
NEEDS = Path(__file__).parents[1] / "make/needs.sh"
DATA_DIR = Path(__file__).parents[1] / "make/data_dir.sh"
REINSTALL = "Make the environment anew: make clean-venv, then make venv"
MEMORY_BYTES = 6e9  # what a stage may take at its peak
PROBE_TIMEOUT_S = 300  # a first import from a slow disk takes a minute
VOICE_DATASETS = {"espeak": None, "piper": "voice_joe", "hibari": "voice_hibari", "kokoro": "voice_kokoro"}


@dataclass(frozen=True)
class Check:
    """One line: what was looked at, its state, what was found, what to do, and whether the default job needs it."""

    name: str
    state: str
    found: str
    advice: str = ""
    needed: bool = True

    @property
    def fatal(self) -> bool:
        return self.needed and self.state in (MISSING, FAILED)


def python() -> Check:
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


def program(name: str, advice: str, needed: bool = True, at_least: tuple[int, int] | None = None) -> Check:
    """Whether a program is on PATH, with the first line it says of its version."""
    if not (path := shutil.which(name)):
        return Check(name, MISSING, "not on PATH", advice, needed)
    said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout.strip().splitlines()
    version = said[0] if said else path
    number = re.search(r"(\d+)\.(\d+)", version)
    if at_least and number and tuple(map(int, number.groups())) < at_least:
        return Check(name, FAILED, version, f"Version {at_least[0]}.{at_least[1]} or newer is needed. {advice}", needed)
    return Check(name, OK, version, "", needed)


def how(*things: str) -> str:
    """The command that installs programs here, as a sentence."""
    said = subprocess.run(["bash", "-p", NEEDS, "--how", *things], capture_output=True, text=True).stdout.strip()
    return f"Install it: {said}" if said else "Install it"


def disk(data: Path, needs_mb: float, cleaned_mb: float = 0) -> Check:
    """Free space, with what datasets already take counted as there: it is part of what the profile needs."""
    free, there = machine.measure_free_disk(data), bytes_below(data / "datasets")
    found = f"{size(free)} free at {data}; the profile needs {size(needs_mb * 1e6)}" + (
        f", {size(there)} of it is there" if there else ""
    )
    good = free + there >= needs_mb * 1e6
    less = (
        f"Drop each file once it has served, then {size(cleaned_mb * 1e6)} are enough: CLEANUP_ARCHIVES=1 CLEANUP_INTERMEDIATE=1. Or "
        "free"
        if cleaned_mb and cleaned_mb < needs_mb and free + there >= cleaned_mb * 1e6
        else "Free"
    )
    return Check(
        "disk space",
        OK if good else FAILED,
        found,
        ""
        if good
        else f"{less} some space (make status says what takes it), or put the data on a bigger disk: DATA_DIR=/path",
    )


def directory(data: Path) -> Check:
    """Whether everything can be written below DATA_DIR, symbolic links made and programs run."""
    ran = subprocess.run(["bash", "-p", DATA_DIR, data, "programs"], capture_output=True, text=True)
    return Check("data directory", FAILED if ran.returncode else OK, str(data.absolute()), ran.stderr.strip())


def memory() -> Check:
    total, available = machine.measure_memory()
    good = available >= MEMORY_BYTES
    return Check(
        "memory",
        OK if good else FAILED,
        f"{size(available)} of {size(total)} free",
        "" if good else f"A stage can take {size(MEMORY_BYTES)}: close other programs, and try JOBS=1 if one is killed",
        needed=False,
    )


def probe(name: str, *arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a probe in its own process: (exit code, its sentence). A crash or a hang is told in words, with code 1."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONWARNINGS": "ignore"}
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "scripts.tools.probes", name, *arguments],
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_S,
            env={**os.environ, **quiet, **(environment or {})},
        )
    except subprocess.TimeoutExpired:
        return 1, f"no answer within {PROBE_TIMEOUT_S} s"
    if ran.returncode < 0:
        hint = (
            " (this processor lacks an instruction the package was built with, as a rule AVX)"
            if -ran.returncode == signal.SIGILL
            else ""
        )
        return 1, f"died of {signal.Signals(-ran.returncode).name}{hint}"
    said = (ran.stdout.strip() or ran.stderr.strip() or f"exit code {ran.returncode}, without a word").splitlines()
    return ran.returncode, said[-1]


def library(label: str, name: str, advice: str = REINSTALL) -> Check:
    """A check by probe, on the CPU, of something the default job needs where there is such a thing."""
    code, sentence = probe(name, environment={"CUDA_VISIBLE_DEVICES": "-1"})
    if code == ABSENT:
        return Check(label, NOT_ASKED, sentence, needed=False)
    return Check(label, OK if code == 0 else FAILED, sentence, "" if code == 0 else advice)


def on_gpu(label: str, name: str, wanted: str, listed: list[str], needed: bool) -> Check:
    """A check by probe, on the GPU: auto looks where the driver lists one, on insists, off leaves it."""
    if wanted == "off":
        return Check(label, NOT_ASKED, "not asked for (GPU=off)", needed=False)
    if wanted == "auto" and not listed:
        return Check(label, NOT_ASKED, "no GPU here; the CPU does the work", needed=False)
    code, sentence = probe(name)
    if code == 0:
        return Check(label, OK, f"{sentence}, on {'; '.join(listed)}")
    if code == ABSENT and (wanted == "auto" or not needed):
        return Check(label, NOT_ASKED, f"{sentence}; the CPU does this part", needed=False)
    advice = (
        "Install the GPU packages: make clean-venv, then make venv GPU=on"
        if listed
        else "Install NVIDIA's driver (nvidia-smi must list the GPU), then make clean-venv, then make venv GPU=on; or go on with GPU=off"
    )
    return Check(label, FAILED, sentence, advice, needed and wanted == "on")


def torch(gpu: str, listed: list[str]) -> Iterator[Check]:
    """What the voice libritts needs and nothing else does."""
    if not find_spec("torch"):
        yield Check("Torch", NOT_ASKED, "not installed; only VOICES=libritts needs it", needed=False)
        return
    code, sentence = probe("torch", environment={"CUDA_VISIBLE_DEVICES": "-1"})
    yield Check("Torch on CPU", OK if code == 0 else FAILED, sentence, "" if code == 0 else REINSTALL, needed=False)
    yield on_gpu("Torch on GPU", "torch_gpu", gpu, listed, needed=False)


def voice(name: str, dataset: str | None, datasets: Path) -> Check:
    """One word by one voice, where its data is there."""
    label = f"voice {name}"
    if dataset and not (datasets / dataset / "voice.stamp").exists():
        return Check(label, NOT_ASKED, "its data is not there yet (make datasets)", needed=False)
    code, sentence = probe(
        "voice", "--voice", name, "--datasets", str(datasets), environment={"CUDA_VISIBLE_DEVICES": "-1"}
    )
    advice = (
        f"Make it anew: rm -r {datasets / dataset}, then make convert-{dataset}; or leave {name} out of VOICES"
        if dataset
        else REINSTALL
    )
    return Check(label, OK if code == 0 else FAILED, sentence, "" if code == 0 else advice)


def checks(data: Path, needs_mb: float, gpu: str, cleaned_mb: float = 0):
    """Yield every check, quick ones first."""
    yield python()
    yield program(system.make(), how("make"), at_least=(4, 3))
    yield program("git", f"{how('git')} (models then say which version made them)", needed=False)
    yield directory(data)
    yield disk(data, needs_mb, cleaned_mb)
    yield memory()
    listed = [] if gpu == "off" else machine.list_gpus()
    yield library("TensorFlow on CPU", "tensorflow")
    yield on_gpu("TensorFlow on GPU", "tensorflow_gpu", gpu, listed, needed=True)
    yield library("ONNX Runtime on CPU", "onnxruntime")
    yield on_gpu("ONNX Runtime on GPU", "onnxruntime_gpu", gpu, listed, needed=False)
    yield from torch(gpu, listed)
    yield library("audio frontend", "frontend")
    yield library("LiteRT", "litert")
    yield library("device check", "micro")
    for name, dataset in VOICE_DATASETS.items():
        yield voice(name, dataset, data / "datasets")
    for name in ("flite", "libritts"):  # there only for who has chosen them
        if (data / f"datasets/voice_{name}/voice.stamp").exists():
            yield voice(name, f"voice_{name}", data / "datasets")


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Check that everything training needs is here and works.")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--needs-mb", type=float, default=0, help="disk space the profile needs at its peak, in MB")
    parser.add_argument(
        "--cleaned-mb", type=float, default=0, help="the same with everything dropped as soon as it has served"
    )
    parser.add_argument("--gpu", choices=("auto", "on", "off"), default="auto")
    args = parser.parse_args(argv)
    fatal = 0
    for check in checks(args.data, args.needs_mb, args.gpu, args.cleaned_mb):
        fatal += check.fatal
        print(f"  {check.state:8}{check.name:20} {check.found}", flush=True)
        if check.advice:
            print(f"          {'' if check.needed else '(not needed for training) '}{check.advice}", flush=True)
    if fatal:
        raise SystemExit(
            f"doctor: {fatal} thing{'s' * (fatal > 1)} to put right before training; each says how. Then: make doctor"
        )
    print("doctor: all that training needs is here and works.")


if __name__ == "__main__":
    main()
