"""What each file must be: the dataset table says it, or a lock remembers what came the first time.

    known = Checksums([Path("scripts/datasets/checksums.lock"), Path("data/checksums.lock")])
    known.expected("https://example.org/a.zip", "?", None)     # None the first time, then what record() was told

A lock holds lines `SHA256  BYTES  ADDRESS`. The first file is the project's and comes with it, the second is written here;
lines of the second may be copied into the first, for everybody.
"""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from scripts.core import files
from scripts.datasets import addresses

UNKNOWN = "?"
FORM = re.compile(r"[0-9a-f]{64}|sha1:[0-9a-f]{40}|\?")


class Wanted(NamedTuple):
    """A line of the table: where from, with which checksum (FORM) and, where it is known, how long."""

    source: str
    checksum: str
    bytes: int | None


class Expected(NamedTuple):
    """A checksum, where it stands, and how long the file is (None: not known)."""

    algorithm: str
    digest: str
    place: str
    bytes: int | None


def parse_table(name: str, given: list[str], sums: list[str], sizes: list[str]) -> list[Wanted]:
    """The three lists of the table as one. Raises ValueError where they do not fit together."""
    place = "(scripts/datasets/datasets.mk)"
    if len(given) != len(sums):
        raise ValueError(
            f"{name}: {len(given)} sources but {len(sums)} checksums; expected one for each, in the same order {place}"
        )
    if sizes and len(sizes) != len(given):
        raise ValueError(f"{name}: {len(given)} sources but {len(sizes)} sizes; expected one for each or none {place}")
    for address in (address for source in given for choice in addresses.alternatives(source) for address in choice):
        if not addresses.is_web(address) and not re.fullmatch(r"pypi:[^=]+==[^=]+", address):
            raise ValueError(
                f"{name}: {address!r} is no address: expected https://... or pypi:NAME==VERSION. "
                f"Debian's and npm's packages have addresses too {place}"
            )
    for checksum in sums:
        if not FORM.fullmatch(checksum):
            raise ValueError(f"{name}: {checksum!r} is no SHA-256: expected 64 of 0-9 and a-f, or ? {place}")
    return [
        Wanted(source, checksum, int(size) if size.isdigit() else None)
        for source, checksum, size in zip(given, sums, sizes or [UNKNOWN] * len(given))
    ]


class Checksums:
    """The locks in order; what is new goes into the last."""

    def __init__(self, locks: list[Path]) -> None:
        self.locks, self.known = locks, {}
        self._seen: dict[tuple, str] = {}
        for lock in reversed(locks):
            for line in lock.read_text(encoding="utf-8").splitlines() if lock.exists() else ():
                if line.strip() and not line.startswith("#"):
                    digest, size, address = line.split(maxsplit=2)
                    self.known[address] = Expected("sha256", digest, str(lock), int(size))

    def expected(self, address: str, told: str, size: int | None) -> Expected | None:
        """What the file at `address` must be, `told` and `size` being the table's; None if nobody knows yet."""
        if told != UNKNOWN:
            return Expected(
                *(("sha1", told[5:]) if told.startswith("sha1:") else ("sha256", told)),
                "scripts/datasets/datasets.mk",
                size,
            )
        return self.known.get(address)

    def digest(self, path: Path, algorithm: str = "sha256") -> str:
        """Checksum of a file, calculated once while it stays as it is."""
        about = path.stat()
        key = (algorithm, about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)
        if key not in self._seen:
            with path.open("rb") as content:
                self._seen[key] = hashlib.file_digest(content, algorithm).hexdigest()
        return self._seen[key]

    def fits(self, path: Path, expected: Expected) -> bool:
        return (
            expected.bytes in (None, path.stat().st_size) and self.digest(path, expected.algorithm) == expected.digest
        )

    def record(self, address: str, digest: str, size: int) -> None:
        """Remember what came the first time."""
        lock = self.locks[-1]
        lock.parent.mkdir(parents=True, exist_ok=True)
        with files.locked(lock.with_name(lock.name + ".lock")):
            before = (
                lock.read_text(encoding="utf-8")
                if lock.exists()
                else "# What came the first time (SHA-256, bytes, address); it must stay so.\n"
            )
            with files.publishing(lock) as part:
                part.write_text(f"{before}{digest}  {size}  {address}\n", encoding="utf-8")
        self.known[address] = Expected("sha256", digest, str(lock), size)
