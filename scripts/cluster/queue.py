"""Give the words of a file to the workers of a cluster, and say what comes of each.

    python -m scripts.cluster.queue --cluster local:2 --file my-words.txt --data data --seed 1 --make make

What words share has been made before (scripts.cluster.words). As many words are given out as there are worker processes;
one that fails does not stop the others; one whose worker is lost is begun again by another, and make goes on where it was.
"""

import argparse
import dataclasses
import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Any

from scripts.cluster import words_file
from scripts.cluster.task import train_word, trainings
from scripts.cluster.words_file import Entry
from scripts.cluster.worker import HOW, how_to_make
from scripts.core import cluster

LOOK_S = 1.0
LINE_EVERY_S = 60.0


class Queue:
    """Trainings that wait, run, and are done. `task` does one on a worker, called with an entry and `arguments`."""

    def __init__(self, connected: cluster.Cluster, entries: Sequence[Entry], task: Callable, arguments: tuple = ()):
        self.cluster, self.task, self.arguments = connected, task, arguments
        # Long ones first, so that none is left alone at the end.
        self.waiting = sorted(entries, key=lambda entry: -int(entry.settings.get("SAMPLES", 0)))
        self.running: dict[str, tuple[Entry, Any]] = {}
        self.total, self.begun = len(entries), time.monotonic()
        self.results: dict[str, dict] = {}
        self.titles = {entry.name: entry.title for entry in entries}
        self._where: dict[str, str] = {}

    def run(self) -> dict[str, dict]:
        """{name: result} of all."""
        looked = said = 0.0
        places = 0
        while self.waiting or self.running:
            if time.monotonic() - looked > LOOK_S:
                places, looked = self.cluster.places(self.warn), time.monotonic()
                self.look()
            if time.monotonic() - said > LINE_EVERY_S:
                said = time.monotonic()
                self.say_progress()
            while self.waiting and len(self.running) < places:
                self.give(self.waiting.pop(0))
            self.collect()
        return self.results

    def give(self, entry: Entry) -> None:
        """Have a worker begin a training."""
        key = f"{entry.name}-{secrets.token_hex(4)}"
        self.running[key] = (entry, self.cluster.submit(self.task, dataclasses.asdict(entry), *self.arguments, key=key))

    def collect(self) -> None:
        """Take what is done, or wait a moment for it."""
        from distributed import wait

        futures = [future for _, future in self.running.values()]
        if futures:
            try:
                wait(futures, timeout=LOOK_S / 2, return_when="FIRST_COMPLETED")
            except (TimeoutError, CancelledError):
                pass
        else:
            time.sleep(LOOK_S / 2)
        for key, (entry, future) in list(self.running.items()):
            if future.done():
                del self.running[key]
                self.results[entry.name] = result = self.result_of(entry, future)
                where = f"in {result['seconds']:.0f} s by {result['where']}" if not result["status"] else result["why"]
                self.say(f"{entry.title}: {'failed' if result['status'] else 'trained'} ({where})")
                self.say_progress()

    def result_of(self, entry: Entry, future: Any) -> dict:
        """What came of a training."""
        from distributed.scheduler import KilledWorker

        failed = {"status": 1, "seconds": 0.0, "where": "", "log": ""}
        try:
            return future.result()
        except KilledWorker as error:
            why = f"{cluster.LOST_WORKERS} workers were lost with it, the last one at {error.last_worker.address}; perhaps memory ran out there"
            return {**failed, "why": why}
        except CancelledError:
            raise self.cluster.gone() from None
        except Exception as error:  # of the task's own code, or of what it was given
            return {**failed, "why": f"{type(error).__name__}: {cluster.printable(error)}"}

    def look(self) -> None:
        """Say which worker began what, and which was lost."""
        names = {at: str(worker["name"]) for at, worker in self.cluster.workers().items()}
        for at, keys in self.cluster.client.processing().items():
            for key in keys:
                if key in self.running and names.get(at, "") != (before := self._where.get(key, "")):
                    self._where[key] = names.get(at, at)
                    lost = f"worker {before} is lost; begun again by" if before else "begun by"
                    self.say(f"{self.running[key][0].title}: {lost} {self._where[key]}")

    def say_progress(self) -> None:
        """How far all is, and how long it will take."""
        done, failed = len(self.results), sum(bool(result["status"]) for result in self.results.values())
        left = f", {in_words((self.total - done) * (time.monotonic() - self.begun) / done)} left" if done else ""
        self.say(f"words: {done}/{self.total} done, {failed} failed, {len(self.running)} running{left}")

    def say(self, line: str) -> None:
        print(line, flush=True)

    def warn(self, sentence: str) -> None:
        self.say(f"warning: {sentence}")

    def cancel(self) -> None:
        """Have the workers leave what they do."""
        if self.cluster.client.status != "running":
            return
        self.cluster.client.cancel([future for _, future in self.running.values()], force=True)
        deadline = time.monotonic() + 30
        with suppress(Exception):  # a worker that is lost ends what it did by itself
            while time.monotonic() < deadline and any(self.cluster.client.run(trainings).values()):
                time.sleep(LOOK_S / 2)


def in_words(seconds: float) -> str:
    """A time for people.

    >>> in_words(40), in_words(4000)
    ('40 s', '1 h 7 min')
    """
    minutes = round(seconds / 60)
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{minutes} min"
        if minutes < 60
        else f"{minutes // 60} h {minutes % 60} min"
    )


def say_end(results: dict[str, dict], titles: dict[str, str]) -> int:
    """The last lines of all; the exit status."""
    print()
    for name, result in results.items():
        if not result["status"]:
            print("trained:", titles[name])
    for name, result in results.items():
        if result["status"]:
            print(f"failed:  {titles[name]}: {result['why']}{' (log: ' + result['log'] + ')' if result['log'] else ''}")
    return int(any(result["status"] for result in results.values()))


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cluster", required=True, help="local:N, tcp://... or tls://...")
    parser.add_argument("--file", type=Path, required=True, help="one word a line")
    parser.add_argument("--data", required=True, help="DATA_DIR")
    parser.add_argument("--seed", type=int, required=True, help="SEED of the words without one of their own")
    parser.add_argument("--make", required=True, help="what GNU make is called here")
    parser.add_argument("--given", action="append", default=[], metavar="NAME=VALUE", help="a setting for all words")
    args = parser.parse_args(argv)
    entries = words_file.read(args.file, args.seed)
    python = [text for text in args.given if text.startswith("PYTHON=")]
    given = [text for text in args.given if not text.startswith(("PYTHON=", "JOBS="))]
    how = how_to_make(args.make, args.data, python)
    os.environ.pop(HOW, None)
    with cluster.connect(args.cluster, Path(args.data)) as connected:
        queue = Queue(connected, entries, train_word, (given, connected.ours, how))
        print(f"words: {len(entries)} for {len(connected.proven())} workers at {connected.address}", flush=True)
        try:
            results = queue.run()
        except BaseException:
            queue.cancel()
            raise
    return say_end(results, queue.titles)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted: the same line goes on with what is missing", file=sys.stderr)
        sys.exit(130)
