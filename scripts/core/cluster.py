"""Workers on this machine and on others, by Dask: where they are, which of them may work for us, and what they are kept from.

    with connect("tcp://127.0.0.1:8786", Path("data")) as cluster:
        future = cluster.submit(function, argument, key="what-tells-it-from-others")

A worker says what it is as resources (Dask's): commit, code, packages, Python, and a token read from the DATA_DIR it sees.
Every task asks for the same, so Dask itself gives none to a worker that would do something else; refusals() names those.

Whoever reaches a scheduler's port can have its workers run anything. So tcp:// is for this machine alone (or a tunnel to
it), and tls:// for others, with the certificate that `make cluster-keys` makes below DATA_DIR.
"""

import hashlib
import ipaddress
import logging
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.core import system

ROOT = Path(__file__).resolve().parents[2]
CODE = ("Makefile", "config.mk", "scripts/**/*", "requirements*.lock")
SETTINGS = "config.local.mk"
DEFAULT_ADDRESS, DEFAULT_PORT = "tcp://127.0.0.1:8786", 8786
WAIT_S = 60  # for the first worker
# Of a scheduler that we start: a task that ends this many workers is given up, and a worker that says nothing for that long is left.
LOST_WORKERS = 3
SCHEDULER = {"allowed-failures": LOST_WORKERS - 1, "worker-ttl": "120 s"}
WAY_OUT = {
    "commit": "bring both to the same commit",
    "code": "bring both to the same files (Makefile, config.mk, scripts, locks)",
    "settings": f"give both the same {SETTINGS}",
    "lock": "make both environments from the same lock: make venv",
    "python": "use the same Python version in both",
    "data": "name the same directory of a shared file system in both, in the same words: DATA_DIR=...",
}


@dataclass(frozen=True)
class Address:
    """Where workers are found: kind is local, tcp or tls; local has `workers`, the others host and port."""

    kind: str
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workers: int = 0

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"local:{self.workers}" if self.kind == "local" else f"{self.kind}://{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine can reach it."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(text: str) -> Address:
    """CLUSTER as typed. SystemExit with a sentence where it is none, or not safe.

    >>> parse_address("local:4"), str(parse_address("tls://head"))
    (Address(kind='local', host='127.0.0.1', port=8786, workers=4), 'tls://head:8786')
    """
    if found := re.fullmatch(r"local:([1-9]\d{0,3})", text):
        return Address("local", workers=int(found[1]))
    found = re.fullmatch(r"(tcp|tls)://(\[[0-9A-Fa-f:]+\]|[\w.-]+)(?::(\d{1,5}))?/?", text)
    if not found or int(found[3] or 1) > 65535:
        raise SystemExit(
            f"CLUSTER={text} is no address: write local:4 (four processes here), {DEFAULT_ADDRESS}, or tls://machine:{DEFAULT_PORT}"
        )
    address = Address(found[1], found[2].strip("[]"), int(found[3] or DEFAULT_PORT))
    if address.kind == "tcp" and not address.loopback and os.environ.get("CLUSTER_INSECURE") != "1":
        raise SystemExit(
            f"CLUSTER={address} is refused: whoever reaches that port can run programs on all workers, as you. Use tls://{address.host}:"
            f"{address.port} (make cluster-keys), or a tunnel (ssh -L {address.port}:127.0.0.1:{address.port} {address.host}) and {DEFAULT_ADDRESS}; "
            "in a network where you trust everybody, CLUSTER_INSECURE=1"
        )
    return address


# ---- what a worker is


def token(data: Path) -> str:
    """A random text in a file below DATA_DIR: who reads the same sees the same directory. Whoever comes first writes it."""
    path = data / "cluster" / "token"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"token.{secrets.token_hex(8)}.part")
        part.write_text(secrets.token_hex(16))
        with suppress(FileExistsError):
            os.link(part, path)  # unlike a rename it leaves what another has written meanwhile
        part.unlink()
    return path.read_text().strip()


def commit() -> str:
    """The commit of this checkout; in an image without .git, from WAKEMAKE_COMMIT."""
    with suppress(OSError, subprocess.CalledProcessError):
        git = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()[:12]
    return os.environ.get("WAKEMAKE_COMMIT", "")[:12] or "none"


def digest(paths: list[Path]) -> str:
    """Of files, with their names; "none" without any."""
    total = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        total.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()[:12] if paths else "none"


def facts(data: Path) -> dict[str, str]:
    """What has to be the same wherever a result is made."""
    code = [
        path for pattern in CODE for path in ROOT.glob(pattern) if path.is_file() and "__pycache__" not in path.parts
    ]
    lock = Path(sys.prefix, "installed.lock")
    return {
        "commit": commit(),
        "code": digest(code),
        "settings": digest([ROOT / SETTINGS] if (ROOT / SETTINGS).is_file() else []),
        "lock": hashlib.sha256((lock if lock.is_file() else ROOT / "requirements.lock").read_bytes()).hexdigest()[:12],
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "data": hashlib.sha256(f"{data}\0{token(data)}".encode()).hexdigest()[:12],
    }


def resources(said: dict[str, str]) -> dict[str, float]:
    """Facts as Dask's resources."""
    return {f"{name}:{value}": 1 for name, value in said.items()}


def processor() -> str:
    """The processor's name without blanks. No task requires it; where workers differ in it, last bits may differ."""
    return re.sub(r"[^\w.@-]+", "_", system.cpu_model())


def facts_of(worker: dict) -> dict[str, str]:
    """What a worker of Dask's scheduler_info() says that it is."""
    return dict(name.split(":", 1) for name in worker.get("resources", {}) if ":" in name)


def differences(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """Why a worker is refused, and what to do; "" if it is not."""
    different = [name for name in ours if theirs.get(name) != ours[name]]
    if not theirs and different:
        return "it does not say what it is: start it with make worker"
    # Another commit has other code; that is one reason, not two.
    if "commit" in different and "code" in different:
        different.remove("code")
    return "; ".join(
        f"its {name} is {theirs.get(name, 'not said')}, and {ours[name]} here: {WAY_OUT[name]}" for name in different
    )


# ---- Dask


def keys_of(data: Path) -> tuple[Path, Path]:
    """Certificate and key for tls://."""
    return data / "cluster" / "keys" / "certificate.pem", data / "cluster" / "keys" / "key.pem"


def security(address: Address, data: Path) -> Any:
    """Dask's Security for an address; None where there is none. SystemExit where keys are missing."""
    from distributed.security import Security

    if address.kind != "tls":
        return None
    certificate, key = keys_of(data)
    if not (certificate.is_file() and key.is_file()):
        raise SystemExit(
            f"{address} needs a certificate, and {certificate} is not there. Type: make cluster-keys, once; all machines read it from their DATA_DIR"
        )
    sides = {
        f"tls_{who}_{what}": str(path)
        for who in ("client", "worker", "scheduler")
        for what, path in (("cert", certificate), ("key", key))
    }
    return Security(tls_ca_file=str(certificate), require_encryption=True, **sides)


def scheduler_settings() -> dict[str, Any]:
    """Dask's settings for a scheduler of ours, but for those that the environment sets."""
    names = {name: f"DASK_DISTRIBUTED__SCHEDULER__{name.upper().replace('-', '_')}" for name in SCHEDULER}
    return {f"distributed.scheduler.{name}": SCHEDULER[name] for name in SCHEDULER if names[name] not in os.environ}


class Cluster:
    """A connection to the workers that may work for us."""

    def __init__(self, client: Any, address: Address, ours: dict[str, str]):
        self.client, self.address, self.ours = client, address, ours
        self._named: set[str] = set()

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


@contextmanager
def connect(text: str, data: Path, wait: bool = True) -> Iterator[Cluster]:
    """A connection to CLUSTER, with (`wait`) at least one worker that may work for us; local:N is started, and ended with it."""
    address = parse_address(text)
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise SystemExit(
            "CLUSTER needs Dask, which this Python lacks: it comes with make's own environment, or install requirements-cluster.lock into yours"
        ) from None
    ours = facts(data)
    quiet = dask.config.set(
        {
            **scheduler_settings(),
            "distributed.comm.timeouts.connect": "20s",
            "distributed.worker.memory.terminate": False,
            "distributed.worker.daemon": False,  # some items start a process of their own
            "distributed.admin.system-monitor.gil.enabled": False,
        }
    )
    logging.getLogger("distributed").setLevel(logging.ERROR)
    with quiet:
        if address.kind == "local":
            # Ctrl-C reaches all processes of a terminal. Workers are ended by whoever started them.
            before = signal.signal(signal.SIGINT, signal.SIG_IGN) if in_main_thread() else None
            local = LocalCluster(
                n_workers=address.workers,
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
            client = Client(local)
        else:
            local = None
            keys = security(address, data)
            try:
                client = Client(str(address), security=keys, timeout=20, name="wakemake")
            except (OSError, TimeoutError) as error:
                raise SystemExit(
                    f"There is no scheduler at CLUSTER={address} that takes us ({printable(error)}). Start one there: make scheduler CLUSTER={address}"
                ) from None
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


def printable(error: BaseException) -> str:
    """An error as a part of a sentence."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200].rstrip(".")


def in_main_thread() -> bool:
    """Whether signals can be set here."""
    return threading.current_thread() is threading.main_thread()


def scratch() -> str:
    """Where Dask's workers of this machine keep what they spill; nothing of ours is in it."""
    return os.path.join(os.environ.get("TMPDIR", "/tmp"), f"wakemake-{os.getuid()}")
