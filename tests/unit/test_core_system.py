"""Differences between Linux and macOS, in Python and in the shell."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.core import system

ROOT = Path(__file__).resolve().parents[2]


def test_processors_are_those_this_process_may_use(monkeypatch):
    assert system.processors() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")  # as on macOS
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert system.processors() == 8


def test_the_shell_says_the_same(tmp_path):
    def count_processors(**environment):
        return subprocess.run(
            [ROOT / "scripts/make/system.sh", "processors"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "7", **environment},
        ).stdout.strip()

    assert count_processors() == str(len(os.sched_getaffinity(0)))
    for name in ("env", "bash", "sysctl"):  # no nproc, as on macOS
        (tmp_path / name).symlink_to(f"/usr/bin/{name}") if name != "sysctl" else (tmp_path / name).write_text(
            "#!/bin/bash\necho $2-of-8\n"
        )
    (tmp_path / "sysctl").chmod(0o755)
    assert count_processors(PATH=str(tmp_path)) == "hw.logicalcpu-of-8"


def test_peak_memory_is_in_mib():
    # Through a shell, because a process starts with the peak of its parent.
    command = f"'{sys.executable}' -c 'held = bytearray(300 * 2**20)\nfrom scripts.core.system import peak_memory_mb; print(peak_memory_mb())'; true"
    held = int(subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert 300 < held < 400


@pytest.mark.parametrize("linux", [True, False], ids=["by the kernel", "by polling"])
def test_a_worker_dies_with_its_parent(linux, tmp_path):
    child = (
        "import os, time; from scripts.core import system; system.LINUX, system.LOOK_S = {}, 0.05; system.die_with_parent(); "
        "open({!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    ).format(linux, str(tmp_path / "pid"))
    parent = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}]).wait()"],
        cwd=ROOT,
    )
    until = time.monotonic() + 30
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    pid = int((tmp_path / "pid").read_text())
    parent.kill()
    parent.wait()
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_processor_without_a_name_has_its_architecture(monkeypatch, tmp_path):
    monkeypatch.setattr(system, "CPUINFO", tmp_path / "none")
    assert system.cpuinfo() == "" and system.cpu_model()
    (tmp_path / "none").write_text("processor : 0\nmodel name\t: A Processor\n")
    assert system.cpu_model() == "A Processor"


NEWER = re.compile(
    r"\$\{\w+(,,|\^\^|@)|\bmapfile\b|\breadarray\b|declare -[A-Za-z]*[An]|local -n|\|&|&>>|printf '?%\(|wait -n|coproc|\[\[ -v "
)
RUN = [
    *(ROOT / "scripts").rglob("*.sh"),
    *(ROOT / "scripts").rglob("*.mk"),
    ROOT / "Makefile",
    ROOT / "docker/docker.mk",
]


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.name)
def test_shell_code_runs_in_bash_3_2(path):
    """macOS has bash 3.2, which has none of these; docs/SYSTEMS.md lists what was run under it."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    assert [
        f"{number}: {line}"
        for number, line in lines
        if not line.lstrip().startswith("#") and NEWER.search(line.replace("$$", "$"))
    ] == []
    assert NEWER.search("w=${w,,}") and NEWER.search("mapfile -t lines <file")
