"""Add Torch to an environment, every file verified by its hash.

    data/venv/bin/python -m scripts.environment.install_torch --lock requirements-torch.lock [--cuda]

PyPI's build of Torch brings CUDA's libraries, 3 GB. Its authors make a CPU build of the same version, and where pip's
own configuration offers that one (PIP_FIND_LINKS, or an index beside PyPI) and no graphics card is used, it is taken
instead.
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
CPU_MB, CUDA_MB = 1_500, 9_000  # of disk, archives and what is unpacked from them


def packages(lock: str) -> dict[str, str]:
    """The lock's packages: {name: its lines}."""
    found: dict[str, str] = {}
    for line in lock.splitlines(keepends=True):
        if name := re.match(r"[A-Za-z0-9][\w.-]*", line):
            found[name[0].lower()] = ""
        if found and not line.startswith("#"):
            found[list(found)[-1]] += line
    return found


def install(requirements: str) -> bool:
    """Have pip install these and nothing else; whether it could."""
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
        )  # it keeps make's locks


def check_disk(needs_mb: int) -> None:
    """Leave in a sentence where the environment's disk has too little room: pip would only say so at the end."""
    if (free_mb := shutil.disk_usage(sys.prefix).free // 10**6) < needs_mb:
        raise SystemExit(
            f"Torch takes about {needs_mb:,} MB, and only {free_mb:,} MB are free at {sys.prefix}. Free some, or leave libritts out "
            f"of VOICES."
        )


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--cuda", action="store_true", help="for a graphics card")
    args = parser.parse_args(argv)
    locked = packages(args.lock.read_text(encoding="utf-8"))
    build = "".join(lines for name, lines in locked.items() if ONLY_CUDA.match(name))
    rest = "".join(lines for name, lines in locked.items() if not ONLY_CUDA.match(name))
    check_disk(CUDA_MB if args.cuda else CPU_MB)
    if not args.cuda and install(CPU_BUILD):
        build = ""
    elif not args.cuda:
        print("pip knows no CPU build of Torch here: PyPI's is taken, with CUDA's libraries, 3 GB", flush=True)
        check_disk(CUDA_MB)
    if not install(rest + build):
        raise SystemExit("Torch could not be installed; pip said why. If it was the network, type the same make again.")


if __name__ == "__main__":
    main()
