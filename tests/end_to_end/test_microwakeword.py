"""TRAINER=microwakeword from its source to a published model, where that source is at hand:

    MICROWAKEWORD_SOURCE=/path/to/clone-or-zip make test

It goes on from the samples and features of test_train.py, makes the reference trainer's environment, and trains just
enough to show that all of it works. Remove DATA_DIR/test-microwakeword to see it all again.
"""

import os
import shutil

import pytest
from test_train import SLUG, WORD, command, data, make, published  # noqa: F401 (fixtures)

from scripts.core.files import read_json, sha256

SOURCE = os.environ.get("MICROWAKEWORD_SOURCE")
STEPS = 500
pytestmark = pytest.mark.skipif(
    not SOURCE, reason="MICROWAKEWORD_SOURCE does not name a clone or zip of the reference trainer"
)


def link_large(source: str, target: str) -> None:
    """Large files are replaced, never written to, and may be shared; options and stamps are written in place."""
    (os.link if os.path.getsize(source) > 100_000 else shutil.copy2)(source, target)


@pytest.fixture(scope="module")
def reference(published, command, data):  # noqa: F811
    """The published directory of the reference trainer, beside that of ours, and what make said."""
    own = data.with_name("test-microwakeword")
    if not own.exists():
        shutil.copytree(data, own, copy_function=link_large, symlinks=True, ignore=shutil.ignore_patterns("output"))
    asked = [word for word in command if not word.startswith(("DATA_DIR=", "TRAINING_STEPS="))]
    ran = make(
        *asked, f"DATA_DIR={own}", f"TRAINING_STEPS={STEPS}", "TRAINER=microwakeword", f"TRAINER_SOURCE={SOURCE}"
    )
    assert ran.returncode == 0, ran.stdout[-6000:]
    return (own / "output" / SLUG).resolve(strict=True), ran.stdout


def test_it_went_through_the_same_gate_and_was_published_the_same_way(reference, published):  # noqa: F811
    theirs, _ = reference
    assert {path.name for path in published.iterdir()} <= {path.name for path in theirs.iterdir()}
    manifest, measured = read_json(theirs / f"{SLUG}.json"), read_json(theirs / "device.json")
    assert (
        measured["reasons"] == []
        and measured["sha256"] == sha256(theirs / f"{SLUG}.tflite")
        and measured["stride"] == 3
    )
    assert manifest["micro"].keys() == read_json(published / f"{SLUG}.json")["micro"].keys()


def test_the_manifest_names_the_trainer(reference):
    build = read_json(reference[0] / "build.json")
    assert build["options"]["TRAINER"] == build["trainer"]["name"] == "microwakeword"
    assert (
        build["options"]["MICROWAKEWORD_COMMIT"]
        == build["trainer"]["commit"]
        == "71677bd1b29f4aa9cb8b608efa66d4d0e3c26b29"
    )
    assert build["trainer"]["tensorflow"].startswith("2.20") and build["trainer"]["parameters"]["training_steps"] == [
        STEPS
    ]


def test_nothing_but_the_training_was_done_again(reference):
    _, said = reference
    assert "train" in said and not any(f"{SLUG}: {stage}" in said for stage in ("samples", "features"))
