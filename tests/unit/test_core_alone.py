"""A directory that make cannot write to is refused before work begins; tests/plan/test_alone.py runs makes at once."""

import os

import pytest

from scripts.core import alone


def test_a_directory_that_cannot_be_written_to_is_refused_with_a_remedy(tmp_path, monkeypatch):
    alone.check_writable(str(tmp_path / "new/data"))
    # Root may write anywhere except on a read-only disk.
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(tmp_path))
    with pytest.raises(SystemExit, match=f"{tmp_path} cannot be written to: .* read-only. .*make DATA_DIR="):
        alone.check_writable(str(tmp_path / "new/data"))
