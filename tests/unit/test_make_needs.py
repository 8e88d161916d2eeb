"""The message about programs that a machine lacks, with the command that installs them; PATH and os-release are
stand-ins."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

NEEDS = Path(__file__).resolve().parents[2] / "scripts/make/needs.sh"


@pytest.fixture
def machine(tmp_path):
    """machine("ID=debian ...", "apt-get", ...)("--how", "git"): (exit status, what it says) on such a machine."""

    def make(
        release="ID=debian VERSION_CODENAME=bookworm",
        *programs,
        system="Linux x86_64",
        glibc="glibc 2.36",
        bits=64,
        macos="",
    ):
        scripts = dict.fromkeys(programs, "exit 0") | {
            "uname": f"echo {system}",
            "getconf": f"[[ $1 == LONG_BIT ]] && echo {bits} || echo '{glibc}'",
            "sw_vers": f"echo {macos}",
        }
        for name, script in scripts.items():
            (tmp_path / name).write_text(f"#!/bin/bash\n{script}\n")
            (tmp_path / name).chmod(0o755)
        (tmp_path / "os-release").write_text('NAME="Some System"\n' + "\n".join(release.split()) + "\n")

        def ask(*arguments):
            environment = {"PATH": str(tmp_path), "OS_RELEASE": str(tmp_path / "os-release")}
            ran = subprocess.run(["/bin/bash", NEEDS, *arguments], env=environment, capture_output=True, text=True)
            return ran.returncode, (ran.stdout + ran.stderr).replace("sudo ", "").replace("(as root) ", "")

        return ask

    return make


def test_a_complete_machine_gets_no_message(machine):
    assert machine("ID=debian", "curl")("machine", "curl") == (0, "")


@pytest.mark.parametrize(
    "manager, command",
    [
        ("apt-get", "apt-get update && apt-get install curl make"),
        ("dnf", "dnf install curl make"),
        ("zypper", "zypper install curl make"),
        ("pacman", "pacman -S curl make"),
        ("apk", "apk add curl make"),
        ("brew", "brew install curl make"),
    ],
)
def test_missing_programs_and_the_command_of_each_package_manager(machine, manager, command):
    assert machine("ID=any", manager)("curl", "make") == (
        1,
        f"curl is not installed.\nmake is not installed.\nInstall what is missing:  {command}\n",
    )


@pytest.mark.parametrize(
    "release, packages",
    [
        ("ID=debian VERSION_ID=12 VERSION_CODENAME=bookworm", "python3 python3-venv"),
        ("ID=debian VERSION_CODENAME=trixie", "python3 python3-venv"),
        ("ID=ubuntu VERSION_ID=24.04 VERSION_CODENAME=noble UBUNTU_CODENAME=noble", "python3 python3-venv"),
        ("ID=ubuntu VERSION_ID=22.04 VERSION_CODENAME=jammy UBUNTU_CODENAME=jammy", "python3.11 python3.11-venv"),
        ("ID=linuxmint VERSION_ID=22.1 VERSION_CODENAME=xia UBUNTU_CODENAME=noble", "python3 python3-venv"),
        ("ID=pop VERSION_ID=22.04 VERSION_CODENAME=jammy UBUNTU_CODENAME=jammy", "python3.11 python3.11-venv"),
        ("ID=pop VERSION_ID=24.04 VERSION_CODENAME=noble UBUNTU_CODENAME=noble", "python3 python3-venv"),
        ("ID=zorin VERSION_ID=17 VERSION_CODENAME=jammy UBUNTU_CODENAME=jammy", "python3.11 python3.11-venv"),
        ("ID=linuxmint VERSION_ID=6 VERSION_CODENAME=faye DEBIAN_CODENAME=bookworm", "python3 python3-venv"),
        ("ID=debian VERSION_CODENAME=sid", ""),
        ("ID=ubuntu VERSION_ID=26.04 VERSION_CODENAME=resolute UBUNTU_CODENAME=resolute", ""),
        ("ID=unheard-of", ""),
    ],
)
def test_derived_distributions_get_the_python_of_their_parent(machine, release, packages):
    expected = f"apt-get update && apt-get install {packages}\n" if packages else ""
    assert machine(release, "apt-get")("--how", "python") == (0, expected)


@pytest.mark.parametrize(
    "manager, said",
    [
        ("dnf", "dnf install python3.12\n"),
        ("zypper", "zypper install python312\n"),
        ("brew", "brew install python@3.12\n"),
        ("pacman", ""),
        ("apk", ""),
    ],
)
def test_the_python_of_other_managers(machine, manager, said):
    assert machine("ID=any", manager)("--how", "python") == (0, said)


@pytest.mark.parametrize(
    "given, said",
    [
        (
            {"glibc": "glibc 2.31"},
            "glibc 2.35 or newer is needed by the package pymicro-wakeword (Debian 12, Ubuntu 22.04, Fedora 36 have it), and this is glibc 2.31.",
        ),
        ({"glibc": ""}, "this is another C library."),
        ({"system": "Darwin x86_64"}, "this is Darwin x86_64."),
        ({"system": "Darwin arm64", "macos": "14.6"}, "macOS 15 or newer is needed"),
    ],
)
def test_problems_that_a_container_solves_point_to_it(machine, given, said):
    status, answer = machine("ID=debian", "apt-get", **given)("machine")
    assert status == 1 and said in answer and "make docker-run" in answer and "Install what" not in answer


@pytest.mark.parametrize(
    "given, said",
    [
        ({"system": "Linux armv7l"}, "this is Linux armv7l"),
        ({"system": "Linux i686"}, "this is Linux i686"),
        ({"system": "Linux aarch64", "bits": 32}, "this is a 32-bit one"),
    ],
)
def test_problems_that_no_container_solves_do_not_point_to_one(machine, given, said):
    status, answer = machine("ID=debian", "apt-get", **given)("machine")
    assert status == 1 and said in answer and "docker-run" not in answer


@pytest.mark.parametrize(
    "given",
    [{"system": "Linux aarch64"}, {"system": "Darwin arm64", "macos": "15.0", "glibc": ""}, {"glibc": "glibc 2.35"}],
)
def test_other_machines_that_will_do(machine, given):
    assert machine("ID=debian", **given)("machine") == (0, "")


def test_an_ordinary_user_gets_the_command_with_sudo():
    with tempfile.TemporaryDirectory() as folder:  # pytest's own directories are closed to other users
        os.chmod(folder, 0o755)
        (Path(folder) / "needs.sh").write_bytes(NEEDS.read_bytes())

        def how():
            ordinary = {"user": 65534} if os.geteuid() == 0 else {}
            return subprocess.run(
                ["/bin/bash", f"{folder}/needs.sh", "--how", "git"],
                env={"PATH": folder},
                capture_output=True,
                text=True,
                **ordinary,
            ).stdout

        for program in ("apt-get", "sudo"):
            (Path(folder) / program).touch(mode=0o755)
            os.chmod(Path(folder) / program, 0o755)
            assert how() == (
                "(as root) apt-get update && apt-get install git\n"
                if program == "apt-get"
                else "sudo apt-get update && sudo apt-get install git\n"
            )
