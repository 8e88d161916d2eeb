"""Spectrograms of a word's samples: stores `positive`, `near` and `part`, augmented scenes of each clip.

    python -m scripts.features.make_word --samples data/work/hey_buster/samples --datasets data/datasets \
        --dataset rooms_simulated --dataset noise_keyboard --seed 1 --jobs 0 --out data/work/hey_buster/features

Reads samples/index.jsonl (kinds positive, near, part) and writes OUT/STORE/MODE/STORE_mmap and OUT/report.json for the
modes training, teaching (other scenes of the same clips, about which a network asks its teachers), teaching_noisy
(those with noise over them, as it hears them itself), stranger (voices that no training hears), validation and testing.
Positives and negatives are treated alike in every respect.
"""

import argparse
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts.features.make_word", description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=Path, required=True, help="folder with index.jsonl and the clips")
    parser.add_argument("--datasets", type=Path, required=True, help="folder of the converted datasets")
    parser.add_argument(
        "--dataset", action="append", default=[], help="a dataset to take rooms, noise, music and speech from"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0: one per processor")
    parser.add_argument(
        "--repeats", type=int, default=2, help="scenes per training clip, to learn from; of the others always one"
    )
    parser.add_argument(
        "--teaching",
        type=int,
        default=2,
        help="other scenes per training clip, about which a network asks its teachers",
    )
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args(argv)

    from scripts.core.files import read_jsonl
    from scripts.core.timing import stage_timer
    from scripts.features.build import build, open_recordings
    from scripts.features.word_tasks import INDEX_FIELDS, STORES, plan_word

    index = arguments.samples / "index.jsonl"
    if not index.is_file():
        raise SystemExit(f"{index} is missing: the samples are made first, by `make samples`.")
    rows = read_jsonl(index, *INDEX_FIELDS)
    for line, row in enumerate(rows, 1):
        if row["kind"] not in STORES:
            raise SystemExit(f"{index}, line {line}: kind {row['kind']!r}, expected one of {', '.join(STORES)}.")
    tasks = plan_word(rows, arguments.samples, arguments.repeats, arguments.teaching)
    if not tasks:
        raise SystemExit(f"{index} names no sample.")
    with stage_timer(arguments.out, "features") as facts:
        facts.update(
            build(
                tasks,
                open_recordings(arguments.datasets, arguments.dataset),
                arguments.seed,
                arguments.jobs,
                arguments.out,
                "features",
            )
        )


if __name__ == "__main__":
    main()
