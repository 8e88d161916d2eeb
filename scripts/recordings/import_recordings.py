"""Copy a user's recordings of a word or a home into DATA_DIR/recordings/SLUG, converted to 16 kHz and checked.

    python -m scripts.recordings.import_recordings --from ~/memos --kind positive --person anna --to data/recordings/hey_buster

Takes every format that FFmpeg decodes. Without --person, subfolders of --from are people. What is silent, clipped,
empty or there already is left out and named.
"""

import argparse
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Copy and convert a user's recordings; leave out what is of no use.")
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder of recordings, or one file")
    parser.add_argument("--kind", default="positive", help="positive, negative or home")
    parser.add_argument("--person", default="", help="who is heard; default: the subfolder's name")
    parser.add_argument("--to", type=Path, required=True, help="DATA_DIR/recordings/SLUG")
    args = parser.parse_args(argv)

    from scripts.recordings.importing import import_all

    try:
        imported = import_all(args.source, args.to, args.kind, args.person)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    for line in imported.damaged:
        print(f"damaged {line}")
    for line in imported.left_out:
        print(f"left out {line}")
    whose = ", ".join(f"{count} of {person}" for person, count in sorted(imported.people.items()))
    print(
        f"{imported.people.total()} of {imported.files} files taken ({whose or 'none'}), {imported.seconds:.0f} s, into "
        f"{args.to / args.kind}; {len(imported.left_out)} left out"
    )
    if not imported.people:
        raise SystemExit("Nothing was taken.")


if __name__ == "__main__":
    main()
