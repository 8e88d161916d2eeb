"""What differs between Linux and macOS, in one place: processors, peak memory, and dying with one's parent.

    >>> processors() >= 1
    True

On macOS nobody has run this yet (docs/SYSTEMS.md). The shell's side of it is scripts/make/system.sh.
"""

import ctypes
import os
import platform
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

LINUX, MACOS = sys.platform == "linux", sys.platform == "darwin"
CPUINFO = Path("/proc/cpuinfo")
PR_SET_PDEATHSIG = 1
LOOK_S = 1.0  # how often a worker looks whether its parent still lives, where the kernel does not tell


def processors() -> int:
    """Processors this process may use: those of its affinity mask where the system has one."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpuinfo() -> str:
    """What the kernel tells of the processor, its instructions included; "" where it tells nothing in a file."""
    try:
        return CPUINFO.read_text()
    except OSError:
        return ""


def cpu_model() -> str:
    """The processor's name as the system tells it, else its architecture."""
    for line in cpuinfo().splitlines():
        if line.lower().startswith(("model name", "hardware")):
            return line.partition(":")[2].strip()
    if MACOS:
        try:
            return subprocess.run(
                ["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, check=True
            ).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            pass
    return platform.processor() or platform.machine()


def make() -> str:
    """What GNU make is called here: Apple's own is of 2006, and Homebrew's is called gmake."""
    return "gmake" if MACOS else "make"


def peak_memory_mb() -> int:
    """The most memory (MiB) that this process, or one of its children that has ended, held at once."""
    unit = 2**20 if MACOS else 2**10  # bytes there, KiB elsewhere
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // unit


def memory_limit() -> tuple[int, int] | None:
    """(limit, used) bytes of the control group this process is in; None where there is no limit, or no control
    groups."""
    try:
        limit, used = (int(Path("/sys/fs/cgroup", name).read_text()) for name in ("memory.max", "memory.current"))
        return limit, used
    except (OSError, ValueError):
        return None


def die_with_parent() -> None:
    """From now on this process ends when its parent is gone, however that came about."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)
