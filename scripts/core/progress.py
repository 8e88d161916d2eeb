"""Progress: a bar on a terminal, plain lines elsewhere and in the stage's log."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from tqdm import tqdm

LINE_EVERY_S = 20  # seconds between two plain lines


def terminal() -> Any:
    """The stream for bars: standard error, without the log that scripts.core.run_stage keeps."""
    return getattr(sys.stderr, "terminal", sys.stderr)


def draws_bars() -> bool:
    """Whether a bar can be drawn: on a terminal that has a size (in a container it may have none)."""
    out = terminal()
    return out.isatty() and all(os.get_terminal_size(out.fileno()))


def note(line: str) -> None:
    """Write a line only into the stage's log, if scripts.core.run_stage keeps one."""
    if hasattr(sys.stderr, "note"):
        sys.stderr.note(line)


def progress(items: Iterable, total: int, label: str, unit: str = "it", initial: int = 0) -> Iterator:
    """Yield `items` and show how many of `total` are done; `initial` of them were done before."""
    bars = draws_bars()
    start = last_line = time.monotonic()
    bar = tqdm(
        items,
        total=total,
        initial=initial,
        desc=label,
        unit=unit,
        smoothing=0.1,
        dynamic_ncols=True,
        file=terminal(),
        disable=not bars,
    )
    for done, item in enumerate(bar, initial + 1):
        yield item
        now = time.monotonic()
        if now - last_line > LINE_EVERY_S or done == total:
            last_line = now
            line = f"{label}: {done}/{total} {unit} ({(done - initial) / max(now - start, 1e-9):.1f}/s)"
            note(line) if bars else print(line, file=sys.stderr, flush=True)
