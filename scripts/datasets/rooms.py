"""Simulate the impulse responses of rooms in ordinary homes.

    python -m scripts.datasets.rooms --out data/datasets/rooms_simulated/16k --count 300 --seed 1 --jobs 4

Writes OUT/SPLIT/simulated/NNN.wav and OUT/index.json, which also gives each room's rt60_s, measured on the response
itself, and distance_m.
"""

import argparse
from collections import Counter
from pathlib import Path

from scripts.core import files


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    parser.add_argument("--count", type=int, default=300, help="number of rooms")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: as many as processors")
    args = parser.parse_args(argv)
    if args.count < 1:
        raise SystemExit(f"--count {args.count}: expected at least one room.")
    import numpy as np

    from scripts.core.parallel import parallel
    from scripts.datasets.shoebox import simulate_room

    with files.publishing(args.out, directory=True) as part:
        tasks = [(args.seed, number, str(part)) for number in range(args.count)]
        index = sorted(
            parallel(simulate_room, tasks, args.jobs, "simulate rooms", "rooms"), key=lambda entry: entry["path"]
        )
        files.write_json(part / "index.json", {"files": index, "skipped": [], "left_out": []})
    counts = Counter(entry["split"] for entry in index)
    by_split = ", ".join(f"{split} {counts[split]}" for split in ("training", "validation", "testing"))
    low, median, high = np.percentile([entry["rt60_s"] for entry in index], [5, 50, 95])
    print(
        f"rooms_simulated: {len(index)} rooms ({by_split}), RT60 {low:.2f} / {median:.2f} / {high:.2f} s "
        "(5th, 50th and 95th percentile)"
    )


if __name__ == "__main__":
    main()
