"""The checksum each file must have: the dataset table states it, or a lock remembers that of the first download.

    checksums = Checksums([Path("scripts/datasets/checksums.lock"), Path("data/checksums.lock")])
    checksums.expected("https://example.org/a.zip", package)     # None before the first download, if the table has "?"

A lock holds lines `SHA256  BYTES  ADDRESS`. The first file is the project's and comes with it, the second is written
here; lines of the second may be copied into the first, for everybody.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

from scripts.core import files
from scripts.datasets.packages import TABLE, UNKNOWN, Package

HEADING = "# The first download of each file (SHA-256, bytes, address); later ones must be the same.\n"


class Expected(NamedTuple):
    """What a file must be, and the file that states it."""

    algorithm: str
    digest: str
    stated_in: str
    size_bytes: int | None  # None: not known


class Checksums:
    """The checksums of all locks; new ones are written to the last."""

    def __init__(self, locks: list[Path]) -> None:
        self.locks = locks
        self._locked: dict[str, Expected] = {}  # by address
        self._digests: dict[tuple, str] = {}
        for lock in reversed(locks):  # the first lock wins
            for line in lock.read_text(encoding="utf-8").splitlines() if lock.exists() else ():
                if line.strip() and not line.startswith("#"):
                    digest, size, address = line.split(maxsplit=2)
                    self._locked[address] = Expected("sha256", digest, str(lock), int(size))

    def expected(self, address: str, package: Package) -> Expected | None:
        """What the file at `address` must be, as a file of `package`; None if neither table nor lock knows."""
        if package.checksum == UNKNOWN:
            return self._locked.get(address)
        algorithm, _, digest = package.checksum.rpartition(":")
        return Expected(algorithm or "sha256", digest, TABLE, package.size_bytes)

    def digest(self, path: Path, algorithm: str = "sha256") -> str:
        """Checksum of a file, calculated once as long as the file does not change."""
        status = path.stat()
        key = (algorithm, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        if key not in self._digests:
            with path.open("rb") as content:
                self._digests[key] = hashlib.file_digest(content, algorithm).hexdigest()
        return self._digests[key]

    def matches(self, path: Path, expected: Expected) -> bool:
        """Whether a file has the expected size and checksum."""
        return (
            expected.size_bytes in (None, path.stat().st_size)
            and self.digest(path, expected.algorithm) == expected.digest
        )

    def record(self, address: str, digest: str, size_bytes: int) -> None:
        """Remember the first download of `address`, a SHA-256 and its size."""
        lock = self.locks[-1]
        lock.parent.mkdir(parents=True, exist_ok=True)
        with files.holding(lock.with_name(lock.name + ".lock")):
            content = lock.read_text(encoding="utf-8") if lock.exists() else HEADING
            with files.publishing(lock) as part:
                part.write_text(f"{content}{digest}  {size_bytes}  {address}\n", encoding="utf-8")
        self._locked[address] = Expected("sha256", digest, str(lock), size_bytes)
