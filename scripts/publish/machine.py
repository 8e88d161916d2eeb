"""Facts about this machine: processor, cores, memory, GPU, free disk.

>>> describe()["cores"] >= 1
True
"""

import platform
import shutil
import subprocess
from pathlib import Path

import psutil

from scripts.core import system


def measure_memory() -> tuple[int, int]:
    """(total, available) bytes of memory; a lower limit of the container counts instead."""
    now = psutil.virtual_memory()
    total, available = now.total, now.available
    if limit := system.memory_limit():
        allowed, used = limit
        total, available = min(total, allowed), min(available, max(allowed - used, 0))
    return total, available


def list_gpus() -> list[str]:
    """Names and memory of the NVIDIA GPUs the driver lists; empty without a driver."""
    if not shutil.which("nvidia-smi"):
        return []
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in listed.stdout.splitlines() if line.strip()]


def measure_free_disk(path: Path) -> int:
    """Free bytes of the file system that holds `path`, or would hold it once made."""
    path = Path(path).absolute()
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def describe() -> dict:
    """The facts that build.json keeps."""
    return {
        "system": platform.platform(),
        "cpu": system.cpu_model(),
        "cores": system.processors(),
        "memory_bytes": measure_memory()[0],
        "gpus": list_gpus(),
    }
