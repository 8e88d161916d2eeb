"""Options of the commands that make features."""

import argparse
from pathlib import Path


def add_feature_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--samples", type=Path, required=True, help="folder with index.jsonl and the clips")
    parser.add_argument("--datasets", type=Path, required=True, help="folder of the converted datasets")
    parser.add_argument(
        "--dataset",
        action="append",
        default=[],
        help="a converted dataset with rooms, noise, music or speech; give it once for each",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0: one per processor")
    parser.add_argument("--out", type=Path, required=True, help="directory to publish")
