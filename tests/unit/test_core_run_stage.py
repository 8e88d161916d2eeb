"""A stage under scripts.core.run_stage: the terminal's and the log's content, the exit status and signals."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOISE = """
import logging, os, sys, warnings
print("said")
print("warning: kept", file=sys.stderr)
os.write(2, b"library noise\\n")
warnings.warn("deprecated")
logging.getLogger("tensorflow").warning("retracing")
"""
BAR = """
from scripts.core.progress import progress
for step in progress(range(50), 50, "steps"):
    if step == 25:
        print("halfway")
"""
MANY = """
import os, sys, time
from scripts.core.parallel import parallel
def slow(item):
    open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
    time.sleep(60)
def double(item):
    return 2 * item
if __name__ == "__main__":
    print(list(parallel(slow if len(sys.argv) > 1 else double, range(4), 2, "many", chunk=1)))
"""


@pytest.fixture
def stage(tmp_path):
    """stage(code, *arguments): what subprocess needs to run `code` as a logged stage."""

    def make_command(code: str, *arguments: str, **environment: str) -> dict:
        (tmp_path / "a_stage.py").write_text(code)
        return {
            "args": [
                sys.executable,
                "-m",
                "scripts.core.run_stage",
                "--title",
                "word: stage",
                "--log",
                str(tmp_path / "logs/stage.log"),
                "-m",
                "a_stage",
                *arguments,
            ],
            "cwd": ROOT,
            "env": {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "TERM": "xterm", **environment},
        }

    make_command.log = tmp_path / "logs/stage.log"
    return make_command


def piped(command: dict) -> subprocess.CompletedProcess:
    return subprocess.run(**command, capture_output=True, text=True, timeout=60)


def on_a_terminal(command: dict, rows: int = 24, columns: int = 80) -> str:
    """Everything that a terminal shows of the command."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
    with subprocess.Popen(**command, stdin=writer, stdout=writer, stderr=writer):
        os.close(writer)
        shown = b""
        try:
            while part := os.read(reader, 65536):
                shown += part
        except OSError:
            pass  # the other end is closed: Linux says so with an error
    os.close(reader)
    return shown.decode()


def test_the_terminal_shows_messages_and_the_log_the_whole_output(stage):
    ran = piped(stage(NOISE))
    assert ran.returncode == 0
    assert ran.stdout == f"== word: stage (log: {stage.log})\nsaid\n" and ran.stderr == "warning: kept\n"
    log = stage.log.read_text()
    assert all(
        re.search(rf"^\d\d:\d\d:\d\d {line}$", log, re.MULTILINE)
        for line in ("said", "warning: kept", "tensorflow: retracing")
    )
    assert "library noise" in log and "deprecated" in log
    assert "== word: stage, 2" in log and log.splitlines()[-1].startswith("== done in ")


def test_a_failure_shows_its_sentence_and_the_path_of_the_log(stage):
    ran = piped(stage("raise SystemExit('The disk is full: free some.')"))
    assert ran.returncode == 1
    assert ran.stderr == f"The disk is full: free some.\nword: stage: failed. Its whole output: {stage.log}\n"
    assert "The disk is full" in stage.log.read_text()


FULL = """
import resource, sys
import numpy as np
from scripts.core import audio
from scripts.core.parallel import parallel
def write(path):
    audio.write(path, np.zeros(16_000))
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
    list(parallel(write, [sys.argv[1]] * 2, 2, "write"))
"""


@pytest.mark.parametrize("room", ["4000", "100"], ids=["the sound", "the log too"])
def test_a_full_disk_is_reported_by_every_stage(stage, tmp_path, room):
    ran = piped(stage(FULL, str(tmp_path / "a.wav"), room))
    assert ran.returncode == 1
    assert (
        f"The disk of {stage.log.parent} is full. Make room" in ran.stderr
        and "Error" not in ran.stderr
        and "Traceback" not in ran.stderr
    )


def test_an_unexpected_error_is_one_line_on_the_terminal_and_a_traceback_in_the_log(stage):
    ran = piped(stage("def f():\n    return {}['gone']\nf()"))
    assert (
        ran.returncode == 1
        and "KeyError: 'gone'" in ran.stderr
        and "line 2" in ran.stderr
        and "Traceback" not in ran.stderr
    )
    assert "Traceback" in stage.log.read_text()


@pytest.mark.parametrize(
    "code, status",
    [("raise SystemExit(3)", 3), ("import sys; sys.exit()", 0), ("import os; os.kill(os.getpid(), 9)", -9)],
)
def test_the_exit_status_is_the_stages_own(stage, code, status):
    assert piped(stage(code)).returncode == status


def test_the_log_keeps_failed_runs_and_drops_successful_ones(stage):
    piped(stage("print('first'); raise SystemExit('no')"))
    piped(stage("print('second')"))
    assert [word in stage.log.read_text() for word in ("first", "second")] == [True, True]
    piped(stage("print('third')"))
    assert [word in stage.log.read_text() for word in ("first", "second", "third")] == [False, False, True]


def test_a_bar_on_a_terminal_and_plain_lines_elsewhere(stage):
    shown = on_a_terminal(stage(BAR))
    assert "100%|" in shown and re.search(r"(^|[\r\n])halfway", shown) and "\033[1m== word: stage" in shown
    log = stage.log.read_text()
    assert "steps: 50/50 it" in log and "halfway" in log and "%|" not in log and "\033" not in log
    ran = piped(stage(BAR))
    assert "steps: 50/50 it" in ran.stderr and "%|" not in ran.stderr and "\033" not in ran.stdout


def test_a_terminal_without_a_size_gets_plain_lines(stage):
    shown = on_a_terminal(stage(BAR), 0, 0)
    assert "steps: 50/50 it" in shown and "%|" not in shown


def test_colours_can_be_refused(stage):
    shown = on_a_terminal(stage(NOISE, NO_COLOR="1"))
    assert "warning: kept" in shown and "\033[" not in shown
    assert "\033[33mwarning: kept" in on_a_terminal(stage(NOISE))


def test_processes_of_a_stage_find_their_functions(stage):
    ran = piped(stage(MANY))
    assert "[0, 2, 4, 6]" in ran.stdout, stage.log.read_text()


def test_a_stage_continues_after_its_terminal_is_closed(stage, tmp_path):
    command = stage(
        f"import pathlib, sys, time\nfor i in range(8):\n    print('line', i, flush=True)\n    time.sleep(0.3)\npathlib.Path({str(tmp_path / 'end')!r}).touch()"
    )
    reader, writer = pty.openpty()
    with subprocess.Popen(**command, stdin=writer, stdout=writer, stderr=writer, start_new_session=True) as process:
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)
        assert process.wait(60) == 0
    assert (tmp_path / "end").exists() and "line 7" in stage.log.read_text()


def test_too_little_memory_is_a_sentence(stage):
    ran = piped(
        stage(
            "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\nkept = [bytes(10**8) for _ in range(50)]"
        )
    )
    assert ran.returncode == 1 and "There is not enough memory. Close other programs" in ran.stderr


def test_a_file_of_another_user_is_a_sentence(stage, tmp_path):
    ran = piped(stage("raise PermissionError(13, 'Permission denied', 'data/work/x')"))
    assert ran.returncode == 1 and "data/work/x: Permission denied. If another user (or sudo) made it" in ran.stderr


def alive(process: str) -> bool:
    """Whether a process runs, and is not only a zombie."""
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_stage_and_its_processes_at_once(stage, tmp_path, sent):
    workers = tmp_path / "workers"
    # The background jobs of a shell ignore SIGINT, and this process may be one.
    restore = partial(signal.signal, sent, signal.SIG_DFL)
    with subprocess.Popen(
        **stage(MANY, str(workers)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=restore
    ) as running:
        deadline = time.monotonic() + 60
        while not workers.exists() or len(workers.read_text().split()) < 2:
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        started = time.monotonic()
        running.send_signal(sent)
        if sent == signal.SIGINT:  # as from a keyboard, where the whole group gets it
            for worker in workers.read_text().split():
                with suppress(ProcessLookupError):  # the stage may have ended it already
                    os.kill(int(worker), signal.SIGINT)
        assert running.wait(30) == -sent
        assert time.monotonic() - started < 5
        assert "Traceback" not in running.stderr.read()
        while any(map(alive, workers.read_text().split())):
            assert time.monotonic() - started < 10
            time.sleep(0.05)
