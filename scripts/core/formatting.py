"""Sizes, times and figures as text for people; None becomes "not measured".

>>> size(1_500_000), duration(3725), percent(0.9412)
('1.5 MB', '1 h 02 min', '94.1 %')
"""

from collections.abc import Sequence

NOT_MEASURED = "not measured"


def size(count: float | None) -> str:
    """A number of bytes, in decimal units as disks are sold."""
    if count is None:
        return NOT_MEASURED
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{int(count)} bytes"


def duration(seconds: float | None) -> str:
    """Seconds as 12 s, 3 min 05 s or 1 h 02 min."""
    if seconds is None:
        return NOT_MEASURED
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def percent(share: float | None) -> str:
    """A share from 0 to 1 as a percentage with one decimal."""
    return NOT_MEASURED if share is None else f"{100 * share:.1f} %"


def number(value: float | None, decimals: int = 2) -> str:
    """A plain number."""
    return NOT_MEASURED if value is None else f"{value:.{decimals}f}"


def without_tflm(device: dict) -> str:
    """A sentence if TensorFlow Lite Micro was not run for this device.json; otherwise ""."""
    if "TFLM" in device.get("runtimes", ["TFLM"]):  # earlier versions, which do not list runtimes, always ran TFLM
        return ""
    return (
        "TensorFlow Lite Micro, the device's own runtime, was not run: it has no package for the machine that made this. The model was "
        "checked on paper and run under LiteRT, and the memory it declares is an upper bound."
    )


def table(rows: Sequence[Sequence[object]], indent: str = "  ") -> str:
    """Rows of cells as lines with aligned columns; the last column may have any length.

    >>> print(table([("joe", "12 MB"), ("hibari", "3 MB")]))
      joe     12 MB
      hibari  3 MB
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths: dict[int, int] = {}
    for row in cells:
        for column, cell in enumerate(row[:-1]):
            widths[column] = max(widths.get(column, 0), len(cell))
    return "\n".join(
        (indent + "  ".join([cell.ljust(widths[column]) for column, cell in enumerate(row[:-1])] + row[-1:])).rstrip()
        for row in cells
    )
