"""Run a piece of work in a process of its own, and say how long it took and how much memory it and its children held.

    measured = run("scripts.bench.reference_pipeline", "features", "--count", "100")
    measured.rate, measured.peak_mb

The process prints as its last line {"items": ..., "seconds": ...}: what it did, and in what time, imports left out.
Memory is the sum of what each process of the tree holds alone and its share of what they hold together (PSS), looked at
five times a second; files that are mapped count.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOK_S = 0.2


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
    """Time a block and print the line that `run` reads; the block puts "items" into the dictionary it is given."""
    done: dict = {}
    started, used = time.perf_counter(), sum(os.times()[:4])
    yield done
    print(
        json.dumps({"seconds": time.perf_counter() - started, "cpu_s": sum(os.times()[:4]) - used, **done}), flush=True
    )


def held_mb(process_id: int) -> float:
    """PSS of a process and its descendants, now; what each holds alone, where the system knows no PSS."""
    import psutil

    try:
        root = psutil.Process(process_id)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0
    for member in family:
        try:
            held = member.memory_full_info()
            total += getattr(held, "pss", held.uss)
        except psutil.Error:
            pass  # it has just ended
    return total / 2**20


def run(module: str, *arguments: object) -> Measured:
    """Run a module as a command; RuntimeError with the end of what it said if it fails."""
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        import threading

        said: list[str] = []
        reader = threading.Thread(target=lambda: said.extend(process.stdout))
        reader.start()
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, held_mb(process.pid))
            time.sleep(LOOK_S)
        reader.join()
    if process.returncode:
        raise RuntimeError(f"{module} {' '.join(map(str, arguments))} failed:\n{''.join(said[-15:])}")
    try:
        told = json.loads(said[-1])
    except (IndexError, ValueError):
        told = {"items": 1, "seconds": time.perf_counter() - started}  # a stage's own command, start included
    return Measured(told["items"], told["seconds"], peak, told.get("cpu_s", float("nan")))


def median(runs: list[Measured]) -> Measured:
    """The run with the median rate, and the highest memory of all."""
    middle = sorted(runs, key=lambda one: one.rate)[len(runs) // 2]
    return replace(middle, peak_mb=max(one.peak_mb for one in runs))


def alternately(times: int, *commands: tuple) -> list[Measured]:
    """Each command `times` times, one after the other in turn so that a busy spell hurts all alike; their medians."""
    found: list[list[Measured]] = [[] for _ in commands]
    for _ in range(times):
        for place, command in enumerate(commands):
            found[place].append(run(*command))
    return [median(runs) for runs in found]


def seconds_of(times: int, command: list[str], cwd: Path = ROOT) -> float:
    """Median wall time of a command; nan if it fails, since a failure takes a time of its own."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        if subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            return float("nan")
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
