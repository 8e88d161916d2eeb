"""Train each word of a file, and say at the end which succeeded. A word that fails does not stop the others.

    python3 -m scripts.cluster.words --file my-words.txt --data data --seed 1 --make make --given SAMPLES=8000

With --cluster, what all words share is made here first, and then scripts.cluster.queue gives the words to the workers.
Run by whatever Python is found, before there is an environment, so this keeps to the standard library.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from scripts.cluster import words_file
from scripts.cluster.training import Builder, hold_locks
from scripts.cluster.words_file import Entry


def run(command: list[str], environment: dict[str, str] | None = None) -> bool:
    """Whether a command succeeds. Ctrl-C reaches it too, and is waited for."""
    process = subprocess.Popen(command, env=environment, close_fds=False)  # make's jobserver goes along
    try:
        return process.wait() == 0
    except KeyboardInterrupt:
        process.wait()
        raise


def only_plans() -> bool:
    """Whether make was called with -n: it runs this too, so that each word's plan is shown."""
    flags = os.environ.get("MAKEFLAGS", "").partition(" ")[0]
    return not flags.startswith("-") and "n" in flags


def train_here(builder: Builder, entry: Entry) -> bool:
    """Train one word on this machine; whether that succeeded."""
    if not entry.seed:
        return run(builder.train(entry))
    if only_plans():
        print(f"{entry.title}: in {builder.data}/seeds/{entry.seed}, with what all words of {builder.data} share")
        return True
    if not (run(builder.shared(entry)) and run(builder.prepare_seed(entry.seed))):
        return False
    # A process of its own holds the locks until its make has ended.
    child = os.fork()
    if not child:
        try:
            environment = hold_locks(builder.data, entry)
            os.execvpe(builder.make, builder.train(entry), environment)
        finally:
            os._exit(1)
    try:
        return os.waitpid(child, 0)[1] == 0
    except KeyboardInterrupt:
        os.waitpid(child, 0)
        raise


def in_turn(builder: Builder, entries: list[Entry]) -> int:
    """Train all on this machine, one after another; the exit status."""
    results: dict[bool, list[str]] = {True: [], False: []}
    for entry in entries:
        print(f"=== {entry.title}", flush=True)
        results[train_here(builder, entry)].append(entry.title)
    if only_plans():
        return 0
    print()
    for title in results[True]:
        print("trained:", title)
    for title in results[False]:
        print("failed: ", title)
    return int(bool(results[False]))


def on_cluster(builder: Builder, entries: list[Entry], argv: list[str]) -> int:
    """Make what all words share, then have scripts.cluster.queue do the rest; the exit status."""
    languages = {entry.settings.get("LANGUAGE", ""): entry for entry in entries}
    seeds = sorted({entry.seed for entry in entries} - {""})
    if not all(run(builder.shared(entry)) for entry in languages.values()):
        return 1
    if only_plans():
        print(f"then {len(entries)} words by the workers of CLUSTER: {', '.join(entry.title for entry in entries)}")
        return 0
    if not all(run(builder.prepare_seed(seed)) for seed in seeds):
        return 1
    python = builder.python_path()
    return int(not run([python, "-m", "scripts.cluster.queue", *argv]))


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, required=True, help="one word a line")
    parser.add_argument("--data", required=True, help="DATA_DIR")
    parser.add_argument("--seed", type=int, required=True, help="SEED of the words without one of their own")
    parser.add_argument("--make", required=True, help="what GNU make is called here")
    parser.add_argument("--given", action="append", default=[], metavar="NAME=VALUE", help="a setting for all words")
    parser.add_argument(
        "--cluster", default="", help="local:N, tcp://... or tls://...; empty: this machine, one after another"
    )
    args = parser.parse_args(argv)
    entries = words_file.read(args.file, args.seed)
    builder = Builder(args.make, args.data, args.given)
    return on_cluster(builder, entries, sys.argv[1:]) if args.cluster else in_turn(builder, entries)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
