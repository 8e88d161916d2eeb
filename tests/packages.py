"""Marks for tests of packages that some platforms have none of (docs/SYSTEMS.md); elsewhere they run always."""

import importlib.util

import pytest

from scripts.model.runtimes import has_tflm, tflm_is_expected

needs_tflm = pytest.mark.skipif(
    not (has_tflm() or tflm_is_expected()), reason="TFLM has no package for this kind of machine"
)
needs_miniaudio = pytest.mark.skipif(
    not importlib.util.find_spec("miniaudio"), reason="miniaudio has no package for this kind of machine"
)
