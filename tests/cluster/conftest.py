"""A scheduler and workers on loopback, as `make scheduler` and `make worker` start them, each in a process group of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="make test-cluster installs Dask")

ROOT = Path(__file__).resolve().parents[2]
PATHS = f"{ROOT}:{Path(__file__).parent}"  # of the code, and of work_for_workers


def free_port() -> int:
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        return there.getsockname()[1]


def until(condition, seconds: float = 60, what: str = ""):
    """What condition() gives once it gives something."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, what() if callable(what) else what or condition
        time.sleep(0.1)
    return found


class Program:
    """A program in a process group of its own, and what it has printed."""

    def __init__(self, out: Path, *command: str, cwd: str = str(ROOT), **environment: str):
        self.out, self.command = out, command
        with out.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=cwd,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": PATHS, **environment},
                start_new_session=True,
            )

    def said(self) -> str:
        return self.out.read_text(errors="replace")

    def processes(self) -> list[int]:
        """Living processes of the group."""
        ran = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True).stdout
        rows = [row.split() for row in ran.splitlines()]
        return [int(pid) for pid, group, state in rows if int(group) == self.process.pid and state[0] != "Z"]

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Machines:
    """The programs of one test."""

    def __init__(self, folder: Path):
        self.folder, self.data, self.programs = folder, folder / "data", []
        self.data.mkdir()
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"

    def start(self, *command: str, **environment: str) -> Program:
        program = Program(self.folder / f"said-{len(self.programs)}", *command, **environment)
        self.programs.append(program)
        return program

    def scheduler(self, **environment: str) -> Program:
        options = ["--address", self.address, "--data", str(self.data), "--dashboard", str(free_port())]
        program = self.start("-m", "scripts.cluster.scheduler", *options, **environment)
        until(self.listens, 60, program.said)
        return program

    def listens(self) -> bool:
        with socket.socket() as there:
            return there.connect_ex(("127.0.0.1", self.port)) == 0

    def worker(self, jobs: int = 1, data: Path | None = None, **environment: str) -> Program:
        options = ["--address", self.address, "--data", str(data or self.data), "--jobs", str(jobs), "--make", "make"]
        program = self.start("-m", "scripts.cluster.worker", *options, **environment)
        until(lambda: program.said().count("Registered to:") >= jobs, 120, program.said)
        return program

    def worker_processes(self, program: Program) -> list[int]:
        """Those of a worker's processes that do the work, without Dask's nannies."""
        found = []
        for pid in program.processes():
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if re.search(r"spawn_main|multiprocessing\.spawn", line):
                found.append(pid)
        return found


@pytest.fixture
def machines(tmp_path, monkeypatch):
    made = Machines(tmp_path)
    monkeypatch.setenv("PYTHONPATH", PATHS)
    yield made
    for program in made.programs:
        program.stop()
