"""A pool of worker processes that gives the same results in the same order, however many there are.

A worker that needs more than its item, such as an open model, has a state, built once in each process:

    class Scorer:
        def __init__(self, model_path: str): ...

    def score(scorer: Scorer, clip: Path) -> float: ...

    scores = parallel(score, clips, jobs, "score", "clips", state=partial(Scorer, model_path))
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from scripts.core import system
from scripts.core.progress import progress
from scripts.core.remote import on_cluster

MOST_DEATHS = 3  # of worker processes in one stage; then something is wrong with the machine or the work


def parallel(
    function: Callable,
    items: Sequence,
    jobs: int,
    label: str,
    unit: str = "it",
    chunk: int = 8,
    state: Callable | None = None,
) -> Iterator:
    """Yield function(item) for each item, in order, from `jobs` processes (0: as many as there are processors).

    With `state`, each process calls state() once and function(its result, item) for each item. `function`, `state`,
    items and results travel between processes and must be picklable; the result of state() need not be.
    An exception in state() is raised here. Where CLUSTER is given, its workers do the work (scripts.core.remote): the
    results are the same, and a stage does not know. If a worker dies (memory ran out, a library crashed), a line says so, and new
    workers continue with the first item without a result; after MOST_DEATHS of them SystemExit ends the stage.
    """
    if len(items) > 1 and (address := os.environ.get("WAKEMAKE_CLUSTER")):
        data = Path(os.environ["WAKEMAKE_DATA"])
        results = on_cluster(address, data, function, items, label, chunk, state)
        yield from progress(results, len(items), label, unit)
        return
    jobs = jobs or system.processors()
    if jobs > 1 and (why := _no_semaphores()):
        print(
            f"warning: several processes cannot work together here ({why}; does /dev/shm exist, and is it writable?), so one process does all "
            "the work, as with JOBS=1",
            file=sys.stderr,
            flush=True,
        )
        jobs = 1
    if jobs == 1 or len(items) < 2:
        if state:
            function = partial(function, state())
        yield from progress(map(function, items), len(items), label, unit)
        return
    with _one_thread_each():
        results = _in_processes(function, items, jobs, label, chunk, state)
        yield from progress(results, len(items), label, unit)


class _Worker:
    """What a worker process holds: the state of its tasks, or the reason why there is none."""

    has_state = False
    state: Any = None
    error: BaseException | None = None

    @classmethod
    def start(cls, state: Callable | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
        system.die_with_parent()
        try:
            if state:
                cls.has_state, cls.state = True, state()
        except (
            BaseException
        ) as error:  # raised here, it would count as the death of the worker, and the reason would be lost
            cls.error = error

    @classmethod
    def work(cls, function: Callable, item: Any) -> Any:
        if cls.error:
            raise cls.error
        return function(cls.state, item) if cls.has_state else function(item)


def _no_semaphores() -> str:
    """The reason why processes cannot share semaphores, which they need to share work; "" if they can."""
    try:
        get_context("spawn").Lock()
    except (OSError, ImportError) as error:  # ImportError: a platform that has none
        return str(error)
    return ""


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Workers started meanwhile use one thread each: with a process for each processor, more threads only slow down."""
    ours = [name for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS") if name not in os.environ]
    os.environ.update(dict.fromkeys(ours, "1"))
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


def _in_processes(
    function: Callable, items: Sequence, jobs: int, label: str, chunk: int, state: Callable | None
) -> Iterator:
    done = deaths = 0
    while done < len(items):
        pool = ProcessPoolExecutor(jobs, get_context("spawn"), _Worker.start, (state,))
        wait_for_workers = True
        try:
            for result in pool.map(partial(_Worker.work, function), items[done:], chunksize=chunk):
                yield result
                done += 1
        except BrokenProcessPool:
            deaths += 1
            if deaths == MOST_DEATHS:
                raise SystemExit(
                    f"{label}: {deaths} worker processes were killed, perhaps because memory ran out. Only this stage's work is "
                    f"lost: close other programs or set JOBS=1, and type the same line again."
                ) from None
            print(
                f"{label}: a worker process died; new ones continue after {done} of {len(items)}",
                file=sys.stderr,
                flush=True,
            )
        except (KeyboardInterrupt, GeneratorExit):
            wait_for_workers = False  # they die with this process
            raise
        finally:
            pool.shutdown(wait=wait_for_workers, cancel_futures=True)
