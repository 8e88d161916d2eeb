"""Record a wake word with this machine's microphone, ten times as it is said at home, or the sound of a room.

    python -m scripts.live.record --recordings data/recordings/hey_buster --person anna
    python -m scripts.live.record --recordings data/recordings/hey_buster --home-s 1800

Each utterance is checked and played back on request; Enter keeps it, d discards it. --file plays a recording instead of
the microphone and keeps every utterance in it.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

GUIDE = (
    "as you say it to a device, an arm's length away",
    "the same from the other side of the room",
    "softly",
    "called, from the next room",
    "quickly",
    "slowly",
    "with music or the television on",
    "with your back to the microphone",
    "tired, as in the morning",
    "as you like",
)
METER = 30  # characters


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Record a wake word, or the sound of a room.")
    parser.add_argument("--recordings", type=Path, required=True, help="DATA_DIR/recordings/SLUG")
    parser.add_argument("--person", default="", help="who speaks")
    parser.add_argument("--home-s", type=float, help="record the room for so many seconds instead of the word")
    parser.add_argument("--file", type=Path, help="a recording to play instead of the microphone")
    args = parser.parse_args(argv)

    from scripts.live.display import open_blocks

    person = args.person
    if not person and args.home_s is None and sys.stdin.isatty():
        person = input("Who speaks? (a name, or Enter for nobody in particular) ")
    with open_blocks(args.file) as blocks:
        if args.home_s is not None:
            record_home(blocks, args.recordings, args.home_s)
        else:
            record_word(blocks, args.recordings, person, ask=args.file is None and sys.stdin.isatty())


def record_home(blocks: Iterable, folder: Path, seconds: float) -> None:
    """Keep the next `seconds` of sound as one recording of the home; Ctrl-C keeps what there is."""
    import numpy as np

    from scripts.core.audio import SAMPLE_RATE_HZ, rms
    from scripts.recordings.storage import HOME, find_fault, keep

    print(f"Recording the room for {seconds:.0f} s; do not say the wake word. Ctrl-C ends it earlier.", flush=True)
    sounds: list = []
    try:
        for block in blocks:
            sounds.append(block)
            show_meter(rms(block))
            if sum(map(len, sounds)) >= seconds * SAMPLE_RATE_HZ:
                break
    except KeyboardInterrupt:
        pass
    sound = np.concatenate(sounds or [np.zeros(0, np.float32)])[: int(seconds * SAMPLE_RATE_HZ)]
    if fault := find_fault(sound, HOME):
        raise SystemExit(f"Nothing is kept: the recording is {fault}")
    print(f"\rkept {len(sound) / SAMPLE_RATE_HZ:.0f} s of home sound: {keep(folder, HOME, sound)}")


def record_word(blocks: Iterable, folder: Path, person: str, ask: bool) -> None:
    """Prompt for each line of GUIDE, cut the utterance out and keep it; without `ask` until the sound ends."""
    from scripts.live.utterance_cutter import UtteranceCutter
    from scripts.recordings.storage import POSITIVE, find_fault, keep

    cutter, kept, discarded = UtteranceCutter(), 0, 0
    if ask:
        print(f"Say the wake word, {GUIDE[0]}. Ctrl-C ends it.", flush=True)
    try:
        for block in blocks:
            utterance = cutter.push(block)
            show_meter(cutter.level)
            if utterance is None:
                continue
            if fault := find_fault(utterance, POSITIVE):
                print(f"\rnot kept: {fault}", flush=True)
                discarded += 1
                continue
            if ask and not confirm(utterance):
                discarded += 1
                continue
            kept += 1
            print(f"\rkept {kept}: {keep(folder, POSITIVE, utterance, person)}", flush=True)
            if ask and kept == len(GUIDE):
                break
            if ask:
                print(f"Now {GUIDE[kept]}.", flush=True)
    except KeyboardInterrupt:
        pass
    print(f"\r{kept} recordings kept{f' of {person}' if person else ''}, {discarded} not; in {folder / POSITIVE}")


def confirm(utterance) -> bool:
    """Ask on the terminal whether an utterance is kept; p plays it first."""
    while True:
        answer = (
            input(f"\r{len(utterance) / 16_000:.1f} s. Enter keeps it, p plays it, d discards it: ").strip().lower()
        )
        if answer != "p":
            return answer != "d"
        import sounddevice

        sounddevice.play(utterance, 16_000)
        sounddevice.wait()


def show_meter(level: float) -> None:
    """Draw the level (rms, full scale 1) over the line, on a terminal."""
    if sys.stdout.isatty():
        from math import log10

        full = max(0, min(METER, round((20 * log10(max(level, 1e-6)) + 60) / 50 * METER)))
        sys.stdout.write("\r" + "█" * full + "·" * (METER - full) + " ")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
