"""Run make once no other make is at work on the same things, waiting for it with a sentence where one is.

    python3 -m scripts.core.alone builds data hey_buster make train

Locks are files in DATA_DIR/locks. word-SLUG is held alone by who builds that word. shared is held alone by who makes
the environment, datasets or common stages, and by others together while they use them; so what one make reads, no other
changes. All processes started from here on keep the locks (the descriptors are inherited), and the kernel lets go when
the last of these has ended, however that came about: after a kill there is nothing to tidy up. Where a file system has
no locks, it is said, and the work goes on.

Run by whatever Python is found, before there is an environment, so this keeps to the standard library and what old ones
know.
"""

import errno
import fcntl
import glob
import os
import re
import signal
import subprocess
import sys
import time

DUE = re.compile(r"^\S+:\d+: (?:update target '([^']+)' due to: .*|target '([^']+)' does not exist)$")
HELD = "WAKEMAKE_HOLDS"  # the locks that the make which started this one holds, with ":" between
SKEW_NS = 2 * 10**9  # as clocks of one network may differ
TURNS = 5  # as often others may change what is shared between our making it and our using it


def try_lock(descriptor, how, wait=False):
    """Lock an open file (`how`: LOCK_EX, alone, or LOCK_SH, together with others); whether we have it. OSError: no
    locks here."""
    try:
        fcntl.flock(descriptor, how if wait else how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def warn_of_no_lock(path, error):
    """Say that a lock cannot be had, and what that means."""
    print(
        f"warning: {path} cannot be locked ({error.strerror}), so another make would not be waited for: run one at a time with this DATA_DIR",
        file=sys.stderr,
        flush=True,
    )


class Locks:
    """The locks this make holds."""

    def __init__(self):
        self.descriptors, self.warned = {}, False

    def hold(self, path, how, what):
        """Hold the file `path` in the way `how`, also where it is held in the other way already."""
        if path in os.environ.get(HELD, "").split(":"):
            return
        try:
            while True:
                descriptor = self.descriptors.get(path)
                if descriptor is None:
                    descriptor = self.descriptors[path] = opened(path)
                if not try_lock(descriptor, how):
                    print(
                        f"{what}: another make is at work on it ({holder(path)}lock {path}); waiting until it has ended",
                        file=sys.stderr,
                        flush=True,
                    )
                    try_lock(descriptor, how, wait=True)
                if is_still(descriptor, path):
                    return
                os.close(self.descriptors.pop(path))  # the make that we waited for has cleaned it away
        except OSError as error:
            if not self.warned and error.errno != errno.EROFS:  # where nobody can write, nobody need wait
                warn_of_no_lock(path, error)
            self.warned = True

    def release(self):
        """Let go of all."""
        while self.descriptors:
            os.close(self.descriptors.popitem()[1])

    def environment(self, data):
        """That of a make under these locks."""
        held = [*os.environ.get(HELD, "").split(":"), *self.descriptors]
        return {**os.environ, HELD: ":".join(held), "WAKEMAKE_ALONE": os.path.abspath(data), "MAKELEVEL": "0"}


def opened(path):
    """Open a lock for itself and all processes to come."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        descriptor = os.open(path, os.O_RDONLY)  # another user's, which will do
    os.set_inheritable(descriptor, True)
    return descriptor


def is_still(descriptor, path):
    """Whether the open file is the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def holder(path):
    """ "process 123, ", the eldest that holds the lock, as far as Linux shows it to us."""
    try:
        there, processes = os.stat(path), sorted(map(int, filter(str.isdigit, os.listdir("/proc"))))
    except OSError:
        return ""
    for process in processes:
        try:
            for number in os.listdir(f"/proc/{process}/fd"):
                if os.path.samestat(os.stat(f"/proc/{process}/fd/{number}"), there):
                    with open(f"/proc/{process}/fdinfo/{number}") as about:
                        if "lock:" in about.read():
                            return f"process {process}, "
        except OSError:
            continue  # it has ended, or is another user's
    return ""


def shared_locks(data):
    """The locks on what words share: that of DATA_DIR, and where its datasets are a link, that of where they are."""
    homes = {os.path.realpath(data), os.path.dirname(os.path.realpath(os.path.join(data, "datasets")))}
    return [os.path.join(home, "locks", "shared") for home in sorted(homes)]


def due(make, data):
    """The files below DATA_DIR that this make would make; None where it refuses to."""
    plan = subprocess.run(
        [*make, "-n", "--trace"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
    )
    if plan.returncode:
        return None
    targets = [found.group(1) or found.group(2) for found in map(DUE.match, plan.stdout.splitlines()) if found]
    return [target for target in targets if target.startswith(data + "/")]


def check_writable(data):
    """Leave in a sentence where nothing can be written below DATA_DIR."""
    there = os.path.abspath(data)
    while not os.path.exists(there):
        there = os.path.dirname(there)
    if not os.access(there, os.W_OK | os.X_OK):
        raise SystemExit(
            f"{there} cannot be written to: it may be another user's, or its disk may be mounted read-only. Put that right, or name another "
            "directory: make DATA_DIR=/a/directory/of/yours ..."
        )


def from_the_future(data, slug):
    """(time in ns, path) of the stamps and options whose time is yet to come: the clock was set back. By it make would
    take them for newer than whatever is made now, and an option that changes for one that was built with."""
    folders = [os.path.join(data, name) for name in ("venv", "microwakeword", "common", "common/*", "datasets/*")] + [
        os.path.join(data, "work", slug or "*")
    ]
    paths = [
        path
        for folder in folders
        for ending in ("stamp", "params", "lock")
        for path in glob.glob(os.path.join(folder, "*." + ending))
    ]
    now = time.time_ns()
    return sorted(timed for timed in ((os.stat(path).st_mtime_ns, path) for path in paths) if timed[0] > now + SKEW_NS)


def set_to_now(timed):
    """Give such files times up to now, in the order that theirs had."""
    times = sorted({at for at, _ in timed})
    now = time.time_ns()
    for at, path in timed:
        os.utime(path, ns=(now - (len(times) - times.index(at)) * 1000000,) * 2)


def main(argv=None):
    mode, data, slug, *make = sys.argv[1:] if argv is None else argv
    os.environ["PATH"] = os.environ.pop(
        "WAKEMAKE_PATH", os.environ["PATH"]
    )  # pyenv's python gives its children another
    locks, own = Locks(), os.path.join(os.path.realpath(data), "locks")

    def share(how, missing=()):
        for path in shared_locks(data):
            home = os.path.dirname(os.path.dirname(path))
            elsewhere = home != os.path.realpath(data) and not any(
                target.startswith(data + "/datasets/") for target in missing
            )
            locks.hold(path, fcntl.LOCK_SH if elsewhere else how, f"what all words in {home} share")

    def run(*goals):
        child = subprocess.Popen([make[0], *goals], env=locks.environment(data), close_fds=False)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: child.send_signal(number))
        status = child.wait()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if status:
            raise SystemExit(status if status > 0 else 128 - status)

    def due_of_all():
        return [target for target in due(make, data) or [] if not target.startswith(data + "/work/")]

    planned = due(make, data)
    if planned or mode == "deletes" and planned is not None:
        check_writable(data)
    if planned is None:
        pass  # make says what it refuses, and nothing is locked for it
    elif mode == "deletes":
        if slug and make[1:] == ["clean-work"]:
            locks.hold(os.path.join(own, "word-" + slug), fcntl.LOCK_EX, slug)
        else:
            share(fcntl.LOCK_EX)
    elif mode == "shares" and planned:
        share(fcntl.LOCK_EX, planned)
    elif mode == "looks" and planned:
        share(fcntl.LOCK_EX, planned)
        missing = due_of_all()
        if missing:
            run(*missing)
        locks.release()
    elif mode == "builds":
        if "verify" in make[1:]:
            locks.hold(os.path.join(own, "verify"), fcntl.LOCK_EX, os.path.join(data, "verify"))
        if slug:
            locks.hold(os.path.join(own, "word-" + slug), fcntl.LOCK_EX, slug)
        if from_the_future(data, slug):
            share(fcntl.LOCK_EX)
            timed = from_the_future(data, slug)
            set_to_now(timed)
            print(
                f"{data}: the clock was set back, so {len(timed)} stamps have times that are yet to come; they are set to now, in their order",
                file=sys.stderr,
                flush=True,
            )
        for _ in range(TURNS):
            share(fcntl.LOCK_SH)
            missing = due_of_all()
            if not missing:
                break
            share(fcntl.LOCK_EX, missing)
            missing = due_of_all()
            if missing:
                run(*missing)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # which Python ignores, and all that make starts would with it
    os.execvpe(make[0], make, locks.environment(data))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
