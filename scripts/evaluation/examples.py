"""Clips to listen to: the worst misses, the false accepts, accepted confusable phrases, and a few good detections.

    python -m scripts.evaluation.examples --evaluation data/work/hey_buster/evaluation --features data/work/hey_buster/features \\
        --samples data/work/hey_buster/samples --common data/common --datasets data/datasets --dataset rooms_simulated \\
        --seed 1 --out data/work/hey_buster/examples

Writes OUT/examples.json, a list of facts about each clip, OUT/examples.npz with `frames_N` (frames, 40) uint16 and
`outputs_N` (uint8, one every 30 ms), and OUT/N.mp3, which every phone plays and which has the same bytes each time.
"""

import argparse
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Make clips to listen to: misses, false accepts and accepted confusable phrases of a model."
    )
    parser.add_argument("--evaluation", type=Path, required=True, help="the word's evaluation")
    parser.add_argument("--features", type=Path, required=True, help="the word's stores")
    parser.add_argument("--samples", type=Path, required=True, help="the word's samples")
    parser.add_argument("--common", type=Path, required=True, help="what all words share: DATA_DIR/common")
    parser.add_argument("--datasets", type=Path, required=True, help="DATA_DIR/datasets")
    parser.add_argument(
        "--dataset", action="append", default=[], help="a dataset the features were made from, in the same order"
    )
    parser.add_argument("--seed", type=int, default=1, help="the seed the features were made with")
    parser.add_argument("--out", type=Path, required=True, help="folder to publish")
    args = parser.parse_args(argv)

    from scripts.core.files import publishing
    from scripts.core.timing import stage_timer
    from scripts.evaluation.example_clips import ExampleInputs, make_examples, write_examples

    inputs = ExampleInputs(
        args.evaluation, args.features, args.samples, args.common, args.datasets, args.dataset, args.seed
    )
    with stage_timer(args.out, "examples") as facts, publishing(args.out, directory=True) as part:
        examples = list(make_examples(inputs))
        write_examples(examples, part)
        facts["items"] = len(examples)
    silent = sum(example.sound is None for example in examples)
    print(
        f"examples: {len(examples)} clips to look at and listen to"
        + (
            f"; {silent} of them are shown without sound, because they no longer come out as they did when the features "
            "were made: a recording or the code has changed. `make clean-work` with the word makes everything anew."
            if silent
            else ""
        )
    )


if __name__ == "__main__":
    main()
