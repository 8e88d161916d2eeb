"""Locks on what several makes share: held by all that a make starts, lost with the last of it, and done without where
there are none."""

import errno
import fcntl
import os
import subprocess
import sys
import time

import pytest

from scripts.core import alone, files
from scripts.environment import install


@pytest.fixture
def without_locks(monkeypatch):
    """Every attempt to lock fails, as on a file system that has no locks."""

    def fail(number):
        def flock(*_):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", flock)

    return fail


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF])
def test_where_there_are_no_locks_it_is_said_once_and_work_goes_on(tmp_path, without_locks, capfd, number):
    without_locks(number)
    locks = alone.Locks()
    for name in ("word-a", "shared"):
        locks.hold(str(tmp_path / name), fcntl.LOCK_EX, "a")
    assert capfd.readouterr().err == (
        f"warning: {tmp_path}/word-a cannot be locked ({os.strerror(number)}), so another make would not be waited "
        f"for: run one at a time with this DATA_DIR\n"
    )


def test_a_dataset_is_made_where_there_are_no_locks(tmp_path, without_locks, capfd):
    without_locks(errno.ENOLCK)
    with files.building(tmp_path / "archive", "some") as needed:
        assert needed
    assert "No locks available" in capfd.readouterr().err


def free(path) -> bool:
    with open(path, "a") as handle:
        return alone.try_lock(handle.fileno(), fcntl.LOCK_EX)


def test_what_a_make_starts_keeps_its_locks_until_its_end(tmp_path):
    lock = str(tmp_path / "locks/shared")
    locks = alone.Locks()
    locks.hold(lock, fcntl.LOCK_EX, "a")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False) as stage:
        locks.release()
        assert not free(lock)
        stage.kill()
        stage.wait()
        deadline = time.monotonic() + 10
        while not free(lock):
            assert time.monotonic() < deadline


def test_a_lock_is_shared_then_held_alone_then_shared_again(tmp_path):
    lock = str(tmp_path / "locks/shared")
    one, other = alone.Locks(), alone.Locks()
    one.hold(lock, fcntl.LOCK_SH, "a")
    other.hold(lock, fcntl.LOCK_SH, "a")
    one.release()
    other.hold(lock, fcntl.LOCK_EX, "a")
    assert not free(lock)
    other.hold(lock, fcntl.LOCK_SH, "a")
    one.hold(lock, fcntl.LOCK_SH, "a")


def test_a_lock_that_was_cleaned_away_while_we_waited_is_made_anew(tmp_path, monkeypatch):
    lock = tmp_path / "locks/shared"
    inner = alone.try_lock

    def cleaned(descriptor, how, wait=False):
        monkeypatch.setattr(alone, "try_lock", inner)
        lock.unlink()
        return inner(descriptor, how, wait)

    monkeypatch.setattr(alone, "try_lock", cleaned)
    locks = alone.Locks()
    locks.hold(str(lock), fcntl.LOCK_EX, "a")
    assert lock.exists() and not free(lock)
    locks.release()


def test_what_the_make_that_started_this_one_holds_is_not_waited_for(tmp_path, monkeypatch):
    outer = alone.Locks()
    outer.hold(str(tmp_path / "shared"), fcntl.LOCK_EX, "a")
    monkeypatch.setenv(alone.HELD, outer.environment(str(tmp_path))[alone.HELD])
    alone.Locks().hold(str(tmp_path / "shared"), fcntl.LOCK_EX, "a")
    outer.release()


def test_datasets_behind_a_link_are_locked_where_they_are(tmp_path):
    (tmp_path / "big/datasets").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    assert alone.shared_locks(str(tmp_path / "data")) == [str(tmp_path / "data/locks/shared")]
    (tmp_path / "data/datasets").symlink_to(tmp_path / "big/datasets")
    assert alone.shared_locks(str(tmp_path / "data")) == [
        str(tmp_path / "big/locks/shared"),
        str(tmp_path / "data/locks/shared"),
    ]


def test_a_directory_that_cannot_be_written_to_is_named_with_the_way_out(tmp_path, monkeypatch):
    alone.check_writable(str(tmp_path / "new/data"))
    monkeypatch.setattr(
        os, "access", lambda path, mode: path != str(tmp_path)
    )  # root may write anywhere but on such a disk
    with pytest.raises(SystemExit, match=f"{tmp_path} cannot be written to: .* read-only. .*make DATA_DIR="):
        alone.check_writable(str(tmp_path / "new/data"))


def test_what_a_kill_between_two_renames_left_is_cleared(tmp_path):
    for name in ("samples.part", "samples.old.part"):
        (tmp_path / name).mkdir()
    with files.publishing(tmp_path / "samples", directory=True):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["samples"]


def test_somebody_elses_environment_is_not_overwritten(tmp_path):
    mine = tmp_path / "venv"
    assert not install.foreign(str(mine), str(mine) + ".log")
    mine.mkdir()
    assert not install.foreign(str(mine), str(mine) + ".log")
    (mine / "pyvenv.cfg").touch()
    (tmp_path / "lock").touch()
    assert install.foreign(str(mine), str(mine) + ".log")
    with pytest.raises(SystemExit, match="wakemake did not make it. Move it away"):
        install.main(
            ["--lock", str(tmp_path / "lock"), "--out", str(mine), "--needs-mb", "0", "--log", str(mine) + ".log"]
        )
    assert (mine / "pyvenv.cfg").exists()
    (tmp_path / "venv.log").touch()
    assert not install.foreign(str(mine), str(mine) + ".log")
