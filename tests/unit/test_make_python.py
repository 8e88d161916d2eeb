"""scripts/make/python.sh: which Python makes environments, and how one is fetched where there is none: PATH and the
builds' host are stand-ins."""

import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from scripts.environment.install import NEWEST, OLDEST
from tests.loopback import Host

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "cat", "cp", "cut", "gzip", "mkdir", "mv", "rm", "sha256sum", "tar", "env")
# Acts like a Python of a version; with other arguments than -c it prints its name and these
# arguments.
PYTHON = """#!/bin/bash
if [[ $1 == -c && $2 == *ensurepip* ]]; then
  [[ {whole} == yes && $2 =~ \\(3,\\ ([0-9]+)\\)\\)$ ]] && (( {minor} >= 11 && {minor} <= BASH_REMATCH[1] ))
  exit
fi
[[ $1 == -c ]] && exit 1
echo "{name} was given: $*"
"""


def archive(**python) -> bytes:
    """A build in python-build-standalone's layout, with a stand-in for its Python."""
    script = PYTHON.format(**{"minor": 11, "whole": "yes", "name": "the fetched one", **python}).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("python/bin/python3")
        member.size, member.mode = len(script), 0o755
        tar.addfile(member, io.BytesIO(script))
    return packed.getvalue()


class Machine:
    """A machine with these programs and Pythons; its script expects `build` where the real one expects a build of
    Python."""

    def __init__(self, place: Path, *programs: str, build: bytes = b"", uname: str = "Linux x86_64", **pythons):
        self.place, self.bin = place, place / "bin"
        self.bin.mkdir()
        for name in (*TOOLS, *programs):
            (self.bin / name).symlink_to(shutil.which(name) or pytest.skip(f"{name} is not installed here"))
        self.write("uname", f"#!/bin/bash\necho {uname}\n")
        for name, (minor, whole) in pythons.items():
            self.write(name.replace("_", "."), PYTHON.format(minor=minor, whole=whole, name=name.replace("_", ".")))
        (place / "scripts/make").mkdir(parents=True)
        shutil.copy2(ROOT / "scripts/make/needs.sh", place / "scripts/make")
        text, count = re.subn(
            r"sha256=[0-9a-f]{64}",
            f"sha256={hashlib.sha256(build).hexdigest()}",
            (ROOT / "scripts/make/python.sh").read_text(),
        )
        assert count == 3
        (place / "scripts/make/python.sh").write_text(text)
        version, release = re.search(r"VERSION=(\S+) RELEASE=(\S+)", text).groups()
        self.name = f"cpython-{version}+{release}-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
        self.path, self.final = f"/{release}/{self.name.replace('+', '%2B')}", place / f"kept/cpython-{version}"

    def write(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def process(self, newest: str, mirror: str, **environment: str) -> dict:
        mirrors = {"UV_PYTHON_INSTALL_MIRROR": mirror} if mirror else {}
        return {
            "args": ["/bin/bash", "scripts/make/python.sh", "kept", newest, "-m", "scripts.environment.install"],
            "cwd": self.place,
            "text": True,
            "env": {"PATH": str(self.bin), "OS_RELEASE": "/dev/null", "no_proxy": "*", **mirrors, **environment},
        }

    def ran(self, newest: str = "3.13", mirror: str = "", **environment: str) -> tuple[int, str, str]:
        ran = subprocess.run(**self.process(newest, mirror, **environment), capture_output=True)
        return ran.returncode, ran.stdout, ran.stderr


@pytest.fixture
def host():
    with Host() as host:
        yield host


@pytest.mark.parametrize(
    "pythons, newest, taken",
    [
        ({"python3": (11, "yes")}, "3.13", "python3"),
        ({"python3": (13, "yes")}, "3.13", "python3"),
        ({"python3": (14, "yes"), "python3_12": (12, "yes")}, "3.13", "python3.12"),
        ({"python3": (13, "yes"), "python3_12": (12, "yes")}, "3.12", "python3.12"),
        ({"python3_11": (11, "no"), "python3": (13, "yes")}, "3.13", "python3"),
    ],
)
def test_a_suitable_python_of_the_system_is_used(tmp_path, pythons, newest, taken):
    machine = Machine(tmp_path, **pythons)
    assert machine.ran(newest) == (0, f"{taken} was given: -m scripts.environment.install\n", "")
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    "pythons, newest",
    [
        ({}, "3.13"),
        ({"python3": (14, "yes")}, "3.13"),
        ({"python3": (10, "yes")}, "3.13"),
        ({"python3": (13, "no")}, "3.13"),
        ({"python3": (13, "yes")}, "3.12"),
    ],
)
@pytest.mark.parametrize("program", ["curl", "wget"])
def test_otherwise_one_is_fetched_once_with_one_line_of_output(tmp_path, host, pythons, newest, program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not here")
    build = archive()
    machine = Machine(tmp_path, program, build=build, **pythons)
    host.files[machine.path] = build
    status, printed, stderr = machine.ran(newest, host.url)
    assert (status, printed) == (0, "the fetched one was given: -m scripts.environment.install\n")
    lines = [line for line in stderr.splitlines() if "URL" not in line]  # wget says what it fetched
    assert (
        len(lines) == 1
        and f"no Python 3.11 to {newest} with venv and ensurepip is installed, so CPython 3.11" in lines[0]
    )
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [machine.final.name]
    assert (
        machine.ran(newest, host.url) == (0, "the fetched one was given: -m scripts.environment.install\n", "")
        and len(host.requests) == 1
    )


def test_a_python_too_new_fetches_where_there_is_neither_curl_nor_wget(tmp_path, host):
    build = archive()
    machine = Machine(tmp_path, build=build)
    machine.write("python3", f'#!/bin/bash\n[[ $2 == *ensurepip* ]] && exit 1\nexec {os.sys.executable} "$@"\n')
    host.files[machine.path] = build
    status, printed, _ = machine.ran(mirror=host.url)
    assert (status, printed) == (0, "the fetched one was given: -m scripts.environment.install\n")


def test_a_mirror_may_be_a_directory(tmp_path):
    build = archive()
    machine = Machine(tmp_path, build=build)
    (tmp_path / "mirror" / machine.path.split("/")[1]).mkdir(parents=True)
    (tmp_path / "mirror" / machine.path.split("/")[1] / machine.name).write_bytes(build)
    assert machine.ran(mirror=f"file://{tmp_path}/mirror/")[0] == 0


def test_offline_names_the_file_to_bring_and_uses_it(tmp_path, host):
    build = archive()
    machine = Machine(tmp_path, "curl", build=build)
    status, _, stderr = machine.ran(mirror=host.url, OFFLINE="1")
    assert status == 1 and not host.requests
    assert (
        "OFFLINE=1, and no Python 3.11 to 3.13 with venv and ensurepip is installed. Fetch https://github.com/"
        in stderr
    )
    assert f"put it at kept/{machine.name}, and type the same make again." in stderr
    (tmp_path / "kept" / machine.name).write_bytes(build)
    assert machine.ran(OFFLINE="1") == (0, "the fetched one was given: -m scripts.environment.install\n", "")


def test_a_host_without_the_file_gives_remedies(tmp_path, host):
    machine = Machine(tmp_path, "curl", build=archive())
    machine.write("apt-get", "#!/bin/bash\n")
    (tmp_path / "os-release").write_text("ID=debian\nVERSION_CODENAME=trixie\n")
    status, _, stderr = machine.ran(mirror=host.url, OS_RELEASE=str(tmp_path / "os-release"))
    assert (
        status == 1
        and f"Python could not be fetched from {host.url}/" in stderr
        and "name it: UV_PYTHON_INSTALL_MIRROR=" in stderr
    )
    assert re.search(
        r"Or install one of Python 3.11 to 3.13 with venv:  .*apt-get install python3 python3-venv", stderr
    )
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_wrong_checksum_is_deleted_and_not_run(tmp_path, host):
    machine = Machine(tmp_path, "curl", build=archive())
    host.files[machine.path] = archive(name="another")
    status, printed, stderr = machine.ran(mirror=host.url)
    assert (
        status == 1
        and not printed
        and "has the wrong checksum (expected " in stderr
        and list((tmp_path / "kept").iterdir()) == []
    )


def test_a_python_that_does_not_run_here_is_not_kept(tmp_path, host):
    build = archive(whole="no")
    machine = Machine(tmp_path, "curl", build=build)
    host.files[machine.path] = build
    status, _, stderr = machine.ran(mirror=host.url)
    assert status == 1 and "does not run on this system" in stderr and not machine.final.exists()


def test_a_killed_download_starts_again(tmp_path, host):
    build = archive()
    machine = Machine(tmp_path, "curl", build=build)
    host.files[machine.path], host.faults[machine.path] = build, ["stall 100"]
    with subprocess.Popen(
        **machine.process("3.13", host.url), start_new_session=True, stderr=subprocess.DEVNULL
    ) as process:
        until = time.monotonic() + 20
        while not host.requests and time.monotonic() < until:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
    assert host.requests and not machine.final.exists() and not (tmp_path / "kept" / machine.name).exists()
    assert machine.ran(mirror=host.url)[0] == 0 and machine.final.exists()


def test_without_a_program_for_downloads_a_remedy_is_given(tmp_path):
    machine = Machine(tmp_path)
    machine.write("pacman", "#!/bin/bash\n")
    status, _, stderr = machine.ran()
    assert (
        status == 1
        and "curl is not installed." in stderr
        and "pacman -S curl" in stderr
        and "fetched into" not in stderr
    )


def test_a_processor_without_a_build(tmp_path):
    status, _, stderr = Machine(tmp_path, "curl", uname="Linux riscv64").ran()
    assert status == 1 and "python-build-standalone has none for Linux riscv64" in stderr


def test_the_versions_are_those_of_the_locks():
    text = (ROOT / "scripts/make/python.sh").read_text()
    assert f"(3, {OLDEST[1]}) <= sys.version_info[:2]" in text
    assert all(f"python3.{minor} " in text for minor in range(OLDEST[1], NEWEST[1] + 1))
    assert re.search(r"\$\(VENV_MB\),3\.(\d+)\)\)", (ROOT / "scripts/environment/environment.mk").read_text())[
        1
    ] == str(NEWEST[1])
