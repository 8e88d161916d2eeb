"""Publish a trained word: one directory with everything about it, and a link to the newest.

    WORD="hey buster." python -m scripts.publish.publish --slug hey_buster --work data/work/hey_buster \\
        --common data/common --datasets data/datasets --dataset voice_joe --licence "voice_joe=MIT, voice CC0" \\
        --option SAMPLES=2000 --option TRAINING_STEPS=25000 --output data/output

writes data/output/20261122-134000-hey_buster-2000-25000/ and points data/output/hey_buster at it. WORD and TITLE come
from the environment; without TITLE the title is the word, capitalised, without punctuation. docs/stages/publish.md
describes the directory.
"""

import argparse
import os
from pathlib import Path


def parse_pairs(texts: list[str]) -> dict[str, str]:
    """KEY=VALUE texts as a dictionary; ValueError for one without "=".

    >>> parse_pairs(["SAMPLES=2000"])
    {'SAMPLES': '2000'}
    """
    if wrong := [text for text in texts if "=" not in text]:
        raise ValueError(f"expected KEY=VALUE, got {wrong[0]!r}")
    return dict(text.split("=", 1) for text in texts)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Publish a trained word.")
    parser.add_argument("--slug", required=True, help="the word's name in paths")
    parser.add_argument("--work", type=Path, required=True, help="the word's work: DATA_DIR/work/SLUG")
    parser.add_argument("--common", type=Path, required=True, help="what all words of a language share")
    parser.add_argument("--datasets", type=Path, required=True, help="DATA_DIR/datasets")
    parser.add_argument(
        "--dataset", action="append", default=[], metavar="NAME", help="a dataset it was made from, repeatable"
    )
    parser.add_argument(
        "--licence", action="append", default=[], metavar="NAME=TEXT", help="the licence of a dataset, repeatable"
    )
    parser.add_argument(
        "--option", action="append", default=[], metavar="KEY=VALUE", help="a setting of this build, repeatable"
    )
    parser.add_argument("--comparison", type=Path, help="what a user's recordings changed: comparison.json")
    parser.add_argument("--force", action="store_true", help="publish even if the comparison refuses the model")
    parser.add_argument("--output", type=Path, required=True, help="folder of published models")
    args = parser.parse_args(argv)
    phrase = os.environ.get("WORD", "")
    if not phrase:
        raise SystemExit('publish: WORD is not in the environment. Run it through make: make train WORD="hey buster."')

    from scripts.publish.provenance import PublicationInputs, Word
    from scripts.publish.publication import publish, read_comparison

    try:
        word = Word(args.slug, phrase, os.environ.get("TITLE", ""))
        inputs = PublicationInputs(args.work, args.common, args.datasets, args.dataset, parse_pairs(args.licence))
        comparison = read_comparison(args.comparison, args.force) if args.comparison else None
        target = publish(word, inputs, args.output, parse_pairs(args.option), comparison=comparison)
    except ValueError as error:
        raise SystemExit(f"publish: {args.slug} is not published: {error}") from None
    print(f"published: {target}, and {args.output / args.slug} points at it")


if __name__ == "__main__":
    main()
