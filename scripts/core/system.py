"""What differs between Linux and macOS: processors, peak memory, and ending a process with its parent.

    >>> processors() >= 1
    True

Nobody has run this on macOS yet (docs/SYSTEMS.md). scripts/make/system.sh does the same for the shell.
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
LOOK_S = 1.0  # how often a worker checks that its parent lives, where the kernel does not signal it


def processors() -> int:
    """Processors this process may use: those of its affinity mask where the system has one."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpuinfo() -> str:
    """The kernel's description of the processor and its instructions; "" if there is no such file."""
    try:
        return CPUINFO.read_text()
    except OSError:
        return ""


def cpu_model() -> str:
    """The processor's name, or its architecture if the system does not give one."""
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
    """The name of GNU make: Apple's make is from 2006, and Homebrew's is called gmake."""
    return "gmake" if MACOS else "make"


def peak_memory_mb() -> int:
    """Peak memory in MiB of this process, or of a child that has ended if that is more."""
    unit = 2**20 if MACOS else 2**10  # bytes there, KiB elsewhere
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // unit


def memory_limit() -> tuple[int, int] | None:
    """(limit, used) bytes of this process's control group; None without a limit or control groups."""
    try:
        limit, used = (int(Path("/sys/fs/cgroup", name).read_text()) for name in ("memory.max", "memory.current"))
        return limit, used
    except (OSError, ValueError):
        return None


def die_with_parent() -> None:
    """Make this process end as soon as its parent has ended for whatever reason."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)
