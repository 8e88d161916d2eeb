"""Which workers may work: what is refused is named, and gets nothing. No port is open to other machines."""

import os
import shutil
import socket
import ssl
import subprocess
import sys

import psutil
import pytest
import work_for_workers as work
from conftest import ROOT, until

from scripts.core import cluster, contract
from scripts.core.address import keys_of
from scripts.core.remote import on_cluster


def results(machines, items=range(8)):
    return list(cluster_results(machines.address, machines.data, items))


def cluster_results(address, data, items):
    return on_cluster(address, data, work.draw, items, "t")


def test_workers_that_are_something_else_are_named_and_get_nothing(machines, monkeypatch, capfd):
    """One of another DATA_DIR, one of another commit and lock; and then one that may."""
    machines.scheduler()
    other = machines.folder / "other"
    other.mkdir()
    machines.worker(data=other)
    elsewhere = machines.folder / "checkout"
    shutil.copytree(ROOT / "scripts", elsewhere / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "config.mk", "requirements.lock", "requirements-cluster.lock"):
        shutil.copy2(ROOT / name, elsewhere / name)
    subprocess.run(
        ["bash", "-c", "git init -q && git add -A && git -c user.name=a -c user.email=a@b commit -qm x"],
        cwd=elsewhere,
        check=True,
    )
    machines.worker(PYTHONPATH=str(elsewhere), cwd=str(elsewhere))
    with pytest.raises(SystemExit) as ended:
        results(machines)
    said = str(ended.value)
    assert f"CLUSTER={machines.address} can do nothing: " in said
    assert "its data is " in said and "name the same directory of a shared file system in both" in said
    assert "its commit is " in said and "bring both to the same commit" in said
    machines.worker()
    assert results(machines) == list(map(work.draw, range(8)))
    assert capfd.readouterr().err.count(" gets no work: ") == 2


@pytest.mark.parametrize("name", ["commit", "code", "settings", "lock", "python", "data"])
def test_each_difference_is_a_sentence(name):
    ours = dict.fromkeys(("commit", "code", "settings", "lock", "python", "data"), "a")
    assert contract.differences(ours, dict(ours)) == ""
    assert contract.differences(ours, {**ours, name: "b"}).startswith(f"its {name} is b, and a here: ")


def test_a_worker_of_dasks_own_is_refused(machines):
    machines.scheduler()
    program = machines.start("-m", "distributed.cli.dask_worker", machines.address, "--nworkers", "1")
    until(lambda: "Registered to:" in program.said(), 120, program.said)
    with pytest.raises(SystemExit, match="it does not say what it is: start it with make worker"):
        results(machines)


def open_to(pids) -> set[str]:
    """Addresses at which processes listen."""
    return {
        at.laddr.ip
        for pid in pids
        for at in psutil.Process(pid).net_connections("inet")
        if at.status == psutil.CONN_LISTEN
    }


def test_no_port_is_open_beyond_loopback(machines):
    scheduler, worker = machines.scheduler(), machines.worker(jobs=2)
    pids = [*scheduler.processes(), *worker.processes()]
    assert len(pids) >= 4 and open_to(pids) == {"127.0.0.1"}
    with cluster.connect("local:1", machines.data):
        ours = [os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))]
        assert len(ours) > 1 and open_to(ours) == {"127.0.0.1"}


def make_keys(data):
    subprocess.run([sys.executable, "-m", "scripts.cluster.keys", "--data", str(data)], cwd=ROOT, check=True)


def test_tls_takes_who_has_the_certificate_and_nobody_else(machines):
    make_keys(machines.data)
    machines.address = machines.address.replace("tcp", "tls")
    machines.scheduler()
    machines.worker()
    assert results(machines, range(4)) == list(map(work.draw, range(4)))
    wrong = machines.folder / "wrong"
    make_keys(wrong)
    with pytest.raises(SystemExit, match="There is no scheduler at CLUSTER=tls://.* that takes us"):
        list(cluster_results(machines.address, wrong, range(4)))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", machines.port)) as plain:  # noqa: SIM117
        with context.wrap_socket(plain) as nobody:
            nobody.recv(1)
            raise AssertionError("a connection without a certificate was accepted")
    key = keys_of(machines.data)[1]
    assert key.stat().st_mode & 0o077 == 0 and key.parent.stat().st_mode & 0o077 == 0


def test_status_says_what_each_worker_is_and_does(machines):
    machines.scheduler()
    machines.worker()
    ran = subprocess.run(
        [sys.executable, "-m", "scripts.cluster.status", "--address", machines.address, "--data", str(machines.data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert "1 workers, 1 cores" in ran.stdout and "; waits" in ran.stdout and "commit " in ran.stdout
    assert "its page: http://127.0.0.1:" in ran.stdout
