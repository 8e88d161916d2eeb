"""The time and memory that each stage took, kept beside its output."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from scripts.core import system


@contextmanager
def stage_timer(out: Path, stage: str) -> Iterator[dict]:
    """Time a stage and append {"stage", "started", "seconds", "peak_mb", ...} to times.jsonl beside its output `out`.

    The dictionary it yields takes further facts worth keeping, such as counts. A stage that fails leaves no line.
    """
    facts: dict = {}
    started = datetime.now(UTC)
    clock = time.monotonic()
    yield facts
    line = {
        "stage": stage,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - clock, 2),
        "peak_mb": system.peak_memory_mb(),
        **facts,
    }
    with (Path(out).parent / "times.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
