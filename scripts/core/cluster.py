"""Workers on this machine and on others, by Dask: a connection to those that may work for us.

    with connect("tcp://127.0.0.1:8786", Path("data")) as cluster:
        future = cluster.submit(function, argument, key="what-tells-it-from-others")

Every task asks for what scripts.core.contract says of us, so Dask gives none to a worker that is something else;
refusals() names those.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scripts.core.address import Address, parse_address, security
from scripts.core.contract import differences, facts, facts_of, processor, resources

WAIT_S = 60  # for the first worker
GONE_S = 5  # without any worker, before that is said: a process that died comes back sooner
PATIENCE_S = 600  # without any worker, before it is given up
# Of a scheduler that we start: a task that ends this many workers is given up, and a worker that says nothing for that long is left.
LOST_WORKERS = 3
SCHEDULER = {"allowed-failures": LOST_WORKERS - 1, "worker-ttl": "120 s"}


def scheduler_settings() -> dict[str, Any]:
    """Dask's settings for a scheduler of ours, but for those that the environment sets."""
    names = {name: f"DASK_DISTRIBUTED__SCHEDULER__{name.upper().replace('-', '_')}" for name in SCHEDULER}
    return {f"distributed.scheduler.{name}": SCHEDULER[name] for name in SCHEDULER if names[name] not in os.environ}


class Cluster:
    """A connection to the workers that may work for us."""

    def __init__(self, client: Any, address: Address, ours: dict[str, str]):
        self.client, self.address, self.ours = client, address, ours
        self._named: set[str] = set()
        self._seen, self._missed = time.monotonic(), False

    def submit(self, function: Callable, *arguments: Any, key: str, **options: Any) -> Any:
        """A future of function(*arguments) on a worker that is what we are."""
        return self.client.submit(function, *arguments, key=key, pure=False, resources=resources(self.ours), **options)

    def workers(self) -> dict[str, dict]:
        """{address: what Dask tells of it} of all workers. SystemExit where the scheduler is gone."""
        from distributed.comm.core import CommClosedError

        try:
            return dict(self.client.scheduler_info()["workers"])
        except (OSError, CommClosedError, TimeoutError):
            raise self.gone() from None

    def proven(self) -> dict[str, dict]:
        """The workers that may work for us."""
        return {at: worker for at, worker in self.workers().items() if not differences(self.ours, facts_of(worker))}

    def refusals(self) -> list[str]:
        """A sentence for each worker that may not, once."""
        said = []
        for at, worker in self.workers().items():
            if (why := differences(self.ours, facts_of(worker))) and at not in self._named:
                self._named.add(at)
                said.append(f"worker {worker['name']} gets no work: {why}")
        return said

    def places(self, say: Callable[[str], None]) -> int:
        """How many workers may work for us. `say` hears who may not, and when none is left; SystemExit when none comes back."""
        for sentence in self.refusals():
            say(sentence)
        if count := len(self.proven()):
            self._seen, self._missed = time.monotonic(), False
            return count
        alone = time.monotonic() - self._seen
        way = f"make worker CLUSTER={self.address}"
        if alone > PATIENCE_S:
            raise SystemExit(
                f"No worker is left at {self.address}, and none has come for {alone:.0f} s. What was finished is kept: start some ({way}), "
                "and type the same line"
            )
        if alone > GONE_S and not self._missed:
            self._missed = True
            say(
                f"no worker is left at {self.address}: start some ({way}), and this goes on; after {PATIENCE_S} s without any it ends"
            )
        return 0

    def gone(self) -> SystemExit:
        """What to say when the scheduler is not there any more."""
        return SystemExit(
            f"The scheduler at {self.address} is gone. What was finished is kept: start it and its workers again (make scheduler, make worker), "
            "and type the same line"
        )

    def wait(self, seconds: float = WAIT_S) -> None:
        """Until a worker is there that may work for us. SystemExit with all refusals where none is."""
        begun, refused = time.monotonic(), []
        while not self.proven():
            refused += self.refusals()
            if time.monotonic() - begun > (5 if refused else seconds):
                there = (
                    "\n".join(refused)
                    or f"no worker has come within {seconds:.0f} s. Start some: make worker CLUSTER={self.address}"
                )
                raise SystemExit(f"CLUSTER={self.address} can do nothing: {there}")
            time.sleep(0.2)
        types = {facts_of(worker).get("processor", "") for worker in self.proven().values()}
        if len(types) > 1:
            print(
                f"warning: workers have several types of processor ({', '.join(sorted(types))}), so last bits may differ from those of one alone",
                file=sys.stderr,
                flush=True,
            )
        for sentence in refused + self.refusals():
            print(f"warning: {sentence}", file=sys.stderr, flush=True)

    def watch(self, said: Callable[[str], None]) -> None:
        """Have `said` called with the name of each worker that is lost with work in its hands."""
        names: dict[str, str] = {}

        def note(event: tuple) -> None:
            what = event[1]
            if not isinstance(what, dict):
                return
            if what.get("action") == "remove-worker" and what.get("processing-tasks"):
                said(str(names.get(what["worker"], what["worker"])))

        names.update({at: worker["name"] for at, worker in self.workers().items()})
        self.client.subscribe_topic("all", note)


SETTINGS = {
    "distributed.comm.timeouts.connect": "20s",
    "distributed.worker.memory.terminate": False,
    "distributed.worker.daemon": False,  # some items start a process of their own
    "distributed.admin.system-monitor.gil.enabled": False,
}


@contextmanager
def connect(text: str, data: Path, wait: bool = True) -> Iterator[Cluster]:
    """A connection to CLUSTER, with (`wait`) at least one worker that may work for us; local:N is started, and ended with it."""
    address = parse_address(text)
    try:
        import dask
    except ImportError:
        raise SystemExit(
            "CLUSTER needs Dask, which this Python lacks: it comes with make's own environment, or install requirements-cluster.lock into yours"
        ) from None
    ours = facts(data)
    logging.getLogger("distributed").setLevel(logging.ERROR)
    with dask.config.set({**scheduler_settings(), **SETTINGS}):
        local = start_local(address.workers, ours) if address.kind == "local" else None
        client = connect_client(address, data, local)
        cluster = Cluster(client, address, ours)
        try:
            if wait:
                cluster.wait()
            yield cluster
        finally:
            with suppress(Exception):
                client.unsubscribe_topic("all")
            for each in (client, local):
                with suppress(Exception):  # it may be gone already, and what we were doing matters more
                    each and each.close(timeout=5)


def start_local(count: int, ours: dict[str, str]) -> Any:
    """`count` workers of this machine, with a scheduler in this process."""
    from distributed import LocalCluster

    # Ctrl-C reaches all processes of a terminal. Workers are ended by whoever started them.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if in_main_thread() else None
    local = LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        memory_limit=0,
        silence_logs=logging.ERROR,
        resources=resources({**ours, "processor": processor()}),
        local_directory=scratch(),
        protocol="tls://",  # other users of this machine reach the port too
        security=True,
    )
    if before:
        signal.signal(signal.SIGINT, before)
    return local


def connect_client(address: Address, data: Path, local: Any) -> Any:
    """Dask's Client of local workers, or of a scheduler at an address. SystemExit where there is none that takes us."""
    from distributed import Client

    if local:
        return Client(local)
    try:
        return Client(str(address), security=security(address, data), timeout=20, name="wakemake")
    except (OSError, TimeoutError) as error:
        raise SystemExit(
            f"There is no scheduler at CLUSTER={address} that takes us ({printable(error)}). Start one there: make scheduler CLUSTER={address}"
        ) from None


def printable(error: BaseException) -> str:
    """An error as a part of a sentence."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200].rstrip(".")


def in_main_thread() -> bool:
    """Whether signals can be set here."""
    return threading.current_thread() is threading.main_thread()


def scratch() -> str:
    """Where Dask's workers of this machine keep what they spill; nothing of ours is in it."""
    return os.path.join(os.environ.get("TMPDIR", "/tmp"), f"wakemake-{os.getuid()}")
