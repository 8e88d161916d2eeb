"""On a worker: train one word of a file of words by the ordinary `make train`, until that is not wanted any more.

make runs in a process group below a process of ours, whose standard input the worker holds: when the worker is killed, or
nobody wants the word any more, that ends, and ours ends the whole group as Ctrl-C would. So nothing works on unseen.

    python -m scripts.cluster.task data/cluster/logs/hey_buster.log '{"command": ["make", ...], ...}'
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from scripts.cluster.training import Builder, hold_locks
from scripts.cluster.words_file import Entry
from scripts.core import contract

LOOK_S = 0.5
RUNNING = 0  # trainings of this worker process
PATIENCE_S = 20  # after Ctrl-C, before it is killed
NOT_PASSED = (
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
    "GNUMAKEFLAGS",
    "WAKEMAKE_HOLDS",
    "WAKEMAKE_ALONE",
    "WAKEMAKE_CLUSTER",
)
ALONE = ("JOBS=1", "CLUSTER=")  # workers that all train words could do no items for one another
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
    "1",
)


def train_word(entry: dict, given: list[str], ours: dict[str, str], how: str) -> dict:
    """Train a word here; what came of it: {"status", "seconds", "where", "log", "why"}."""
    from distributed import get_worker
    from distributed.core import Status

    worker = get_worker()
    here = json.loads(os.environ.get("WAKEMAKE_WORKER", how))
    word = Entry(**entry)
    log = Path(here["data"], "cluster", "logs", f"{word.name}.log")
    if why := contract.differences(ours, contract.facts(Path(here["data"]))):  # somebody may have changed it under us
        return answer(
            worker.name, log, 1, 0.0, f"worker {worker.name} is not what it was when it began ({why}), start it again"
        )
    log.parent.mkdir(parents=True, exist_ok=True)
    key = worker.get_current_task()
    builder = Builder(here["make"], here["data"], [*given, *here["given"], *ALONE])
    order = {"entry": entry, "make": builder.make, "data": builder.data, "given": builder.given}

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return worker.status == Status.running and task is not None and task.state != "cancelled"

    begun = time.monotonic()
    status = run_wanted([sys.executable, "-m", "scripts.cluster.task", str(log), json.dumps(order)], wanted)
    return answer(worker.name, log, status, time.monotonic() - begun, "" if not status else last_sentence(log))


def trainings() -> int:
    """How many trainings run in this worker process."""
    return RUNNING


def answer(where: str, log: Path, status: int, seconds: float, why: str) -> dict:
    return {"status": status, "seconds": seconds, "where": str(where), "log": str(log), "why": why}


def run_wanted(command: list[str], wanted) -> int:
    """Run a command, which ends with its standard input, as long as it is wanted; its exit status."""
    global RUNNING
    environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, env={**environment, **ONE_THREAD}, cwd=contract.ROOT, start_new_session=True
    )
    RUNNING += 1
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(LOOK_S)
            if process.stdin and not process.stdin.closed and not wanted():
                process.stdin.close()
    finally:
        RUNNING -= 1


def last_sentence(log: Path) -> str:
    """What a failed make said last, without its own lines."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()[-40:]]
    told = [line for line in lines if line and not line.startswith(("make", "=="))]
    sentences = [line for line in told if "failed. Everything it said:" not in line]
    return (sentences or told or ["it said nothing"])[-1]


def end_group(process: subprocess.Popen) -> int:
    """End this process group as Ctrl-C would, and if that is not enough, at once; the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.killpg(0, signal.SIGINT)
    try:
        return process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(0, signal.SIGKILL)
        raise


def main(argv=None) -> int:
    log, text = sys.argv[1:] if argv is None else argv
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a worker may ignore it, and what it starts would with it
    order = json.loads(text)
    entry = Entry(**order["entry"])
    builder = Builder(order["make"], order["data"], order["given"])
    said = open(log, "w")  # noqa: SIM115 - until this process ends
    os.dup2(said.fileno(), 1)
    os.dup2(said.fileno(), 2)
    environment = hold_locks(builder.data, entry)
    command = builder.train(entry)
    print(" ".join(command), flush=True)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment, close_fds=False)
    while process.poll() is None:
        if select.select([0], [], [], LOOK_S)[0] and not os.read(0, 1):
            return end_group(process)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
