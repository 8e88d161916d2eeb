"""Locks between makes: files in DATA_DIR/locks.

word-SLUG is held exclusively by the make that builds that word. shared is held exclusively by the make that changes the
environment, datasets or common stages, and jointly by the makes that use them. All processes started by the holder
inherit the descriptors and so keep the locks; the kernel releases them when the last of these processes has ended, also
after a kill. On a file system without locks a warning is printed, and work goes on.

This runs under any Python, before there is an environment: only the standard library, as of old versions.
"""

import errno
import fcntl
import os
import sys

HELD = "WAKEMAKE_HOLDS"  # environment variable: paths of the locks that the calling make holds, joined by ":"


def try_lock(descriptor, how, wait=False):
    """Lock an open file (`how`: LOCK_EX, exclusively, or LOCK_SH, jointly); return whether it is locked now. OSError
    where there are no locks."""
    try:
        fcntl.flock(descriptor, how if wait else how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def warn_of_no_lock(path, error):
    """Print that a file cannot be locked, and what follows from that."""
    print(
        f"warning: {path} cannot be locked ({error.strerror}), so other makes are not waited for: run one at a time with this DATA_DIR",
        file=sys.stderr,
        flush=True,
    )


class Locks:
    """The locks of this make."""

    def __init__(self):
        self.descriptors, self.warned = {}, False

    def hold(self, path, how, what):
        """Lock the file `path`, or change the way in which it is locked; `what` is locked by it, for the message."""
        if path in os.environ.get(HELD, "").split(":"):
            return
        try:
            while True:
                descriptor = self.descriptors.get(path)
                if descriptor is None:
                    descriptor = self.descriptors[path] = open_lock(path)
                if not try_lock(descriptor, how):
                    print(
                        f"{what}: another make is at work on it ({describe_holder(path)}lock {path}); waiting until it has ended",
                        file=sys.stderr,
                        flush=True,
                    )
                    try_lock(descriptor, how, wait=True)
                if is_same_file(descriptor, path):
                    return
                os.close(self.descriptors.pop(path))  # a cleaner deleted the file while this make waited
        except OSError as error:
            if not self.warned and error.errno != errno.EROFS:  # nobody can change what is on a read-only disk
                warn_of_no_lock(path, error)
            self.warned = True

    def release(self):
        """Release all locks."""
        while self.descriptors:
            os.close(self.descriptors.popitem()[1])

    def make_environment(self, data):
        """The environment variables of a make that runs under these locks."""
        held = [*os.environ.get(HELD, "").split(":"), *self.descriptors]
        return {**os.environ, HELD: ":".join(held), "WAKEMAKE_ALONE": os.path.abspath(data), "MAKELEVEL": "0"}


def open_lock(path):
    """Open a lock file; the processes that this one starts inherit it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        descriptor = os.open(path, os.O_RDONLY)  # another user's; enough to lock it
    os.set_inheritable(descriptor, True)
    return descriptor


def is_same_file(descriptor, path):
    """Whether the open file is still the one at `path`."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def describe_holder(path):
    """ "process 123, ", the oldest process that holds the lock; "" if Linux does not show it to this user."""
    try:
        lock, processes = os.stat(path), sorted(map(int, filter(str.isdigit, os.listdir("/proc"))))
    except OSError:
        return ""
    for process in processes:
        try:
            for number in os.listdir(f"/proc/{process}/fd"):
                if os.path.samestat(os.stat(f"/proc/{process}/fd/{number}"), lock):
                    with open(f"/proc/{process}/fdinfo/{number}") as info:
                        if "lock:" in info.read():
                            return f"process {process}, "
        except OSError:
            continue  # it has ended, or is another user's
    return ""


def list_shared_locks(data):
    """The locks on what words share: the one in DATA_DIR, and one beside its datasets if these are a link."""
    homes = {os.path.realpath(data), os.path.dirname(os.path.realpath(os.path.join(data, "datasets")))}
    return [os.path.join(home, "locks", "shared") for home in sorted(homes)]
