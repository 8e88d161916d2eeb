"""Work for workers, which import it by name."""

import os
import signal
import time
from multiprocessing import get_context
from pathlib import Path

from scripts.core.random_numbers import generator


def draw(item):
    time.sleep(0.02)
    return generator(1, "item", item).random(100).tobytes()


def draw_or_die(task):
    """Dies of each item in `deadly` as long as its marker is not there; of -1 always."""
    number, folder, deadly = task
    if number in deadly and not Path(folder, f"died-{number}").exists():
        Path(folder, f"died-{number}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 13 and -1 in deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(number)


class Counter:
    def __init__(self, start):
        self.seen, self.process = start, os.getpid()


def count(counter, item):
    time.sleep(0.02)
    counter.seen += 1
    return item, counter.process, counter.seen


def refuse(reason):
    raise ValueError(reason)


def fail(item):
    raise KeyError(f"item {item}")


def leave(item):
    raise SystemExit(f"the sentence of item {item}")


def slow(item):
    time.sleep(0.25)
    return item, os.getpid()


def in_a_process_of_its_own(item):
    """As a voice does whose library may crash."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(abs, (item,))


def mark_its_root(data):
    """The number of a file in /tmp, which is written by whoever comes first; a file of that name is made in DATA_DIR."""
    time.sleep(0.25)
    path = Path("/tmp/its-number")
    if not path.exists():
        path.write_text(os.urandom(4).hex())
    Path(data, f"root-{path.read_text()}").touch()
    return path.read_text()


def sleep(seconds, item):
    time.sleep(seconds)
    return item
