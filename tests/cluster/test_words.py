"""Words as tasks: make train on workers with stand-ins for the stages, and a long queue with sleeping words."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from conftest import ROOT, until
from distributed import Client, LocalCluster

from scripts.cluster.queue import Queue
from scripts.cluster.words_file import Entry
from scripts.core import cluster, contract
from scripts.core.address import parse_address


@pytest.fixture
def build(machines, tmp_path):
    """A copy of the whole build, whose stages are stand-ins, and whose DATA_DIR is `data` in it."""
    spec = importlib.util.spec_from_file_location("plan_conftest", ROOT / "tests/plan/conftest.py")
    plan = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plan)
    root = tmp_path / "build"
    made = plan.copy_of_the_build(root)
    shutil.copytree(
        ROOT / "scripts",
        root / "scripts",
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__", "datasets.mk"),
    )
    stand_in = root / "fake-python"
    # What is ours runs, what is a stage is played.
    text = stand_in.read_text()
    head = f'#!/bin/bash\ncase "$*" in *scripts.cluster.*|*spawn_main*|*resource_tracker*|*forkserver*) exec {sys.executable} "$@";; esac\n'
    stand_in.write_text(head + text.split("\n", 1)[1])
    return made


def words_by(build, *arguments: str, **environment: str):
    return subprocess.run(**build.process("words", *arguments, word=None, **environment), capture_output=True)


def results_of(build) -> dict[str, str]:
    """Arguments of the stages, without their numbers of processes, by the path of their output."""
    return {
        str(path.relative_to(build.root)): re.sub(r"--jobs \d+|JOBS=\d+", "JOBS", path.read_text())
        for folder in ("work", "output", "seeds")
        for path in sorted((build.root / "data" / folder).rglob("made"))
    }


def test_words_by_workers_are_what_they_are_one_after_another(build):
    """Settings of a word, seeds, and one that fails."""
    (build.root / "words.txt").write_text("one | SAMPLES=77\nbad luck\ntwo | SEED=1,2\nlast\n")
    ran = words_by(build, "CLUSTER=local:2")
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert [
        line for line in ran.stdout.splitlines() if line.startswith("trained: ")
    ] and "5/5 done, 1 failed" in ran.stdout
    failed = [line for line in ran.stdout.splitlines() if line.startswith("failed:")]
    assert failed == [
        "failed:  bad luck: scripts.samples.speak_word failed on purpose (log: data/cluster/logs/bad_luck.log)"
    ]
    made = results_of(build)
    assert "data/seeds/2/work/two/model/made" in made and "data/output/last/made" in made
    log = build.log()
    assert sum("start scripts.samples.speak_common" in line for line in log) == 1
    (build.root / "config.local.mk").write_text("CLUSTER = local:2\n")
    again = words_by(build)
    assert "trained: last" in again.stdout and "for 2 workers at local:2" in again.stdout
    assert " CLUSTER= " in (build.root / "data/cluster/logs/last.log").read_text(), "no word waits for items of others"
    (build.root / "config.local.mk").unlink()
    assert {line.split()[1] for line in build.log() if line.startswith("start")} == {"scripts.samples.speak_word"}, (
        "only what failed"
    )
    shutil.rmtree(build.root / "data")
    words_by(build)
    assert made == results_of(build)


def below(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def test_after_ctrl_c_nothing_is_left_and_the_same_line_goes_on(build):
    (build.root / "words.txt").write_text("one\ntwo\nthree\n")
    options = build.process("words", "CLUSTER=local:2", word=None, FAKE_HANG="scripts.model.train")
    with (build.root / "said").open("w") as said:
        process = subprocess.Popen(**options, stdout=said, stderr=said, start_new_session=True)
    until((build.root / "hanging").exists, 200, (build.root / "said").read_text)
    family = below(process.pid)
    assert len(family) > 4
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(90) != 0
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), 5)
    said = (build.root / "said").read_text()
    assert "the same line goes on" in said and "Traceback" not in said
    assert not list((build.root / "data/output").glob("*"))
    (build.root / "hanging").unlink()
    build.log()
    ran = words_by(build, "CLUSTER=local:2")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not any("speak_common" in line for line in build.log())
    assert {path.name for path in (build.root / "data/output").iterdir()} == {"one", "two", "three"}


def serve(machines, build, jobs: int, **settings: str):
    """A scheduler and workers in the build's own checkout."""
    machines.data = build.root / "data"
    options = ["--address", machines.address, "--data", "data", "--dashboard", "0"]
    scheduler = machines.start("-m", "scripts.cluster.scheduler", *options, **in_checkout(build), **settings)
    until(machines.listens, 60, scheduler.said)
    return scheduler, serve_workers(machines, jobs, build)


def in_checkout(build) -> dict[str, str]:
    return {"PYTHONPATH": str(build.root), "cwd": str(build.root)}


def serve_workers(machines, jobs: int, build) -> list:
    """Workers of one process each."""
    options = ["--address", machines.address, "--data", "data", "--jobs", "1", "--make", "make"]
    options += ["--given", "PYTHON=./fake-python"]
    workers = [machines.start("-m", "scripts.cluster.worker", *options, **in_checkout(build)) for _ in range(jobs)]
    for worker in workers:
        until(lambda worker=worker: "Registered to:" in worker.said(), 120, worker.said)
    return workers


def test_a_word_whose_worker_is_killed_is_begun_again_by_another(build, machines):
    _, workers = serve(machines, build, 2)
    (build.root / "words.txt").write_text("one\n")
    options = build.process("words", f"CLUSTER={machines.address}", word=None)
    said = build.root / "said"
    # Workers started without FAKE_HANG; the marker is given by a slow stage instead.
    for worker in workers:
        assert worker.process.poll() is None
    stand_in = build.root / "fake-python"
    stand_in.write_text(
        stand_in.read_text().replace(
            "set -eu\n",
            'set -eu\n[[ "$*" == *scripts.model.train* && ! -e killed ]] && FAKE_HANG=scripts.model.train\n',
            1,
        )
    )
    with said.open("w") as out:
        process = subprocess.Popen(**options, stdout=out, stderr=out, start_new_session=True)
    until((build.root / "hanging").exists, 200, said.read_text)
    until(lambda: "one: begun by" in said.read_text(), 60, said.read_text)
    (build.root / "killed").touch()
    by = said.read_text().split("one: begun by ")[1].split()[0]
    mine = next(worker for worker in workers if f"worker: {by}" in worker.said() or by in worker.said())
    mine.stop()
    assert process.wait(200) == 0, said.read_text()
    assert f"one: worker {by} is lost; begun again by " in said.read_text() and "trained: one" in said.read_text()
    assert not (build.root / "data/work/one/model.part").exists()


def test_when_both_workers_are_killed_a_sentence_says_so_and_the_same_line_goes_on(build, machines):
    _, workers = serve(machines, build, 2)
    (build.root / "words.txt").write_text("one\ntwo\n")
    stand_in = build.root / "fake-python"
    stand_in.write_text(stand_in.read_text().replace("set -eu\n", "set -eu\n[[ -e killed ]] || FAKE_SLOW=2\n", 1))
    said = build.root / "said"
    options = build.process("words", f"CLUSTER={machines.address}", word=None)
    with said.open("w") as out:
        process = subprocess.Popen(**options, stdout=out, stderr=out, start_new_session=True)
    until(lambda: said.exists() and said.read_text().count(": begun by ") == 2, 300, said.read_text)
    for worker in workers:
        worker.stop()
    until(lambda: f"no worker is left at {machines.address}: start some" in said.read_text(), 60, said.read_text)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) != 0 and "the same line goes on" in said.read_text() and "Traceback" not in said.read_text()
    (build.root / "killed").touch()
    serve_workers(machines, 1, build)
    ran = words_by(build, f"CLUSTER={machines.address}")
    assert ran.returncode == 0 and "2/2 done, 0 failed" in ran.stdout, ran.stdout + ran.stderr


def test_the_word_of_a_stopped_worker_is_begun_again_by_another(build, machines):
    """Its make is not stopped, and holds the lock of the word: the other waits for it, so that two never write at once."""
    _, workers = serve(machines, build, 2, DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="6 s")
    (build.root / "words.txt").write_text("one\n")
    stand_in = build.root / "fake-python"
    stand_in.write_text(stand_in.read_text().replace("set -eu\n", "set -eu\n[[ -e stopped ]] || FAKE_SLOW=2\n", 1))
    said = build.root / "said"
    options = build.process("words", f"CLUSTER={machines.address}", word=None)
    with said.open("w") as out:
        process = subprocess.Popen(**options, stdout=out, stderr=out, start_new_session=True)
    until(lambda: "one: begun by" in said.read_text(), 300, said.read_text)
    by = said.read_text().split("one: begun by ")[1].split()[0]
    mine = next(worker for worker in workers if by in worker.said())
    os.killpg(mine.process.pid, signal.SIGSTOP)
    (build.root / "stopped").touch()
    assert process.wait(200) == 0, said.read_text()
    assert f"one: worker {by} is lost; begun again by " in said.read_text() and "trained: one" in said.read_text()


def test_a_killed_scheduler_ends_all_with_a_sentence(build, machines):
    scheduler, workers = serve(machines, build, 1)
    (build.root / "words.txt").write_text("one\n")
    stand_in = build.root / "fake-python"
    stand_in.write_text(stand_in.read_text().replace("set -eu\n", "set -eu\n[[ -e killed ]] || FAKE_SLOW=2\n", 1))
    options = build.process("words", f"CLUSTER={machines.address}", word=None)
    said = build.root / "said"
    with said.open("w") as out:
        process = subprocess.Popen(**options, stdout=out, stderr=out, start_new_session=True)
    until(lambda: said.exists() and "one: begun by" in said.read_text(), 300, said.read_text)
    family = below(workers[0].process.pid)
    scheduler.stop()
    assert process.wait(60) == 2
    assert f"The scheduler at {machines.address} is gone. What was finished is kept" in said.read_text()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), 60)
    (build.root / "killed").touch()
    serve(machines, build, 1)
    ran = words_by(build, f"CLUSTER={machines.address}")
    assert ran.returncode == 0 and "trained: one" in ran.stdout, ran.stdout + ran.stderr


def sleep(entry: dict, share: float) -> dict:
    """A word that takes as long as it says, in a thousandth of the time."""
    begun = time.monotonic()
    time.sleep(float(entry["settings"]["SAMPLES"]) * share)
    return {"status": 0, "seconds": time.monotonic() - begun, "where": "a worker", "log": "", "why": ""}


def test_300_words_keep_24_workers_at_work(machines):
    """Words sleep for a fiftieth of six minutes, some longer, some shorter, in 24 threads that stand for machines."""
    ours = contract.facts(machines.data)
    with (
        LocalCluster(
            n_workers=24,
            threads_per_worker=1,
            processes=False,
            protocol="tcp://",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            resources=contract.resources(ours),
        ) as local,
        Client(local) as client,
    ):
        connected = cluster.Cluster(client, parse_address("local:24"), ours)
        entries = [
            Entry(number, f"word {number}", {"SAMPLES": str(240 + 40 * (number * 7 % 13))}) for number in range(300)
        ]
        share = 1 / 100
        work = sum(float(entry.settings["SAMPLES"]) * share for entry in entries)
        begun = time.monotonic()
        results = Queue(connected, entries, sleep, (share,)).run()
        wall = time.monotonic() - begun
        assert len(results) == 300 and not any(result["status"] for result in results.values())
        print(
            f"300 words, 24 workers: {work / 24 / wall:.1%} of the time at work ({work:.0f} s of work in {wall:.1f} s)"
        )
        assert work / 24 / wall > 0.9
