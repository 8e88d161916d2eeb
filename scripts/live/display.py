"""What `make listen` shows: a live bar on a terminal, plain lines elsewhere.

On a terminal a bar shows the probability and where the cutoff is, and every detection stays as a line above it;
elsewhere a line every SUMMARY_S tells that it still listens.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from scripts.core.decode import Decoder, UndecodableError
from scripts.live.microphone import open_microphone
from scripts.live.streaming import Detection, DetectionCollector, Inference, StreamingDetector

BAR = 40  # characters for probabilities from 0 to 1, where there is room
REDRAW_S = 0.05
SUMMARY_S = 10.0  # between plain lines
GREEN, DIM, PLAIN = "\033[32;1m", "\033[2m", "\033[0m"


class Display:
    """Shows inferences on `out`. NO_COLOR is respected."""

    def __init__(self, cutoff: float, out: TextIO) -> None:
        self._out, self._live = out, out.isatty()
        self._coloured = self._live and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._width = max(10, min(BAR, shutil.get_terminal_size().columns - 18))
        self._mark = min(int(cutoff * self._width), self._width - 1)
        self._highest, self._since_s, self._drawn = 0.0, 0.0, 0.0
        self._collector, self.detections, self.now_s = DetectionCollector(), 0, 0.0

    def show(self, inference: Inference) -> None:
        """Show one inference: at once, or with the next redrawing. A detection is listed when its cutoff is known."""
        self.now_s, self._highest = inference.time_s, max(self._highest, inference.highest_cutoff)
        self.detections += inference.detected
        self._list(self._collector.push([inference]))
        if self._live:
            if inference.detected or time.monotonic() - self._drawn >= REDRAW_S:
                self._draw_bar(inference)
        elif inference.time_s - self._since_s >= SUMMARY_S:
            self._write_line(
                f"{format_time(inference.time_s)}  listening; the last {SUMMARY_S:.0f} s reached cutoff {self._highest:.2f}"
            )
            self._highest, self._since_s = 0.0, inference.time_s

    def _list(self, detections: list[Detection]) -> None:
        for detection in detections:
            line = f"{format_time(detection.time_s)}  detected up to cutoff {detection.highest_cutoff:.2f}"
            self._write_line(self._colour(GREEN, line))

    def _draw_bar(self, inference: Inference) -> None:
        full = round(inference.probability * self._width)
        cells = ["█" if cell < full else "·" for cell in range(self._width)]
        cells[self._mark] = "┃" if self._mark >= full else "▓"
        left, right = "".join(cells[:full]), "".join(cells[full:])
        bar = self._colour(GREEN if full > self._mark else "", left) + self._colour(DIM, right)
        self._out.write(f"\r{format_time(inference.time_s)}  {bar}  {inference.probability:.2f}")
        self._out.flush()
        self._drawn = time.monotonic()

    def _colour(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._coloured and colour and text else text

    def _write_line(self, text: str) -> None:
        # Over the bar that may stand on the line.
        self._out.write(("\r\033[K" if self._live else "") + text + "\n")
        self._out.flush()

    def close(self) -> None:
        """Write the last line."""
        self._list(self._collector.flush())
        count = self.detections
        self._write_line(f"{count} detection{'s' * (count != 1)} in {format_time(self.now_s)}")


def format_time(seconds: float) -> str:
    """Seconds with one decimal, for a clock that runs.

    >>> format_time(67.51)
    '1:07.5'
    """
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"


def listen(blocks: Iterable, detector: StreamingDetector, display: Display) -> None:
    """Show what is detected in blocks of sound, until they end or Ctrl-C."""
    try:
        for block in blocks:
            for inference in detector.push(block):
                display.show(inference)
    except KeyboardInterrupt:
        pass
    display.close()


@contextmanager
def open_blocks(file: Path | None) -> Iterator[Iterable]:
    """The blocks of a recording, or of the microphone where `file` is None."""
    if file is None:
        with open_microphone() as blocks:
            yield blocks
        return
    try:
        yield (recording := Decoder(file))
    except UndecodableError as error:
        raise SystemExit(f"{file} cannot be decoded: {error}") from None
    for fault in recording.faults:
        print(f"{file}: {fault}", file=sys.stderr)
