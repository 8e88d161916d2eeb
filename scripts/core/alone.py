"""Run make when no other make is working on the same files; print a sentence while waiting for one.

    python3 -m scripts.core.alone builds data hey_buster make train

The first argument is the mode: `builds` a word, `shares` (makes what words share), `looks` (needs the environment or
datasets, then no lock) or `deletes`. locks.py describes the locks.

This runs under any Python, before there is an environment: only the standard library, as of old versions.
"""

import fcntl
import glob
import os
import re
import signal
import subprocess
import sys
import time

from scripts.core.locks import Locks, list_shared_locks

DUE = re.compile(r"^\S+:\d+: (?:update target '([^']+)' due to: .*|target '([^']+)' does not exist)$")
SKEW_NS = 2 * 10**9  # clocks on one network may differ by this
MOST_CHANGES = 5  # how often other makes may change shared files between our making and our using them


class LockedMake:
    """A make command, and the locks under which it runs."""

    def __init__(self, data, slug, command):
        self.data, self.slug, self.command = data, slug, command
        self.locks, self.folder = Locks(), os.path.join(os.path.realpath(data), "locks")

    def list_due(self):
        """The files below DATA_DIR that make would update now; None if make refuses to run."""
        plan = subprocess.run(
            [*self.command, "-n", "--trace"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
        if plan.returncode:
            return None
        matches = filter(None, map(DUE.match, plan.stdout.splitlines()))
        targets = [match.group(1) or match.group(2) for match in matches]
        return [target for target in targets if target.startswith(self.data + "/")]

    def list_due_shared(self):
        """The shared files that make would update now."""
        return [target for target in self.list_due() or [] if not target.startswith(self.data + "/work/")]

    def lock_shared(self, how, targets=()):
        """Lock what words share; datasets in another directory only jointly unless `targets` has some of them."""
        changes_datasets = any(target.startswith(self.data + "/datasets/") for target in targets)
        for path in list_shared_locks(self.data):
            home = os.path.dirname(os.path.dirname(path))
            is_elsewhere = home != os.path.realpath(self.data)
            only_reads = is_elsewhere and not changes_datasets
            self.locks.hold(path, fcntl.LOCK_SH if only_reads else how, f"what all words in {home} share")

    def lock_word(self):
        """Lock the word exclusively."""
        self.locks.hold(os.path.join(self.folder, "word-" + self.slug), fcntl.LOCK_EX, self.slug)

    def lock_for_building(self):
        """Lock the word exclusively and what words share jointly, after making those shared files that are due."""
        if "verify" in self.command[1:]:
            self.locks.hold(os.path.join(self.folder, "verify"), fcntl.LOCK_EX, os.path.join(self.data, "verify"))
        if self.slug:
            self.lock_word()
        if list_future_stamps(self.data, self.slug):
            self.lock_shared(fcntl.LOCK_EX)
            stamps = list_future_stamps(self.data, self.slug)
            set_to_now(stamps)
            print(
                f"{self.data}: the clock was set back, so {len(stamps)} stamps have times in the future; they are set to now, in their order",
                file=sys.stderr,
                flush=True,
            )
        for _ in range(MOST_CHANGES):
            self.lock_shared(fcntl.LOCK_SH)
            targets = self.list_due_shared()
            if not targets:
                break
            self.make_shared(targets)

    def make_shared(self, targets):
        """Make shared files that are due, under an exclusive lock; another make may have made them meanwhile."""
        self.lock_shared(fcntl.LOCK_EX, targets)
        targets = self.list_due_shared()
        if targets:
            self.run(targets)

    def run(self, targets):
        """Make these targets and return; a failure ends this process with make's status."""
        make = subprocess.Popen(
            [self.command[0], *targets], env=self.locks.make_environment(self.data), close_fds=False
        )
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: make.send_signal(number))
        status = make.wait()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if status:
            raise SystemExit(status if status > 0 else 128 - status)

    def replace_process(self):
        """Become the make command, under the locks that are held."""
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and make and its children would inherit that
        os.execvpe(self.command[0], self.command, self.locks.make_environment(self.data))


def check_writable(data):
    """SystemExit with a sentence if nothing can be written below DATA_DIR."""
    folder = os.path.abspath(data)
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SystemExit(
            f"{folder} cannot be written to: it may be another user's, or its disk may be mounted read-only. Put that right, or name another "
            "directory: make DATA_DIR=/a/directory/of/yours ..."
        )


def list_future_stamps(data, slug):
    """(time in ns, path) of the stamps and option files with a time in the future, because the clock was set back.

    make would take them for newer than everything it makes from now on, and would not see an option that changes.
    """
    folders = [os.path.join(data, name) for name in ("venv", "microwakeword", "common", "common/*", "datasets/*")] + [
        os.path.join(data, "work", slug or "*")
    ]
    paths = [
        path
        for folder in folders
        for ending in ("stamp", "params", "lock")
        for path in glob.glob(os.path.join(folder, "*." + ending))
    ]
    latest = time.time_ns() + SKEW_NS
    stamps = sorted((os.stat(path).st_mtime_ns, path) for path in paths)
    return [(time_ns, path) for time_ns, path in stamps if time_ns > latest]


def set_to_now(stamps):
    """Set the times of these files to now, a millisecond apart, in the order of their old times."""
    times = sorted({time_ns for time_ns, _ in stamps})
    now = time.time_ns()
    for time_ns, path in stamps:
        os.utime(path, ns=(now - (len(times) - times.index(time_ns)) * 1000000,) * 2)


def main(argv=None):
    mode, data, slug, *command = sys.argv[1:] if argv is None else argv
    # pyenv's python changes PATH for its children.
    os.environ["PATH"] = os.environ.pop("WAKEMAKE_PATH", os.environ["PATH"])
    make = LockedMake(data, slug, command)
    targets = make.list_due()
    if targets or mode == "deletes" and targets is not None:
        check_writable(data)
    if targets is None:
        pass  # make prints why it refuses; that needs no lock
    elif mode == "deletes":
        if slug and command[1:] == ["clean-work"]:
            make.lock_word()
        else:
            make.lock_shared(fcntl.LOCK_EX)
    elif mode == "shares" and targets:
        make.lock_shared(fcntl.LOCK_EX, targets)
    elif mode == "looks" and targets:
        make.make_shared(targets)
        make.locks.release()
    elif mode == "builds":
        make.lock_for_building()
    make.replace_process()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
