"""The cleaners delete what wakemake made, and nothing else, wherever DATA_DIR is."""

import os
from pathlib import Path

import pytest

CLEANERS = ("clean-work", "clean-archives", "clean-intermediate", "clean-datasets", "clean-venv", "distclean")
FOREIGN = (
    "work/letters/draft.txt",
    "work/hey/samples/take.wav",
    "work/hey/sample.wav",
    "datasets/mine/raw/data.csv",
    "datasets/mine/archive/data.zip",
    "datasets/mine/16k/a.wav",
    "common/samples/a",
    "common/en/features/a",
    "verify/notes.txt",
    "venv/pyvenv.cfg",
    "venv/bin/python",
    "compiled/program.o",
    "microwakeword/source/a.py",
    "microwakeword/venv/pyvenv.cfg",
    "locks/door.txt",
    "work/loose.txt",
    "datasets/loose.csv",
)


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
    }


def make_foreign(folder: Path) -> None:
    for name in FOREIGN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("not wakemake's")


@pytest.mark.parametrize("cleaner", CLEANERS)
def test_cleaning_a_home_directory_keeps_foreign_files(fresh, cleaner):
    home = fresh.root / "home"
    make_foreign(home)
    ran = fresh.make(cleaner, f"DATA_DIR={home}", word=None)
    assert ran.returncode == 0, ran.stderr
    assert files(home) - {"locks/shared"} == set(FOREIGN)
    assert "Left, since wakemake did not make it" in ran.stderr


def test_beside_foreign_things_all_of_wakemakes_goes(trained):
    data = trained.root / "data"
    output = {name for name in files(data) if name.startswith("output/")}
    make_foreign(data)
    said = trained.make("distclean", word=None)
    assert files(data) == output | set(FOREIGN) - {"common/samples/a"}, (
        said.stderr
    )  # which lay in a stage of wakemake's
    assert "data/datasets/mine" in said.stderr and "data/work/letters" in said.stderr
    assert not (data / "datasets/voice_joe").exists() and not (data / "work/hey_buster").exists()


def test_a_note_in_a_words_directory_stays_and_is_named(trained):
    note = trained.root / "data/work/hey_buster/notes.txt"
    note.write_text("mine")
    assert "data/work/hey_buster/notes.txt" in trained.make("clean-work", word=None).stderr
    assert [path.name for path in note.parent.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    "name, goals",
    [
        ("work", ["clean-work"]),
        ("work/hey_buster", ["clean-work"]),
        ("datasets", ["clean-datasets"]),
        ("datasets/voice_joe", ["clean-datasets"]),
        ("datasets", ["clean-archives"]),
        ("datasets/voice_joe/archive", ["clean-archives"]),
        ("common", ["clean-work"]),
    ],
)
def test_the_target_of_a_link_stays(trained, name, goals):
    path, elsewhere = trained.root / "data" / name, trained.root / "elsewhere"
    os.rename(path, elsewhere)
    path.symlink_to(elsewhere)
    before = files(elsewhere)
    said = trained.make(*goals, word=None)
    assert files(elsewhere) - {"locks/shared"} == before and path.is_symlink()
    assert f"data/{name}, a link to {elsewhere}" in said.stderr


def test_leftovers_of_a_killed_stage_are_deleted(trained):
    data = trained.root / "data"
    left = [
        "work/hey_buster/samples.part/a.wav",
        "work/hey_buster/features.old.part/a",
        "datasets/music_hold/archive.fetching/a.partial",
        "datasets/music_hold/16k.converting/a",
        "common/features.part/a",
        "compiled/a/b.1.nbi",
        "verify/work/x/samples/a",
    ]
    for name in left:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).touch()
    (data / "verify/datasets").symlink_to("../datasets")
    trained.built("clean-work", "clean-datasets", "clean-venv", word=None)
    assert sorted(path.name for path in data.iterdir()) == ["locks", "output"]


def test_a_word_with_only_a_sample_can_be_cleaned(trained):
    trained.built("sample", word="computer")
    trained.built("clean-work", word="computer")
    assert not (trained.root / "data/work/computer").exists() and (trained.root / "data/work/hey_buster").exists()


def test_a_foreign_directory_verify_is_left_and_named(trained):
    (trained.root / "data/verify").mkdir()
    (trained.root / "data/verify/notes.txt").touch()
    assert "data/verify" in trained.refused("verify")
    assert (trained.root / "data/verify/notes.txt").exists()
