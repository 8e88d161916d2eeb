"""Convert a dataset's sounds to 16 kHz, 16-bit mono WAV, sorted into splits and groups.

    python -m scripts.datasets.convert --name speech_prompts --kind speech \\
        --raw data/datasets/speech_prompts/raw --out data/datasets/speech_prompts/16k --jobs 4
"""

import argparse
from pathlib import Path

from scripts.core import damaged, files

KINDS = ("speech", "short", "music", "noise", "rooms")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="name of the dataset in datasets.mk")
    parser.add_argument(
        "--kind", required=True, choices=KINDS, help="kind of its sounds, where splits.py gives no other"
    )
    parser.add_argument("--raw", required=True, type=Path, help="the extracted packages")
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: as many as processors")
    args = parser.parse_args(argv)
    from scripts.datasets.convert_sounds import convert_dataset, summarise

    with files.building(args.out, args.name) as needed:
        if not needed:
            return
        if not args.raw.is_dir():
            raise SystemExit(f"{args.raw} is not there: extract the dataset first (make extract-{args.name}).")
        try:
            index = convert_dataset(args.name, args.kind, args.raw, args.out, args.jobs)
        except ValueError as error:
            raise SystemExit(
                f"{args.name} cannot be converted: {error}. Nothing was published. Fetch and extract it again: delete "
                f"{args.raw.parent} and run make convert-{args.name}."
            ) from error
        except OSError as error:
            if not damaged.is_disk_full(error):
                raise
            raise SystemExit(
                f"{args.name} cannot be converted: the disk of {args.out.parent} is full. Make room or name a larger "
                "one (DATA_DIR=/a/larger/disk), and type the same command again: converted files are kept."
            ) from error
    print(summarise(args.name, index))


if __name__ == "__main__":
    main()
