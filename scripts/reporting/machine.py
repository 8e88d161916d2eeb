"""Facts about this machine: processor, cores, memory, GPU, free disk.

    >>> facts()["cores"] >= 1
    True
"""
import os
import platform
import shutil
import subprocess
from pathlib import Path


def cpu_model() -> str:
    """The processor's name as the kernel tells it, else its architecture."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.lower().startswith(("model name", "hardware")):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> tuple[int, int]:
    """(total, available) bytes of memory; a container's limit counts where it is lower."""
    import psutil

    now = psutil.virtual_memory()
    total, available = now.total, now.available
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        total, available = min(total, limit), min(available, max(limit - used, 0))
    except (OSError, ValueError):
        pass  # no control group, or "max": no limit
    return total, available


def gpus() -> list[str]:
    """Names and memory of the NVIDIA GPUs the driver lists; empty without a driver."""
    if not shutil.which("nvidia-smi"):
        return []
    try:
        listed = subprocess.run(["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"],
                                capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in listed.stdout.splitlines() if line.strip()]


def free_disk(path: Path) -> int:
    """Free bytes of the file system that holds `path`, or would hold it once made."""
    path = Path(path).absolute()
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def facts() -> dict:
    """What the training summary says of the machine."""
    return {"system": platform.platform(), "cpu": cpu_model(), "cores": cores(), "memory_bytes": memory()[0], "gpus": gpus()}
