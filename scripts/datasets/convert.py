"""Convert a dataset's sounds to 16 kHz, 16-bit mono WAV, sorted into splits and speakers.

    python -m scripts.datasets.convert --name speech_prompts --kind speech \\
        --raw data/datasets/speech_prompts/raw --out data/datasets/speech_prompts/16k --jobs 4
"""

import argparse
from pathlib import Path

from scripts.core import files

KINDS = ("speech", "short", "music", "noise", "rooms")


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="name of the dataset in datasets.mk")
    parser.add_argument(
        "--kind", required=True, choices=KINDS, help="what its sounds are, where holdout.py says nothing else"
    )
    parser.add_argument("--raw", required=True, type=Path, help="the extracted packages")
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: as many as processors")
    options = parser.parse_args(argv)
    with files.step(options.out, options.name) as needed:
        if needed:
            run(options)


def run(options: argparse.Namespace) -> None:
    """Convert, and say in sentences what it came to."""
    from scripts.datasets.convert_sounds import convert_dataset, summary

    if not options.raw.is_dir():
        raise SystemExit(f"{options.raw} is not there: extract the dataset first (make extract-{options.name}).")
    try:
        index = convert_dataset(options.name, options.kind, options.raw, options.out, options.jobs)
    except ValueError as error:
        raise SystemExit(
            f"{options.name} cannot be converted: {error}. Nothing was published. Fetch and extract it "
            f"again: delete {options.raw.parent} and run make convert-{options.name}."
        ) from error
    except OSError as error:
        if not files.disk_full(error):
            raise
        raise SystemExit(
            f"{options.name} cannot be converted: the disk of {options.out.parent} is full. Make room or name a larger one "
            f"(DATA_DIR=/a/larger/disk), and type the same command again: what is converted is kept."
        ) from error
    print(summary(options.name, index))


if __name__ == "__main__":
    main()
