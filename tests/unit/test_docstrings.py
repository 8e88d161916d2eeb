"""Every example in a docstring that can be typed gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

import scripts

MODULES = [module.name for module in pkgutil.walk_packages(scripts.__path__, "scripts.") if not module.ispkg]
NOT_YET = ()  # modules whose examples are not true yet


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    if name in NOT_YET:
        pytest.skip("its examples are not true yet")
    pytest.importorskip("torch") if name.endswith(("libritts", "install_torch")) else None
    pytest.importorskip("microwakeword") if name.endswith("microwakeword_training") else None
    results = doctest.testmod(importlib.import_module(name), verbose=False)
    assert results.failed == 0
