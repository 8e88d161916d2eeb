"""Record a wake word, guided, or the sound of a room, from blocks of sound (microphone.py, display.open_blocks).

record_word(blocks, Path("data/recordings/hey_buster"), person="anna", ask=True)
record_home(blocks, Path("data/recordings/hey_buster"), seconds=1800)
"""

import math
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ, rms
from scripts.live.utterance_cutter import UtteranceCutter
from scripts.recordings.storage import HOME, POSITIVE, find_fault, keep

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


def record_home(blocks: Iterable, folder: Path, seconds: float) -> None:
    """Keep the next `seconds` of sound as one recording of the home; Ctrl-C keeps what there is."""
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
            input(f"\r{len(utterance) / SAMPLE_RATE_HZ:.1f} s. Enter keeps it, p plays it, d discards it: ")
            .strip()
            .lower()
        )
        if answer != "p":
            return answer != "d"
        import sounddevice

        sounddevice.play(utterance, SAMPLE_RATE_HZ)
        sounddevice.wait()


def show_meter(level: float) -> None:
    """Draw the level (rms, full scale 1) over the line, on a terminal."""
    if sys.stdout.isatty():
        full = max(0, min(METER, round((20 * math.log10(max(level, 1e-6)) + 60) / 50 * METER)))
        sys.stdout.write("\r" + "█" * full + "·" * (METER - full) + " ")
        sys.stdout.flush()
