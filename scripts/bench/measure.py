"""Run a command in a process of its own, and measure its time and the memory of it and its children.

    measured = run("scripts.bench.stage", "features", "run_reference", "--count", "100")
    measured.rate, measured.peak_mb

The process prints as its last line {"items": ..., "seconds": ...}: how much it did in what time, imports left out.
Memory is the sum over the process tree of what each process holds alone and its share of what they share (PSS), sampled
five times a second; mapped files count.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
SAMPLE_S = 0.2


@dataclass(frozen=True)
class Measured:
    """What a run did: `items` in `seconds`, holding `peak_mb` at most, with `cpu_s` of the processors' time."""

    items: float
    seconds: float
    peak_mb: float
    cpu_s: float = float("nan")

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / self.seconds


@contextmanager
def timed() -> Iterator[dict]:
    """Time a block and print the line that run() reads. The block puts "items" into the dictionary."""
    result: dict = {}
    started, used = time.perf_counter(), sum(os.times()[:4])
    yield result
    print(
        json.dumps({"seconds": time.perf_counter() - started, "cpu_s": sum(os.times()[:4]) - used, **result}),
        flush=True,
    )


def measure_memory_mb(process_id: int) -> float:
    """PSS of a process and its descendants; where the system has no PSS, what each holds alone."""
    try:
        root = psutil.Process(process_id)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0
    for member in family:
        try:
            memory = member.memory_full_info()
            total += getattr(memory, "pss", memory.uss)
        except psutil.Error:
            pass  # it has just ended
    return total / 2**20


def run(module: str, *arguments: object) -> Measured:
    """Run a module as a command. RuntimeError with the end of its output if it fails."""
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        output: list[str] = []
        reader = threading.Thread(target=lambda: output.extend(process.stdout or ()))
        reader.start()
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, measure_memory_mb(process.pid))
            time.sleep(SAMPLE_S)
        reader.join()
    if process.returncode:
        raise RuntimeError(f"{module} {' '.join(map(str, arguments))} failed:\n{''.join(output[-15:])}")
    try:
        result = json.loads(output[-1])
    except (IndexError, ValueError):
        result = {"items": 1, "seconds": time.perf_counter() - started}  # the command of a stage, its start included
    return Measured(result["items"], result["seconds"], peak, result.get("cpu_s", float("nan")))


def take_median(runs: list[Measured]) -> Measured:
    """The run with the median rate, and the highest memory of all."""
    middle = sorted(runs, key=lambda run: run.rate)[len(runs) // 2]
    return replace(middle, peak_mb=max(run.peak_mb for run in runs))


def run_in_turn(times: int, *commands: tuple) -> list[Measured]:
    """Medians of running each command `times` times, in turn, so that a busy spell affects all alike."""
    by_command: list[list[Measured]] = [[] for _ in commands]
    for _ in range(times):
        for place, command in enumerate(commands):
            by_command[place].append(run(*command))
    return [take_median(runs) for runs in by_command]


def measure_seconds(times: int, command: list[str], cwd: Path = ROOT) -> float:
    """Median wall time of a command; nan if it fails."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        if subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            return float("nan")
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
