"""Compare a model that was trained with a user's recordings with the control, and decide whether it may be published.

    WORD="hey buster." python -m scripts.recordings.compare --recordings data/work/hey_buster/recordings \\
        --features data/work/hey_buster/features --samples data/work/hey_buster/samples \\
        --model data/work/hey_buster/model --evaluation data/work/hey_buster/evaluation --output data/output \\
        --slug hey_buster --out data/work/hey_buster/comparison

Writes OUT/comparison.json (scripts/recordings/comparison.py), which publishing reads.
"""

import argparse
import os
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Compare a model with and without a user's recordings.")
    parser.add_argument("--recordings", type=Path, required=True, help="their spectrograms: work/SLUG/recordings")
    parser.add_argument("--features", type=Path, required=True, help="the word's stores")
    parser.add_argument("--samples", type=Path, required=True, help="the word's samples")
    parser.add_argument("--model", type=Path, required=True, help="folder with model.tflite")
    parser.add_argument("--evaluation", type=Path, required=True, help="folder with metrics.json")
    parser.add_argument("--output", type=Path, required=True, help="folder of published models")
    parser.add_argument("--slug", required=True, help="the word's name in paths")
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0: one per processor")
    parser.add_argument("--out", type=Path, required=True, help="directory to publish")
    args = parser.parse_args(argv)

    from scripts.core.files import publishing, read_json, write_json
    from scripts.core.formatting import table
    from scripts.core.timing import stage_timer
    from scripts.recordings.comparison import Candidate, compare
    from scripts.recordings.comparison_text import list_changes
    from scripts.recordings.control import find_control
    from scripts.recordings.scoring import Sound

    control = find_control(args.output, args.slug, os.environ.get("WORD", args.slug))
    candidate = Candidate(args.model / "model.tflite", read_json(args.evaluation / "metrics.json", dict))
    with stage_timer(args.out, "comparison"), publishing(args.out, directory=True) as part:
        comparison = compare(control, candidate, Sound(args.recordings, args.features, args.samples), args.jobs)
        write_json(part / "comparison.json", comparison)
    print(f"Recordings that trained neither model; before: {comparison['control']}")
    print(table(list_changes(comparison)))
    if comparison["refused"]:
        print(f"It will not be published: {comparison['refused']}")


if __name__ == "__main__":
    main()
