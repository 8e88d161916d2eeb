"""What a worker has to be so that it makes the same bytes as we do: what it says of itself, and why it is refused.

A worker says what it is as resources (Dask's): commit, code, packages, Python, and a token read from the DATA_DIR it sees.
Every task asks for the same, so Dask itself gives none to a worker that would do something else; differences() says why.
"""

import hashlib
import os
import re
import secrets
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from scripts.core import system

ROOT = Path(__file__).resolve().parents[2]
CODE = ("Makefile", "config.mk", "scripts/**/*", "requirements*.lock")
SETTINGS = "config.local.mk"
WAY_OUT = {
    "commit": "bring both to the same commit",
    "code": "bring both to the same files (Makefile, config.mk, scripts, locks)",
    "settings": f"give both the same {SETTINGS}",
    "lock": "make both environments from the same lock: make venv",
    "python": "use the same Python version in both",
    "data": "name the same directory of a shared file system in both, in the same words: DATA_DIR=...",
}


def token(data: Path) -> str:
    """A random text in a file below DATA_DIR: who reads the same sees the same directory. Whoever comes first writes it."""
    path = data / "cluster" / "token"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"token.{secrets.token_hex(8)}.part")
        part.write_text(secrets.token_hex(16))
        with suppress(FileExistsError):
            os.link(part, path)  # unlike a rename it leaves what another has written meanwhile
        part.unlink()
    return path.read_text().strip()


def commit() -> str:
    """The commit of this checkout; in an image without .git, from WAKEMAKE_COMMIT."""
    with suppress(OSError, subprocess.CalledProcessError):
        git = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()[:12]
    return os.environ.get("WAKEMAKE_COMMIT", "")[:12] or "none"


def digest(paths: list[Path]) -> str:
    """Of files, with their names; "none" without any."""
    total = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        total.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()[:12] if paths else "none"


def facts(data: Path) -> dict[str, str]:
    """What has to be the same wherever a result is made."""
    code = [
        path for pattern in CODE for path in ROOT.glob(pattern) if path.is_file() and "__pycache__" not in path.parts
    ]
    lock = Path(sys.prefix, "installed.lock")
    return {
        "commit": commit(),
        "code": digest(code),
        "settings": digest([ROOT / SETTINGS] if (ROOT / SETTINGS).is_file() else []),
        "lock": hashlib.sha256((lock if lock.is_file() else ROOT / "requirements.lock").read_bytes()).hexdigest()[:12],
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "data": hashlib.sha256(f"{data}\0{token(data)}".encode()).hexdigest()[:12],
    }


def resources(said: dict[str, str]) -> dict[str, float]:
    """Facts as Dask's resources."""
    return {f"{name}:{value}": 1 for name, value in said.items()}


def processor() -> str:
    """The processor's name without blanks. No task requires it; where workers differ in it, last bits may differ."""
    return re.sub(r"[^\w.@-]+", "_", system.cpu_model())


def facts_of(worker: dict) -> dict[str, str]:
    """What a worker of Dask's scheduler_info() says that it is."""
    return dict(name.split(":", 1) for name in worker.get("resources", {}) if ":" in name)


def differences(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """Why a worker is refused, and what to do; "" if it is not."""
    different = [name for name in ours if theirs.get(name) != ours[name]]
    if not theirs and different:
        return "it does not say what it is: start it with make worker"
    # Another commit has other code; that is one reason, not two.
    if "commit" in different and "code" in different:
        different.remove("code")
    return "; ".join(
        f"its {name} is {theirs.get(name, 'not said')}, and {ours[name]} here: {WAY_OUT[name]}" for name in different
    )
