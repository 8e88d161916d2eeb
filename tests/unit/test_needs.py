"""What a machine without root is told it lacks, with the command that installs it: PATH and os-release are stand-ins."""
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

NEEDS = Path(__file__).resolve().parents[2] / "scripts/needs.sh"


@pytest.fixture
def machine(tmp_path):
    """machine(release, "apt-get", python3="3.11", ...)("--how", "npm"): (exit status, what it says) on such a machine."""
    def make(release="debian 12", *programs, system="Linux x86_64", glibc="glibc 2.36", macos="", venv=True, **pythons):
        scripts = {name: "exit 0" for name in programs} | {
            "uname": f'for w in {system}; do case $1 in -s) echo $w; exit;; -m) set -- -s;; -sm) echo {system}; exit;; esac; done',
            "getconf": f"echo '{glibc}'", "sw_vers": f"echo {macos}"}
        for name, version in pythons.items():
            # Answers what it is asked: its version, or whether it will do.
            good = "0" if venv and version in ("3.11", "3.12") else "1"
            scripts[name.replace("_", ".")] = f'[[ $2 == *ensurepip* ]] && exit {good}; echo {version}'
        for name, script in scripts.items():
            (tmp_path / name).write_text(f"#!/bin/bash\n{script}\n")
            (tmp_path / name).chmod(0o755)
        name, _, number = release.partition(" ")
        (tmp_path / "os-release").write_text(f'NAME="Some System"\nID={name}\nVERSION_ID="{number}"\n')

        def ask(*arguments):
            environment = {"PATH": str(tmp_path), "OS_RELEASE": str(tmp_path / "os-release")}
            ran = subprocess.run(["/bin/bash", NEEDS, *arguments], env=environment, capture_output=True, text=True)
            return ran.returncode, (ran.stdout + ran.stderr).replace("sudo ", "").replace("(as root) ", "")

        return ask

    return make


EVERYTHING = ("machine", "python", "npm", "apt-get")


def test_a_machine_with_everything_is_told_nothing(machine):
    assert machine("debian 12", "apt-get", "npm", python3="3.11")(*EVERYTHING) == (0, "")


@pytest.mark.parametrize("release, manager, command", [
    ("debian 12", "apt-get", "apt-get update && apt-get install python3 python3-venv npm"),
    ("ubuntu 22.04", "apt-get", "apt-get update && apt-get install python3.11 python3.11-venv npm"),
    ("fedora 42", "dnf", "dnf install python3.12 nodejs-npm"),
    ("opensuse-tumbleweed 20260101", "zypper", "zypper install python312 npm-default"),
    ("arch", "pacman", "pacman -S npm"), ("alpine 3.22", "apk", "apk add npm"), ("macos", "brew", "brew install python@3.12 node")])
def test_the_command_of_each_system(machine, release, manager, command):
    status, said = machine(release, manager)("python", "npm")
    assert status == 1 and f"Install what is missing:  {command}\n" in said
    assert "Python 3.11 or 3.12 is needed, and there is none." in said and "npm is not here: it fetches the Kokoro voices." in said


@pytest.mark.parametrize("release, manager", [("debian 13", "apt-get"), ("arch", "pacman")])
def test_a_system_without_such_a_python_is_told_another_way(machine, release, manager):
    status, said = machine(release, manager, python3="3.13")("python")
    assert status == 1 and "there is 3.13" in said and "uv python install 3.12" in said and "make docker-run" in said and "Install what" not in said


def test_a_python_without_venv(machine):
    status, said = machine("debian 12", "apt-get", python3="3.11", venv=False)("python")
    assert status == 1 and "without venv and ensurepip" in said and "apt-get install python3 python3-venv" in said


def test_no_apt_means_the_container(machine):
    status, said = machine("fedora 42", "dnf", "npm", python3_12="3.12")(*EVERYTHING)
    assert status == 1 and "make docker-run" in said and "Install what" not in said


@pytest.mark.parametrize("given, said", [({"system": "Darwin x86_64"}, "this is Darwin x86_64"), ({"system": "Linux armv7l"}, "this is Linux armv7l"),
                                         ({"system": "Darwin arm64", "macos": "14.7.1"}, "this is 14.7.1"),
                                         ({"glibc": "glibc 2.31"}, "this is glibc 2.31"), ({"glibc": ""}, "another C library")])
def test_a_machine_our_packages_do_not_run_on(machine, given, said):
    status, answer = machine("debian 12", "apt-get", "npm", python3="3.11", **given)(*EVERYTHING)
    assert status == 1 and said in answer and "make docker-run" in answer and "Install what" not in answer


@pytest.mark.parametrize("given", [{"system": "Linux aarch64"}, {"system": "Darwin arm64", "macos": "15.1"}, {"system": "Darwin arm64", "macos": "26.0.1"}])
def test_arm_and_new_macs_are_let_through(machine, given):
    assert machine("debian 12", "apt-get", "npm", python3="3.11", **given)(*EVERYTHING) == (0, "")


def test_an_ordinary_user_is_told_of_sudo_or_of_root():
    with tempfile.TemporaryDirectory() as folder:     # pytest's own directories are closed to other users
        os.chmod(folder, 0o755)
        (Path(folder) / "needs.sh").write_bytes(NEEDS.read_bytes())

        def how():
            ordinary = {"user": 65534} if os.geteuid() == 0 else {}
            return subprocess.run(["/bin/bash", f"{folder}/needs.sh", "--how", "npm"], env={"PATH": folder}, capture_output=True, text=True, **ordinary).stdout

        for program in ("apt-get", "sudo"):
            (Path(folder) / program).touch(mode=0o755)
            os.chmod(Path(folder) / program, 0o755)
            assert how() == ("(as root) apt-get update && apt-get install npm\n" if program == "apt-get" else
                             "sudo apt-get update && sudo apt-get install npm\n")


def test_the_python_to_start_from(machine):
    assert machine("debian 12", python3="3.13", python3_12="3.12")("--python") == (0, "python3.12\n")
    assert machine("debian 12", "apt-get")("--how", "git", "podman")[1] == "apt-get update && apt-get install git podman\n"
