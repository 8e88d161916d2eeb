"""Make the spectrograms of a word's samples: stores `positive`, `near`, `part` and `called`, several scenes of each clip.

    python -m scripts.features.make_word --samples data/work/hey_buster/samples --datasets data/datasets \
        --dataset rooms_simulated --dataset noise_keyboard --seed 1 --jobs 0 --out data/work/hey_buster/features

Writes OUT/STORE/MODE/STORE_mmap and OUT/report.json (docs/stages/features.md). Positives and negatives are treated
alike in every respect.
"""

import argparse

from scripts.features.arguments import add_feature_arguments


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts.features.make_word", description=__doc__.split("\n")[0])
    add_feature_arguments(parser)
    parser.add_argument("--repeats", type=int, default=2, help="scenes of a training clip for training")
    parser.add_argument("--teaching", type=int, default=2, help="other scenes of a training clip for distillation")
    args = parser.parse_args(argv)

    from scripts.core.files import read_jsonl
    from scripts.core.timing import stage_timer
    from scripts.features.build import build, open_recordings
    from scripts.features.word_tasks import INDEX_FIELDS, STORES, plan_word

    index = args.samples / "index.jsonl"
    if not index.is_file():
        raise SystemExit(f"{index} is missing: the samples are made first, by `make samples`.")
    rows = read_jsonl(index, *INDEX_FIELDS)
    for line, row in enumerate(rows, 1):
        if row["kind"] not in STORES:
            raise SystemExit(f"{index}, line {line}: kind {row['kind']!r}, expected one of {', '.join(STORES)}.")
    tasks = plan_word(rows, args.samples, args.repeats, args.teaching)
    if not tasks:
        raise SystemExit(f"{index} names no sample.")
    with stage_timer(args.out, "features") as facts:
        files = open_recordings(args.datasets, args.dataset)
        facts.update(build(tasks, files, args.seed, args.jobs, args.out, "features"))


if __name__ == "__main__":
    main()
