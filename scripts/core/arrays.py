"""Arrays in .npz files."""

from pathlib import Path

import numpy as np

from scripts.core.damaged import expect_fields, reading


def read_npz(path: Path, *expected: str) -> dict[str, np.ndarray]:
    """All arrays of an .npz file, checked by its checksums. DamagedError if one cannot be read or an `expected` one is
    missing."""
    with reading(path):
        with Path(path).open("rb") as source:
            stored = np.load(source, allow_pickle=False)
            if not hasattr(stored, "files"):
                raise ValueError("it is no .npz file")
            arrays = {name: stored[name] for name in stored.files}
        expect_fields(expected, arrays)
        return arrays
