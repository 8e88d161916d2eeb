"""Compare the published models of a word: on synthetic voices, and on the user's recordings that train no model.

    python -m scripts.tools.compare --data data --slug hey_buster --seed 1 --last 3

A line for each published model, the newest first: how many of the word's test clips and of the recordings of each person
it detects, false accepts per hour as they were published with it, how many kept false accepts wake it, and how often the
home's sound does. --json prints the same as JSON.
"""

import argparse
import json
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Compare the published models of a word.")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--slug", required=True, help="the word's name in paths")
    parser.add_argument("--word", default="...", help="spelling of the word")
    parser.add_argument("--seed", type=int, default=1, help="SEED, by which recordings are held out")
    parser.add_argument("--last", type=int, default=3, help="how many models")
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0: one per processor")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    args = parser.parse_args(argv)

    from scripts.tools.comparing import compare_published, format_models

    models = compare_published(args.data, args.slug, args.word, args.seed, args.last, args.jobs)
    print(json.dumps(models) if args.json else format_models(models))


if __name__ == "__main__":
    main()
