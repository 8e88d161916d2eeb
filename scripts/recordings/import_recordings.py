"""Copy a user's recordings of a word or a home into DATA_DIR/recordings/SLUG, converted to 16 kHz and checked.

    python -m scripts.recordings.import_recordings --from ~/memos --kind positive --person anna --to data/recordings/hey_buster

Takes every format that FFmpeg decodes. Without --person, subfolders of --from are people. What is silent, clipped,
empty or there already is left out and named.
"""

import argparse
import hashlib
from collections import Counter
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Copy and convert a user's recordings; leave out what is of no use.")
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder of recordings, or one file")
    parser.add_argument("--kind", default="positive", help="positive, negative or home")
    parser.add_argument("--person", default="", help="who is heard; default: the subfolder's name")
    parser.add_argument("--to", type=Path, required=True, help="DATA_DIR/recordings/SLUG")
    args = parser.parse_args(argv)

    from scripts.core.damaged import printable
    from scripts.core.decode import UndecodableError, list_files_below, read_all
    from scripts.recordings.storage import KINDS, NOBODY, find_fault, keep, list_recordings, name_folder

    if args.kind not in KINDS:
        raise SystemExit(f"AS={args.kind} is not a kind of recording: expected one of {', '.join(KINDS)}.")
    if not args.source.exists():
        raise SystemExit(f"FROM={args.source}: there is no such file or folder. FROM names recordings, in any format.")
    root = args.source if args.source.is_dir() else args.source.parent
    files = list_files_below(root) if args.source.is_dir() else [args.source]
    if not files:
        raise SystemExit(f"FROM={args.source}: there are no files below it.")
    known = {digest(read_all(recording.path)[0]) for recording in list_recordings(args.to, args.kind)}
    people: Counter[str] = Counter()
    seconds, left_out = 0.0, []
    for path in files:
        shown = printable(str(path.relative_to(root)))
        try:
            sound, faults = read_all(path)
        except UndecodableError as error:
            left_out.append(f"{shown}: not decoded: {error}")
            continue
        if fault := find_fault(sound, args.kind):
            left_out.append(f"{shown}: {fault}")
            continue
        if (content := digest(sound)) in known:
            left_out.append(f"{shown}: it is there already")
            continue
        known.add(content)
        folders = path.relative_to(root).parts[:-1]
        try:
            person = name_folder(args.person or folders[0]) if args.person or folders else ""
        except ValueError as error:
            raise SystemExit(f"PERSON: {error}") from None
        keep(args.to, args.kind, sound, person, f"{name_folder(path.stem or 'recording')}-{content[:8]}")
        people[person or NOBODY] += 1
        seconds += len(sound) / 16_000
        if faults:
            print(f"damaged {shown}: {'; '.join(faults)}")
    for line in left_out:
        print(f"left out {line}")
    whose = ", ".join(f"{count} of {person}" for person, count in sorted(people.items()))
    print(
        f"{people.total()} of {len(files)} files taken ({whose or 'none'}), {seconds:.0f} s, into {args.to / args.kind}; "
        f"{len(left_out)} left out"
    )
    if not people.total():
        raise SystemExit("Nothing was taken.")


def digest(sound) -> str:
    """A checksum of (samples,) as 16-bit numbers, by which a recording is known whatever its file is called."""
    from scripts.core.frontend import pcm16

    return hashlib.sha256(pcm16(sound).tobytes()).hexdigest()


if __name__ == "__main__":
    main()
