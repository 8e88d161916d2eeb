"""Doing many things at once, repeatably: seeds by name, a pool of processes, progress a person can read.

The random numbers of an item come from (seed, name of the item) alone, so neither the number of jobs nor the order of
work changes a result.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.core import system

if TYPE_CHECKING:
    import numpy as np

DEATHS = 3  # of worker processes in one stage, after which something is wrong with the machine or the work


def generator(seed: int, *name: object) -> "np.random.Generator":
    """A random generator that depends only on `seed` and the item's name."""
    import numpy as np

    digest = hashlib.sha256(repr((int(seed), *map(str, name))).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, np.uint32))


def terminal():
    """Where bars are drawn: standard error, past the log that scripts.core.run_stage keeps of it."""
    return getattr(sys.stderr, "terminal", sys.stderr)


def draws_bars() -> bool:
    """Whether a bar can be drawn there: a terminal, and one that knows its size (a container's may not)."""
    out = terminal()
    return out.isatty() and all(os.get_terminal_size(out.fileno()))


def note(line: str) -> None:
    """Write a line into the stage's log alone, where scripts.core.run_stage keeps one."""
    if hasattr(sys.stderr, "note"):
        sys.stderr.note(line)


def progress(items: Iterable, total: int, label: str, unit: str = "it", initial: int = 0) -> Iterator:
    """Pass `items` through, showing how far: a bar on a terminal, otherwise (and in the log) a plain line now and
    then."""
    from tqdm import tqdm

    shown = draws_bars()
    start = said = time.monotonic()
    bar = tqdm(
        items,
        total=total,
        initial=initial,
        desc=label,
        unit=unit,
        smoothing=0.1,
        dynamic_ncols=True,
        file=terminal(),
        disable=not shown,
    )
    for done, item in enumerate(bar, initial + 1):
        yield item
        now = time.monotonic()
        if now - said > 20 or done == total:
            said = now
            line = f"{label}: {done}/{total} {unit} ({(done - initial) / max(now - start, 1e-9):.1f}/s)"
            note(line) if shown else print(line, file=sys.stderr, flush=True)


_not_ready: BaseException | None = None  # why this worker cannot work


def _quiet_worker(initializer, arguments) -> None:
    # Ctrl-C is the parent's to handle, and a worker whose parent was killed must not live on.
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    system.die_with_parent()
    if initializer:
        global _not_ready
        try:
            initializer(*arguments)
        except BaseException as error:  # else the pool takes the worker for dead, and nobody learns why
            _not_ready = error


def _work(function: Callable, item):
    if _not_ready:
        raise _not_ready
    return function(item)


def parallel(
    function: Callable,
    items: Sequence,
    jobs: int,
    label: str,
    unit: str = "it",
    chunk: int = 8,
    initializer: Callable | None = None,
    arguments: tuple = (),
) -> Iterator:
    """Yield function(item) for each item, in order, from `jobs` processes (0: as many as there are processors).

    If a worker dies, as for want of memory or by a fault in a library, it is said, and new workers go on with the first
    item that has no result yet; after DEATHS of them it ends with a sentence. Nothing waits for the dead in silence.
    """
    jobs = jobs or system.processors()
    if jobs > 1 and (why := _no_semaphores()):
        print(
            f"warning: several processes cannot work together here ({why}; is /dev/shm there, and may it be written to?), so one does all, "
            "as with JOBS=1",
            file=sys.stderr,
            flush=True,
        )
        jobs = 1
    if jobs == 1 or len(items) < 2:
        if initializer:
            initializer(*arguments)
        yield from progress(map(function, items), len(items), label, unit)
        return
    with _one_thread_each():
        yield from progress(
            _survived(function, items, jobs, label, chunk, (initializer, arguments)), len(items), label, unit
        )


def _no_semaphores() -> str:
    """Why processes cannot have semaphores together, which they need to share work; "" where they can."""
    from multiprocessing import get_context

    try:
        get_context("spawn").Lock()
    except (OSError, ImportError) as error:  # ImportError: a platform that has none
        return str(error)
    return ""


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """With as many processes as processors, threads only fight: the workers started meanwhile have one."""
    ours = [name for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS") if name not in os.environ]
    os.environ.update(dict.fromkeys(ours, "1"))
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


def _survived(function: Callable, items: Sequence, jobs: int, label: str, chunk: int, start: tuple) -> Iterator:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    done = deaths = 0
    while done < len(items):
        pool = ProcessPoolExecutor(jobs, get_context("spawn"), _quiet_worker, start)
        patient = True
        try:
            for result in pool.map(partial(_work, function), items[done:], chunksize=chunk):
                yield result
                done += 1
        except BrokenProcessPool:
            deaths += 1
            if deaths == DEATHS:
                raise SystemExit(
                    f"{label}: {deaths} worker processes were killed, perhaps because memory ran out. Nothing is lost but "
                    f"this stage: close other programs or set JOBS=1, and type the same line again."
                ) from None
            print(
                f"{label}: a worker process died; going on after {done} of {len(items)} with new ones",
                file=sys.stderr,
                flush=True,
            )
        except (KeyboardInterrupt, GeneratorExit):
            patient = False  # with work that is under way: the workers die with this process
            raise
        finally:
            pool.shutdown(wait=patient, cancel_futures=True)


@contextmanager
def stage_timer(out: Path, stage: str) -> Iterator[dict]:
    """Time a stage and append {"stage", "started", "seconds", "peak_mb", ...} to times.jsonl beside its output `out`.

    The dictionary it yields takes whatever else is worth keeping, say counts. A stage that fails leaves no line.
    """
    facts: dict = {}
    started = datetime.now(UTC)
    clock = time.monotonic()
    yield facts
    line = {
        "stage": stage,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - clock, 2),
        "peak_mb": system.peak_memory_mb(),
        **facts,
    }
    with (Path(out).parent / "times.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
