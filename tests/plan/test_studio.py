"""The studio reads make's own plan: its stages, its settings, and what it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.studio.builds import PRESETS, Builds
from scripts.studio.estimates import DOWNLOAD, find_progress

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def builds(fresh, tmp_path, monkeypatch):
    """The queue of a build of stand-ins."""
    asked = fresh.process(word=None)
    monkeypatch.chdir(fresh.root)
    for name, value in asked["env"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MAKEFLAGS", raising=False)
    return Builds(tmp_path / "studio", asked["args"])


def test_the_stages_of_a_word_are_read_off_the_plan(builds, fresh):
    build = builds.plan("hey buster.", "en", "default")
    assert build.slug == "hey_buster" and build.settings["SAMPLES"] == "2000"
    stages = ["samples", "features", "train", "export", "evaluate", "examples", "publish"]
    assert [each for each in build.headlines if each.startswith("hey_buster: ")] == [
        f"hey_buster: {each}" for each in stages
    ]
    common = [each for each in build.headlines if each.startswith("common: ")]
    assert sorted(common) == [f"common: {each}" for each in ("embeddings", "features", "pretraining", "samples")]
    assert any(map(DOWNLOAD.search, build.headlines)), "datasets and their sizes"
    fresh.built("train")
    assert builds.plan("hey buster.", "en", "default").headlines == []


def test_a_stage_prints_what_the_plan_calls_it(tmp_path):
    command = [
        sys.executable,
        "-m",
        "scripts.core.run_stage",
        "--title",
        "hey_buster: samples",
        "--log",
        str(tmp_path / "log"),
    ]
    ran = subprocess.run([*command, "-m", "platform"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    about = find_progress(ran.stdout.splitlines(), ["hey_buster: samples", "hey_buster: train"], {}, 1.0)
    assert (about["stage"], about["number"], about["of"]) == ("hey_buster: samples", 1, 2)


@pytest.mark.parametrize("preset", PRESETS)
def test_make_knows_the_settings_of_a_quality(builds, preset):
    assert builds.plan("hey buster.", "de", preset).settings.items() >= PRESETS[preset].items()


def test_what_make_refuses_is_said_in_its_words(builds):
    with pytest.raises(ValueError, match="has no letter a-z and no digit"):
        builds.plan("你好", "en", "default")
