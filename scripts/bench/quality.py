"""How well models with the default settings detect people: train words with several seeds, judge them by recordings.

    python -m scripts.bench.quality --data data --recordings RECORDINGS --seeds "1 2" --out docs/RESULTS.md

scripts/bench/people.py says what RECORDINGS holds, scripts/bench/words.py how words are trained. Each model is judged at
its own cutoff, and at cutoffs for given rates of false accepts over all sound without the word, clean and with music and
noise 10 dB below the recordings. A run that was stopped continues: what is trained and judged is not done again.
"""

import argparse
from pathlib import Path

from scripts.bench.document import DOCUMENT, describe_run, write_table
from scripts.bench.people import find_people, judge_word
from scripts.bench.quality_tables import format_quality
from scripts.bench.words import Seeds, train_word
from scripts.core.files import holding, write_json


def measure(data: Path, folder: Path, seeds: list[int], jobs: int) -> list[dict]:
    """Two rows of figures, clean and noisy, for every word and seed; also written to DATA_DIR/bench/quality.json."""
    people = find_people(folder, data)
    rows: list[dict] = []
    for seed in seeds:
        for word in people.words:
            manifest = train_word(data, word.phrase, Seeds(seed, seeds[0]))
            facts = {"word": word.phrase, "seed": seed, "by_telephone": word.by_telephone}
            rows += [{**facts, **figures} for figures in judge_word(manifest, word, people, jobs, data / "bench/kept")]
            write_json(data / "bench/quality.json", rows)
    return rows


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR, with converted datasets")
    parser.add_argument("--recordings", type=Path, required=True, help="folders of recordings")
    parser.add_argument("--seeds", default="1 2 3")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: one for each processor")
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="document whose table is replaced")
    args = parser.parse_args(argv)
    seeds = [int(seed) for seed in args.seeds.split()]
    with holding(args.data / "bench/quality.lock", f"another bench-quality works in {args.data}; waiting for it"):
        rows = measure(args.data, args.recordings, seeds, args.jobs)
    table = (
        f'`make bench-quality RECORDINGS=... SEEDS="{args.seeds}"`, {describe_run()}. In brackets the 95 % interval over '
        "recordings (Wilson; duplicates are detected together). Of two figures the first is clean, the second at 10 dB. "
        f"Common stages are those of seed {seeds[0]}.\n\n{format_quality(rows)}"
    )
    print(table)
    write_table(args.out, "quality", table)


if __name__ == "__main__":
    main()
