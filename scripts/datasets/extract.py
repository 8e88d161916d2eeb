"""Extract the packages of a dataset, each into a directory of its own.

    python -m scripts.datasets.extract --name noise_keyboard \\
        --archive data/datasets/noise_keyboard/archive --out data/datasets/noise_keyboard/raw

Nothing is published if one of them is damaged or dishonest (archives.py). Speech that a game keeps in one large file is
taken out of it (amazon_queen.py).
"""

import argparse
from pathlib import Path

from scripts.core import damaged, files


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="name of the dataset in datasets.mk")
    parser.add_argument("--archive", required=True, type=Path, help="directory of fetched files")
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    args = parser.parse_args(argv)
    from scripts.datasets.amazon_queen import unpack_speech
    from scripts.datasets.archives import UNREADABLE, extract_archive, package_name
    from scripts.datasets.copying import RECORD, copy_record

    with files.building(args.out, args.name) as needed:
        if not needed:
            return
        archives = sorted(path for path in args.archive.glob("*") if path.is_file() and path.name != RECORD)
        if not archives:
            raise SystemExit(f"{args.archive} holds no archive: fetch it first (make download-{args.name}).")
        with files.publishing(args.out, directory=True) as part:
            for archive in archives:
                package = part / package_name(archive)
                try:
                    links = extract_archive(archive, package)
                    lines = unpack_speech(package)
                except UNREADABLE as error:
                    raise SystemExit(explain(error, archive, args)) from error
                remarks = [f"leaving out {links} links"] * bool(links) + [f"{lines} spoken lines"] * bool(lines)
                print(", ".join([f"{args.name}: extracted {archive.name}", *remarks]))
            copy_record(args.archive, part)


def explain(error: Exception, archive: Path, args: argparse.Namespace) -> str:
    """Why an archive cannot be extracted, and what to do."""
    if damaged.is_disk_full(error):
        return (
            f"{archive} cannot be extracted: the disk of {args.out.parent} is full. Make room or name a larger one "
            "(DATA_DIR=/a/larger/disk), and type the same command again: the archive is kept."
        )
    return (
        f"{archive} cannot be extracted: {error}. If it is damaged, delete it and run make download-{args.name} again."
    )


if __name__ == "__main__":
    main()
