"""An environment that wakemake did not make is left alone."""

import pytest

from scripts.environment import install


def test_a_foreign_environment_is_not_overwritten(tmp_path):
    mine = tmp_path / "venv"
    assert not install.is_foreign(str(mine), str(mine) + ".log")
    mine.mkdir()
    assert not install.is_foreign(str(mine), str(mine) + ".log")
    (mine / "pyvenv.cfg").touch()
    (tmp_path / "lock").touch()
    assert install.is_foreign(str(mine), str(mine) + ".log")
    with pytest.raises(SystemExit, match="wakemake did not make it. Move it away"):
        install.main(
            ["--lock", str(tmp_path / "lock"), "--out", str(mine), "--needs-mb", "0", "--log", str(mine) + ".log"]
        )
    assert (mine / "pyvenv.cfg").exists()
    (tmp_path / "venv.log").touch()
    assert not install.is_foreign(str(mine), str(mine) + ".log")
