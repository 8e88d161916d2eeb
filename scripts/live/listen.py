"""Listen to this machine's microphone with a published model, and show what it makes of it. Ctrl-C ends it.

    python -m scripts.live.listen --data data --slug hey_buster

On a terminal a bar shows the probability and where the cutoff is, and every detection stays as a line above it;
elsewhere a plain line tells now and then that it still listens. --file plays a recording instead, as fast as it goes.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from scripts.live.published import build_parser, find_published, read_cutoff_option
from scripts.live.streaming import Inference, StreamingDetector

BAR = 40  # characters for probabilities from 0 to 1, where there is room
REDRAWN_S = 0.05
SAID_S = 10.0  # between plain lines
GREEN, DIM, PLAIN = "\033[32;1m", "\033[2m", "\033[0m"


class Display:
    """Shows moments on `out`: a live bar on a terminal, plain lines elsewhere. NO_COLOR is respected."""

    def __init__(self, cutoff: float, out: TextIO) -> None:
        self._out, self._live = out, out.isatty()
        self._coloured = self._live and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._width = max(10, min(BAR, shutil.get_terminal_size().columns - 18))
        self._mark = min(int(cutoff * self._width), self._width - 1)
        self._highest, self._since_s, self._drawn = 0.0, 0.0, 0.0
        self.heard, self.now_s = 0, 0.0

    def show(self, moment: Inference) -> None:
        """Take one moment; what it changes is seen at once, or at the next redrawing."""
        self.now_s, self._highest = moment.time_s, max(self._highest, moment.probability)
        if moment.detected:
            self.heard += 1
            self._line(self._in(GREEN, f"{clock(moment.time_s)}  heard it, probability {moment.probability:.2f}"))
        if self._live:
            if moment.detected or time.monotonic() - self._drawn >= REDRAWN_S:
                self._bar(moment)
        elif moment.time_s - self._since_s >= SAID_S:
            self._line(f"{clock(moment.time_s)}  listening; highest probability in {SAID_S:.0f} s: {self._highest:.2f}")
            self._highest, self._since_s = 0.0, moment.time_s

    def _bar(self, moment: Inference) -> None:
        full = round(moment.probability * self._width)
        cells = ["█" if cell < full else "·" for cell in range(self._width)]
        cells[self._mark] = "┃" if self._mark >= full else "▓"
        bar = self._in(GREEN if full > self._mark else "", "".join(cells[:full])) + self._in(DIM, "".join(cells[full:]))
        self._out.write(f"\r{clock(moment.time_s)}  {bar}  {moment.probability:.2f}")
        self._out.flush()
        self._drawn = time.monotonic()

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._coloured and colour and text else text

    def _line(self, text: str) -> None:
        # A line of its own, over the bar that may stand there.
        self._out.write(("\r\033[K" if self._live else "") + text + "\n")
        self._out.flush()

    def close(self) -> None:
        """The last line."""
        self._line(f"Heard {self.heard} time{'s' * (self.heard != 1)} in {clock(self.now_s)}")


def clock(seconds: float) -> str:
    """Seconds as 0:07.5, with one decimal, for something that runs."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"


def listen(blocks: Iterable, ear: StreamingDetector, display: Display) -> None:
    """From blocks of sound to the display, until they end or Ctrl-C."""
    try:
        for block in blocks:
            for moment in ear.push(block):
                display.show(moment)
    except KeyboardInterrupt:
        pass
    display.close()


@contextmanager
def source(file: Path | None) -> Iterator[Iterable]:
    """A recording's blocks, or the microphone's."""
    from scripts.core.decode import Decoder, UndecodableError
    from scripts.live.microphone import microphone

    if file is None:
        with microphone() as blocks:
            yield blocks
        return
    try:
        yield (recording := Decoder(file))
    except UndecodableError as error:
        raise SystemExit(f"{file} cannot be decoded: {error}") from None
    for fault in recording.faults:
        print(f"{file}: {fault}", file=sys.stderr)


def main(argv=None) -> None:
    parser = build_parser("Listen to the microphone with a published model.")
    parser.add_argument("--file", type=Path, help="a recording to play instead of the microphone")
    options = parser.parse_args(argv)
    published = find_published(options.data, options.slug, options.word)
    ear = StreamingDetector(published, read_cutoff_option(options.cutoff))
    with source(options.file) as blocks:
        print(
            f'Listening for "{published.title}", cutoff {ear.cutoff:g}, window {published.window}. Ctrl-C ends it.',
            flush=True,
        )
        listen(blocks, ear, Display(ear.cutoff, sys.stdout))


if __name__ == "__main__":
    main()
