"""Import spectrograms of negatives that others made, in microWakeWord's form, as they are.

    python -m scripts.datasets.import_spectrograms --name negative_speech --raw data/datasets/negative_speech/raw \\
        --out data/datasets/negative_speech/features
"""

import argparse
from pathlib import Path

from scripts.core import files


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="name of the dataset in datasets.mk")
    parser.add_argument("--raw", required=True, type=Path, help="the extracted archives")
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    args = parser.parse_args(argv)
    from scripts.datasets.external_stores import import_stores

    with files.building(args.out, args.name) as needed:
        if not needed:
            return
        if not args.raw.is_dir():
            raise SystemExit(f"{args.raw} is not there: extract the dataset first (make extract-{args.name}).")
        try:
            index = import_stores(args.name, args.raw, args.out)
        except ValueError as error:
            raise SystemExit(
                f"{args.name} cannot be used: {error}. Nothing was published. Fetch and extract it again: delete "
                f"{args.raw.parent} and run make convert-{args.name}."
            ) from error
    for store in index["stores"]:
        print(f"{args.name}: {store['path']}: {store['clips']:,} clips, {store['hours']:.2f} h")


if __name__ == "__main__":
    main()
