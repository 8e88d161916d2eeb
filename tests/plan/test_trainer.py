"""TRAINER=microwakeword: its source and environment are made for who asks, and only the training is another one."""

import pytest

REFERENCE = "TRAINER=microwakeword"


def starts(build) -> list[str]:
    return [line.removeprefix("start ") for line in build.log() if not line.startswith("end ")]


def test_the_default_trainer_needs_neither_source_nor_environment(with_environment):
    with_environment.built("train")
    assert not any("microwakeword" in line or "reference" in line for line in starts(with_environment))
    assert not (with_environment.root / "data/microwakeword").exists()


def test_the_source_comes_before_the_environment_and_both_before_the_training(with_environment):
    build = with_environment
    build.built("train", REFERENCE)
    done = [line.split()[0] if not line.startswith("install") else line for line in starts(build)]
    order = [
        "scripts.model.microwakeword_source",
        "install requirements-microwakeword.lock",
        "scripts.model.microwakeword",
        "scripts.model.microwakeword",
        "scripts.model.export",
        "scripts.evaluation.evaluate",
        "scripts.publish.publish",
    ]
    assert [line for line in done if line in order] == order and "scripts.model.train" not in done
    assert (build.root / "data/microwakeword/venv/installed.lock").read_text() == (
        build.root / "requirements-microwakeword.lock"
    ).read_text()
    assert build.make("-q", "train", REFERENCE).returncode == 0


def test_where_the_source_cannot_be_had_nothing_large_was_fetched(with_environment):
    build = with_environment
    assert build.make("train", REFERENCE, FAKE_FAIL="scripts.model.microwakeword_source").returncode == 2
    assert "install requirements-microwakeword.lock" not in build.log()
    assert not (build.root / "data/microwakeword/source.stamp").exists()


def test_another_trainer_redoes_training_alone_and_back(with_environment):
    build = with_environment
    build.built("train")
    later = {"word/model", "word/export", "word/evaluation", "word/examples", "word/published"}
    assert build.plan("train", REFERENCE) == later | {"microwakeword/source", "microwakeword/checked"}
    build.built("train", REFERENCE)
    assert build.plan("train", REFERENCE) == set() and build.plan("train") == later


def test_where_the_source_comes_from_changes_nothing_and_another_commit_the_training(with_environment):
    build = with_environment
    build.built("train", REFERENCE)
    assert build.plan("train", REFERENCE, "TRAINER_SOURCE=/elsewhere/clone") == set()
    build.replace("scripts/model/microwakeword.mk", "COMMIT := 7", "COMMIT := 8")
    assert {"microwakeword/source", "word/model"} <= build.plan("train", REFERENCE)
    assert build.plan("train", REFERENCE) & {"word/samples", "word/features", "common/features"} == set()


@pytest.mark.parametrize(
    "gpu, lock", [("on", "requirements-microwakeword-gpu.lock"), ("off", "requirements-microwakeword.lock")]
)
def test_which_packages(with_environment, gpu, lock):
    with_environment.built("train", REFERENCE, f"GPU={gpu}")
    assert f"install {lock}" in starts(with_environment)
    assert with_environment.make("-q", "train", REFERENCE, f"GPU={gpu}").returncode == 0


def test_the_commands_say_trainer_commit_and_source(with_environment):
    planned = with_environment.built("-n", "train", REFERENCE, "TRAINER_SOURCE=/its place/clone")
    assert "--origin '/its place/clone' --tree 6b7bc688" in planned
    (published,) = [line for line in planned.splitlines() if "--option" in line]
    assert (
        "'TRAINER=microwakeword'" in published
        and "'MICROWAKEWORD_COMMIT=71677bd" in published
        and "its place" not in published
    )


def test_the_environment_is_cleaned_with_the_other(with_environment):
    build = with_environment
    build.built("train", REFERENCE)
    build.built("clean-venv", word=None)
    assert not (build.root / "data/microwakeword").exists()
