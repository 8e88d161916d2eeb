"""Add Torch to an environment, every file verified by its hash.

    data/venv/bin/python -m scripts.environment.install_torch --lock requirements-torch.lock [--cuda]

PyPI's build of Torch comes with CUDA's libraries, 3 GB. There is a CPU build of the same version: it is used if pip's
configuration offers it (PIP_FIND_LINKS, or another index than PyPI) and no graphics card is used.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CPU_BUILD = "torch==2.13.0+cpu --hash=sha256:6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b\n"  # Python 3.11, x86-64
ONLY_CUDA = re.compile(r"(torch|triton)$|(nvidia|cuda)-")  # the packages of the lock that the CPU build replaces
CPU_MB, CUDA_MB = 1_500, 9_000  # disk space for archives and unpacked files


def parse_lock(lock: str) -> dict[str, str]:
    """The packages of a lock, {name: lines}."""
    packages: dict[str, str] = {}
    for line in lock.splitlines(keepends=True):
        if name := re.match(r"[A-Za-z0-9][\w.-]*", line):
            packages[name[0].lower()] = ""
        if packages and not line.startswith("#"):
            packages[list(packages)[-1]] += line
    return packages


def install(requirements: str) -> bool:
    """Install exactly these requirements with pip; return whether that succeeded."""
    with tempfile.NamedTemporaryFile("w", suffix=".lock") as lock:
        lock.write(requirements)
        lock.flush()
        return not subprocess.call(
            [
                sys.executable,
                "-m",
                "scripts.environment.pip",
                "install",
                "--no-deps",
                "--require-hashes",
                "--only-binary",
                ":all:",
                "--requirement",
                lock.name,
            ],
            close_fds=False,
        )  # it inherits make's locks


def check_disk(needs_mb: int) -> None:
    """SystemExit if the disk has too little room; pip would report that only at the end."""
    if (free_mb := shutil.disk_usage(sys.prefix).free // 10**6) < needs_mb:
        raise SystemExit(
            f"Torch takes about {needs_mb:,} MB, and only {free_mb:,} MB are free at {sys.prefix}. Delete files, or leave "
            f"libritts out of VOICES."
        )


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--cuda", action="store_true", help="for a graphics card")
    args = parser.parse_args(argv)
    packages = parse_lock(args.lock.read_text(encoding="utf-8"))
    build = "".join(lines for name, lines in packages.items() if ONLY_CUDA.match(name))
    rest = "".join(lines for name, lines in packages.items() if not ONLY_CUDA.match(name))
    check_disk(CUDA_MB if args.cuda else CPU_MB)
    if not args.cuda and install(CPU_BUILD):
        build = ""
    elif not args.cuda:
        print("pip finds no CPU build of Torch, so PyPI's is installed, with CUDA's libraries, 3 GB", flush=True)
        check_disk(CUDA_MB)
    if not install(rest + build):
        raise SystemExit(
            "Torch could not be installed; pip's message stands above. If the network failed, type the same make again."
        )


if __name__ == "__main__":
    main()
