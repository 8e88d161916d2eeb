"""The systems that `make test-systems` builds: from which Debian release, and what is done to its tree.

What a machine of another kind lacks, has more of or has otherwise is done to a Debian tree, for a tree is quickly made
of Debian's packages and of no other's. `prepare(root)` does it, as root, after the README's own lines.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.container.rootfs import shell
from tests.systems.pythons import pack

PYTHON = "python.tar.gz"  # in /srv of a tree whose Python has to be fetched: what the loopback serves
APT_ASKED = "var/tmp/apt-was-asked"
UBUNTU = """PRETTY_NAME="Ubuntu 24.04.3 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.3 LTS (Noble Numbat)"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
"""


def as_released(root: Path) -> None:
    """A system as its release has it."""


def write(path: Path, text: str, mode: int = 0o644) -> None:
    path.unlink(missing_ok=True)  # it may be a link to something that stays
    path.write_text(text)
    path.chmod(mode)


def ubuntu(root: Path) -> None:
    """Ubuntu 24.04's ways: no ensurepip; libasound2 is virtual (in Debian 13 too); nothing that apt knows is of use
    here."""
    shell(root, "apt-get install -y -q python3 python3-venv")
    pack(root, root / "srv" / PYTHON)
    shell(root, "apt-get purge -y -q --auto-remove python3-venv 'python3.*-venv'; apt-get install -y -q python3")
    write(root / "etc/os-release", UBUNTU)
    # Its versions are others, bytes of the same version too, and it has not Debian's keys: so apt is not to be asked at
    # all.
    shell(
        root,
        "rm -rf /etc/apt/sources.list* /var/lib/apt/lists/* /usr/share/keyrings/debian-* /etc/apt/trusted.gpg.d/debian-*",
    )
    for name in ("apt-get", "apt", "apt-cache", "dpkg-deb"):
        write(root / "usr/bin" / name, f'#!/bin/sh\necho "$0 $*" >>/{APT_ASKED}\nexit 100\n', 0o755)


def no_apt(root: Path) -> None:
    """Fedora's and Arch's ways, as far as they matter: neither apt-get nor npm, and a Python newer than the locks
    know."""
    shell(root, "apt-get install -y -q python3 python3-venv")
    pack(root, root / "srv" / PYTHON)
    [library] = (path for path in (root / "usr/lib").glob("python3.*") if (path / "os.py").exists())
    shell(
        root,
        f"cd /usr/bin; mv -f {library.name} python3; rm -rf apt apt-* dpkg dpkg-* npm node nodejs /etc/apt /var/lib/apt /var/lib/dpkg",
    )
    write(
        library / "sitecustomize.py",
        "import sys\nsys.version_info = (3, 14, 0, 'final', 0)\nsys.version = '3.14.0' + sys.version[sys.version.index(' '):]\n",
    )
    write(
        root / "etc/os-release",
        'PRETTY_NAME="A system without apt"\nNAME="A system without apt"\nID=other\nVERSION_ID=1\n',
    )


@dataclass(frozen=True)
class System:
    release: str  # Debian's name for what the tree is made of
    prepare: Callable[[Path], None] = as_released


SYSTEMS = {
    "debian12": System("bookworm"),
    "debian13": System("trixie"),
    "sid": System("sid"),
    "ubuntu2404": System("trixie", ubuntu),
    "no_apt": System("bookworm", no_apt),
}
