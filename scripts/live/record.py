"""Record a wake word with this machine's microphone, ten times as it is said at home, or the sound of a room.

    python -m scripts.live.record --recordings data/recordings/hey_buster --person anna
    python -m scripts.live.record --recordings data/recordings/hey_buster --home-s 1800

Each utterance is checked and played back on request; Enter keeps it, d discards it. --file plays a recording instead of
the microphone and keeps every utterance in it.
"""

import argparse
import sys
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Record a wake word, or the sound of a room.")
    parser.add_argument("--recordings", type=Path, required=True, help="DATA_DIR/recordings/SLUG")
    parser.add_argument("--person", default="", help="who speaks")
    parser.add_argument("--home-s", type=float, help="record the room for so many seconds instead of the word")
    parser.add_argument("--file", type=Path, help="a recording to play instead of the microphone")
    args = parser.parse_args(argv)

    from scripts.live.display import open_blocks
    from scripts.live.recorder import record_home, record_word

    person = args.person
    if not person and args.home_s is None and sys.stdin.isatty():
        person = input("Who speaks? (a name, or Enter for nobody in particular) ")
    with open_blocks(args.file) as blocks:
        if args.home_s is not None:
            record_home(blocks, args.recordings, args.home_s)
        else:
            record_word(blocks, args.recordings, person, ask=args.file is None and sys.stdin.isatty())


if __name__ == "__main__":
    main()
