"""Items as tasks of a cluster: the same results in the same order as scripts.core.parallel gives with processes.

Items travel in chunks of about a fifth of a second's work or more, and only a few chunks for each worker are on their way
at once, so memory stays bounded. Function and state lie in a file below DATA_DIR, which each worker process
reads once. While it works on an item, a worker has its number in a file too: when one item ends worker after worker, it is
named by it.
"""

import math
import os
import secrets
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from scripts.core.cluster import Cluster, connect

CHUNK_S = 0.2  # a chunk is at least this much work, so that what Dask takes for each task (a few ms) does not count
AHEAD = 3  # chunks on their way for each worker
LARGEST = 512  # items of a chunk


class Ended:
    """Stands for the result of an item that ended its process with a sentence: a worker must go on."""

    def __init__(self, code: Any):
        self.code = code


class _Loaded:
    """What a worker process has loaded last: the call of one parallel(), with its state."""

    folder = ""
    call: Callable | None = None

    @classmethod
    def of(cls, folder: str) -> Callable:
        if cls.folder != folder or not cls.call:
            import cloudpickle

            cls.folder, cls.call = "", None
            function, state = cloudpickle.loads(Path(folder, "call").read_bytes())
            cls.call = partial(function, state()) if state else function
            cls.folder = folder
        return cls.call


def work(folder: str, first: int, items: Sequence) -> tuple[list, float]:
    """On a worker: the results of items `first`, first + 1, ..., and how many seconds they took."""
    mark = Path(folder, f"{first}.begun")
    results: list = []
    try:
        call = _Loaded.of(folder)
        begun = time.perf_counter()
        with mark.open("w") as number:
            for place, item in enumerate(items, first):
                os.pwrite(number.fileno(), b"%12d" % place, 0)
                results.append(call(item))
        mark.unlink()
    except SystemExit as end:
        return [*results, Ended(end.code)], 0.0
    return results, time.perf_counter() - begun


def on_cluster(
    address: str,
    data: Path,
    function: Callable,
    items: Sequence,
    label: str,
    chunk: int = 8,
    state: Callable | None = None,
) -> Iterator:
    """Yield function(item) for each item, in order, from the workers at `address`.

    An exception of an item or of state() is raised here. A worker that is lost is named, and its work done by another; an
    item that ends several (scripts.core.cluster.LOST_WORKERS) ends the stage with a sentence that names it.
    """
    with connect(address, data) as cluster:
        import cloudpickle

        folder = data / "cluster" / "calls" / secrets.token_hex(8)
        folder.mkdir(parents=True)
        try:
            (folder / "call").write_bytes(cloudpickle.dumps((function, state)))
            cluster.watch(lambda name: warn(f"{label}: worker {name} is lost; what it had begun is done by another"))
            yield from _in_order(_Chunks(cluster, folder, items, label, chunk))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def warn(sentence: str) -> None:
    """Say on standard error, beside the bar."""
    print(f"warning: {sentence}", file=sys.stderr, flush=True)


class _Chunks:
    """Items in chunks, which grow until one is work enough."""

    def __init__(self, cluster: Cluster, folder: Path, items: Sequence, label: str, chunk: int):
        self.cluster, self.folder, self.items, self.label = cluster, folder, items, label
        self.size, self.next = chunk, 0

    def submit(self) -> tuple[int, int, Any] | None:
        """(first item, one after the last, future) of the next chunk; None after the last."""
        if self.next >= len(self.items):
            return None
        first, self.next = self.next, min(len(self.items), self.next + self.size)
        return self.again(first, self.next)

    def again(self, first: int, end: int) -> tuple[int, int, Any]:
        key = f"{self.label.replace(' ', '-')}-{self.folder.name}-{first}-{secrets.token_hex(4)}"
        chunk = list(self.items[first:end])
        return first, end, self.cluster.submit(work, str(self.folder), first, chunk, key=key)

    def learn(self, count: int, seconds: float, workers: int) -> None:
        """Let chunks be as large as their time asks for, but leave some for every worker."""
        if seconds > 0 and count:
            wanted = math.ceil(CHUNK_S * count / seconds)
            fair = max(1, (len(self.items) - self.next) // (4 * workers))
            self.size = max(self.size, min(wanted, LARGEST, fair))

    def begun(self, first: int) -> int | None:
        """The item that a worker was at when it was lost with this chunk."""
        try:
            return int((self.folder / f"{first}.begun").read_text())
        except (OSError, ValueError):
            return None


def _in_order(chunks: _Chunks) -> Iterator:
    from distributed import wait
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker

    waiting: deque = deque()
    looked, workers = 0.0, 1
    try:
        while True:
            if time.monotonic() - looked > 2:  # workers come and go
                workers, looked = chunks.cluster.places(warn) or 1, time.monotonic()
            while len(waiting) < AHEAD * workers and (one := chunks.submit()):
                waiting.append(one)
            if not waiting:
                return
            first, end, future = waiting[0]
            try:
                with suppress(TimeoutError):
                    wait([future], timeout=2)
                if not future.done():
                    continue
                results, seconds = future.result()
            except KilledWorker:
                if (guilty := chunks.begun(first)) is None:  # it only lay beside one that ends workers
                    waiting[0] = chunks.again(first, end)
                    continue
                raise SystemExit(
                    f"{chunks.label}: item {guilty + 1} of {len(chunks.items)} ended every worker that tried it, perhaps because memory ran out: "
                    f"{repr(chunks.items[guilty])[:200]}. Nothing is lost but this stage: mend or leave out what it names, and type the same line again"
                ) from None
            except (CancelledError, CommClosedError, OSError) as error:
                if chunks.cluster.client.status == "running" and not isinstance(
                    error, CancelledError | CommClosedError
                ):
                    raise
                raise chunks.cluster.gone() from None
            waiting.popleft()
            chunks.learn(len(results), seconds, workers)
            for result in results:
                if isinstance(result, Ended):
                    raise SystemExit(result.code)
                yield result
    finally:
        if waiting and chunks.cluster.client.status == "running":
            chunks.cluster.client.cancel([future for _, _, future in waiting])
