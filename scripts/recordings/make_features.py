"""Make the spectrograms of a user's recordings: stores `own_positive`, `own_negative`, `home` and `near_home`.

    WORD="hey buster." python -m scripts.recordings.make_features --recordings data/recordings/hey_buster \\
        --output data/output --slug hey_buster --datasets data/datasets --dataset rooms_simulated --seed 1 \\
        --out data/work/hey_buster/recordings

What trains goes to the mode `training` (and, in other scenes, `teaching`), what is held out to `testing`, as it was
recorded. With an hour of home sound or more, its held-out part also sets the cutoff (`validation_ambient`).
OUT/people.json says whose recordings are in which store (docs/recordings.md).
"""

import argparse
import os
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Make the spectrograms of a user's recordings.")
    parser.add_argument("--recordings", type=Path, required=True, help="DATA_DIR/recordings/SLUG")
    parser.add_argument("--output", type=Path, required=True, help="folder of published models")
    parser.add_argument("--slug", required=True, help="the word's name in paths")
    parser.add_argument("--datasets", type=Path, required=True, help="folder of the converted datasets")
    parser.add_argument("--dataset", action="append", default=[], help="a converted dataset; give it once for each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0: one per processor")
    parser.add_argument("--out", type=Path, required=True, help="directory to publish")
    args = parser.parse_args(argv)

    from scripts.core.files import write_json
    from scripts.core.timing import stage_timer
    from scripts.features.build import build, open_recordings
    from scripts.recordings.control import find_control
    from scripts.recordings.tasks import describe, plan, read_all_recordings, refuse_implausible

    os.environ.pop("WAKEMAKE_CLUSTER", None)  # recordings are read on this machine alone
    word = os.environ.get("WORD", args.slug)
    control = find_control(args.output, args.slug, word)
    with stage_timer(args.out, "recordings") as facts:
        recordings = read_all_recordings(args.recordings, word)
        refuse_implausible(recordings, control, word)
        planned = plan(recordings, args.seed, control)
        files = open_recordings(args.datasets, args.dataset)
        facts.update(build(planned, files, args.seed, args.jobs, args.out, "recordings"))
        people = describe(recordings, args.seed)
        write_json(args.out / "people.json", people)
    for row in people["people"]:
        print(f"{row['person']}: {row['clips']} recordings, of which {row['held_out']} never train")
    print(
        f"false accepts: {people['negative']['clips']} recordings, of which {people['negative']['held_out']} never train; "
        f"home: {people['home']['hours']:.2f} h, of which {people['home']['held_out_hours']:.2f} h never train"
    )


if __name__ == "__main__":
    main()
