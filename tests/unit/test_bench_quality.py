"""The quality benchmark finds words, links what was held out, and sums figures up honestly."""

import json

import pytest

from scripts.bench import quality


def row(word, seed, snr_db, recall, fa_per_hour=0.5):
    return {
        "word": word,
        "seed": seed,
        "snr_db": snr_db,
        "n_positive": 200,
        "n_sounds": 150,
        "n_effective": 200,
        "hours": 2.0,
        "at_fa_per_hour": {rate: {"recall": recall, "recall_once": recall - 0.1} for rate in quality.SHOWN},
        "at_cutoff": {"recall": recall, "recall_once": recall - 0.2, "fa_per_hour": fa_per_hour},
    }


def test_a_folder_is_named_after_its_phrase_or_says_it(tmp_path):
    for name in ("view_glass", "hey"):
        (tmp_path / name).mkdir()
    (tmp_path / "hey/word.txt").write_text("hey, buster.\n")
    assert [quality.word_of(tmp_path / name) for name in ("view_glass", "hey")] == ["view glass", "hey, buster."]


def test_only_what_was_held_out_is_linked(tmp_path):
    folder = tmp_path / "talk/16k"
    files = [
        {"path": f"{split}/x/{kind}.wav", "split": split, "kind": kind}
        for split in ("training", "testing")
        for kind in ("speech", "music")
    ]
    for entry in files:
        (folder / entry["path"]).parent.mkdir(parents=True, exist_ok=True)
        (folder / entry["path"]).write_text(entry["path"])
    (folder / "index.json").write_text(json.dumps({"files": files}))
    for _ in range(2):
        linked = quality.held_out(tmp_path, ("speech", "short"), tmp_path / "linked")
    assert [path.read_text() for path in linked.iterdir()] == ["testing/x/speech.wav"]


def test_the_table_gives_the_mean_over_seeds_and_their_spread():
    rows = [
        row("a", 1, None, 0.9),
        row("a", 2, None, 1.0),
        row("a", 1, 10.0, 0.8),
        row("a", 2, 10.0, 0.8),
        row("b", 1, None, 0.5),
    ]
    rows[0]["at_fa_per_hour"]["0.1"] = None  # no cutoff keeps to it: nobody is heard
    said = quality.table(rows)
    first = next(line for line in said.splitlines() if line.startswith("| a | none | 2 | 200 | 2.00 |"))
    assert (
        "**95.0%** (91.0% to 97.3%; seeds 90.0% to 100.0%)" in first
        and "**50.0%** (43.1% to 56.9%; seeds 0.0% to 100.0%)" in first
    )
    assert first.endswith("| 85.0%, 75.0% of 150 |")
    assert "with each sound counted once 62.5% and 52.5%." in said
    assert "no noise added: at 0.5 per hour **72.5%**, at the build's own cutoff **72.5%** with 0.50 false" in said
    assert "noise at 10 dB: at 0.5 per hour **80.0%**, at the build's own cutoff **80.0%** with" in said


def test_each_model_is_told_by_itself():
    said = quality.models(
        [
            row("a", 1, None, 0.9),
            row("a", 1, 10.0, 0.8, fa_per_hour=0.25),
            row("a", 2, None, 1.0),
            row("a", 2, 10.0, 0.7),
        ]
    )
    assert said.splitlines()[0].startswith("| no noise / 10 dB |") and len(said.splitlines()) == 4
    assert "| a, seed 1 | 90.0% / 80.0% | 80.0% / 70.0% | 90.0% / 80.0% | 0.50 / 0.25 | 70.0% / 60.0% |" in said


def test_no_recordings_is_said_with_what_to_type(tmp_path):
    with pytest.raises(SystemExit, match="make bench-quality RECORDINGS="):
        quality.main(["--data", str(tmp_path), "--recordings", str(tmp_path / "nowhere")])
