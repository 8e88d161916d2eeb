"""Locks between makes: all processes of a make hold them, the last one releases them, and a file system without locks is
survived."""

import errno
import fcntl
import os
import subprocess
import sys
import time

import pytest

from scripts.core import files, locks


@pytest.fixture
def without_locks(monkeypatch):
    """Every attempt to lock fails, as on a file system that has no locks."""

    def fail(number):
        def flock(*_):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", flock)

    return fail


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF])
def test_without_locks_one_warning_is_printed_and_work_goes_on(tmp_path, without_locks, capfd, number):
    without_locks(number)
    held = locks.Locks()
    for name in ("word-a", "shared"):
        held.hold(str(tmp_path / name), fcntl.LOCK_EX, "a")
    assert capfd.readouterr().err == (
        f"warning: {tmp_path}/word-a cannot be locked ({os.strerror(number)}), so other makes are not "
        f"waited for: run one at a time with this DATA_DIR\n"
    )


def test_a_dataset_is_made_without_locks(tmp_path, without_locks, capfd):
    without_locks(errno.ENOLCK)
    with files.building(tmp_path / "archive", "some") as needed:
        assert needed
    assert "No locks available" in capfd.readouterr().err


def free(path) -> bool:
    with open(path, "a") as handle:
        return locks.try_lock(handle.fileno(), fcntl.LOCK_EX)


def test_a_process_that_make_started_keeps_the_locks_until_it_ends(tmp_path):
    lock = str(tmp_path / "locks/shared")
    held = locks.Locks()
    held.hold(lock, fcntl.LOCK_EX, "a")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False) as stage:
        held.release()
        assert not free(lock)
        stage.kill()
        stage.wait()
        deadline = time.monotonic() + 10
        while not free(lock):
            assert time.monotonic() < deadline


def test_a_lock_can_be_held_jointly_then_exclusively_then_jointly(tmp_path):
    lock = str(tmp_path / "locks/shared")
    one, other = locks.Locks(), locks.Locks()
    one.hold(lock, fcntl.LOCK_SH, "a")
    other.hold(lock, fcntl.LOCK_SH, "a")
    one.release()
    other.hold(lock, fcntl.LOCK_EX, "a")
    assert not free(lock)
    other.hold(lock, fcntl.LOCK_SH, "a")
    one.hold(lock, fcntl.LOCK_SH, "a")


def test_a_lock_that_was_deleted_during_the_wait_is_made_again(tmp_path, monkeypatch):
    lock = tmp_path / "locks/shared"
    inner = locks.try_lock

    def cleaned(descriptor, how, wait=False):
        monkeypatch.setattr(locks, "try_lock", inner)
        lock.unlink()
        return inner(descriptor, how, wait)

    monkeypatch.setattr(locks, "try_lock", cleaned)
    held = locks.Locks()
    held.hold(str(lock), fcntl.LOCK_EX, "a")
    assert lock.exists() and not free(lock)
    held.release()


def test_a_make_does_not_wait_for_the_make_that_started_it(tmp_path, monkeypatch):
    outer = locks.Locks()
    outer.hold(str(tmp_path / "shared"), fcntl.LOCK_EX, "a")
    monkeypatch.setenv(locks.HELD, outer.make_environment(str(tmp_path))[locks.HELD])
    locks.Locks().hold(str(tmp_path / "shared"), fcntl.LOCK_EX, "a")
    outer.release()


def test_datasets_behind_a_link_are_locked_beside_the_datasets(tmp_path):
    (tmp_path / "big/datasets").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    assert locks.list_shared_locks(str(tmp_path / "data")) == [str(tmp_path / "data/locks/shared")]
    (tmp_path / "data/datasets").symlink_to(tmp_path / "big/datasets")
    assert locks.list_shared_locks(str(tmp_path / "data")) == [
        str(tmp_path / "big/locks/shared"),
        str(tmp_path / "data/locks/shared"),
    ]


def test_leftovers_of_a_kill_between_two_renames_are_removed(tmp_path):
    for name in ("samples.part", "samples.old.part"):
        (tmp_path / name).mkdir()
    with files.publishing(tmp_path / "samples", directory=True):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["samples"]
