"""The stage evaluate, from stores to metrics.json, with the official model alexa and a synthesised word."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.core import spectrogram_store
from scripts.core.files import read_json, write_json, write_jsonl
from scripts.core.frontend import end_frame
from scripts.core.spectrogram import compute_spectrogram
from scripts.evaluation import evaluate
from scripts.evaluation.evaluation_sets import SPLITS, find_spans
from scripts.evaluation.metrics import read_talk_hours
from scripts.evaluation.metrics_text import format_recordings

pymicro_wakeword = pytest.importorskip("pymicro_wakeword")
ALEXA = Path(pymicro_wakeword.__file__).parent / "models" / "alexa.tflite"
VOICES = ("en-us", "en-us+m3", "en-us+f2")


@pytest.fixture(scope="module")
def work(tmp_path_factory, espeak_says):
    """A word's work folder: for each split 9 positives, 3 confusable phrases and a minute of speech in the common stores;
    of a held-out voice 6 clips with the word and 3 without."""
    root, rows = tmp_path_factory.mktemp("work"), []
    features, common = root / "word" / "features", root / "common" / "features"
    random = np.random.default_rng(0)
    others = {
        voice: espeak_says("a lecture about lexicons and axes, read out slowly to nobody", voice) for voice in VOICES
    }
    for split in SPLITS:
        positives, confusable = [], []
        for number in range(9):
            word, lead = espeak_says("alexa", VOICES[number % 3]), int(random.uniform(0, 16_000))
            sound = np.concatenate([np.zeros(lead, np.float32), word]) + 1e-4 * random.standard_normal(
                lead + len(word), np.float32
            )
            positives.append(
                spectrogram_store.Clip(compute_spectrogram(sound), end_frame(len(sound)), len(rows), "samples")
            )
            rows.append({"kind": "positive", "voice": VOICES[number % 3], "start_s": 0.0, "end_s": len(word) / 16_000})
        for voice in VOICES:
            confusable.append(
                spectrogram_store.Clip(compute_spectrogram(espeak_says("a lecture", voice)), -1, len(rows), "samples")
            )
            rows.append({"kind": "near", "voice": voice, "start_s": 0.0, "end_s": 0.5})
        spectrogram_store.write(features / "positive" / split, "positive", positives)
        spectrogram_store.write(features / "near" / split, "near", confusable)
        ambient = compute_spectrogram(np.concatenate([others[voice] for voice in VOICES] * 4))
        spectrogram_store.write(common / "speech" / f"{split}_ambient", "speech", [spectrogram_store.Clip(ambient)])
        spectrogram_store.write(common / "mixed" / f"{split}_ambient", "mixed", [spectrogram_store.Clip(ambient[:900])])
    spectrogram_store.write(
        features / "positive" / spectrogram_store.HELDOUT,
        "positive",
        [*positives[:6], *(clip._replace(row=-1) for clip in confusable)],
    )
    write_jsonl(root / "word" / "samples" / "index.jsonl", rows)
    write_json(
        common / "report.json",
        {
            "recordings": {
                split: {"speech": {"hours": 1.25}, "short": {"hours": 0.5}, "music": {"hours": 9}} for split in SPLITS
            }
        },
    )
    return root


def run(work, out, more=()):
    evaluate.main(
        [
            "--model",
            str(ALEXA),
            "--features",
            str(work / "word" / "features"),
            "--samples",
            str(work / "word" / "samples"),
            "--common",
            str(work / "common" / "features"),
            "--out",
            str(out),
            "--jobs",
            "1",
            *more,
        ]
    )


def test_metrics_clips_and_probabilities_are_written_and_printed(work, capsys):
    out = work / "word" / "evaluation"
    run(work, out)
    metrics = read_json(out / "metrics.json")
    assert metrics["plateau"][0] <= metrics["probability_cutoff"] <= metrics["plateau"][1]
    generous = metrics["generous"]
    assert generous["probability_cutoff"] <= metrics["probability_cutoff"]
    assert generous["recall"] >= metrics["testing"]["recall"] and generous["hours"] == metrics["testing"]["hours"]
    feasible = [row for row in metrics["validation"]["curve"] if row["fa_per_hour"] <= 10]
    best = max(feasible, key=lambda row: (row["recall"], row["cutoff"]))["cutoff"]
    assert generous["probability_cutoff"] == min(best, metrics["probability_cutoff"])
    assert 5 <= metrics["sliding_window_size"] <= 10
    for split in SPLITS:
        figures = metrics[split]
        assert figures["recall"] == 1.0 and figures["n_positive"] == 9 and figures["false_accepts"] == 0
        chosen = next(point for point in figures["curve"] if point["cutoff"] == metrics["probability_cutoff"])
        assert figures["near_accept_rate"] == chosen["near_accept_rate"] and figures["n_near"] == 3
        assert figures["recall_interval"] == [0.700855, 1.0]
        cutoffs = [point["cutoff"] for point in figures["curve"]]
        assert cutoffs == sorted(cutoffs, reverse=True) and {"cutoff", "recall", "false_accepts", "fa_per_hour"} <= set(
            figures["curve"][0]
        )
    assert metrics["strangers"] == {"recall": 0.666667, "recall_interval": [0.354202, 0.879416], "n_positive": 9}, (
        "six digits, because a page rounds again"
    )
    testing = metrics["testing"]
    assert testing["by_voice"] == {voice: {"heard": 3, "n": 3, "share": 1.0} for voice in sorted(VOICES)}
    assert testing["by_kind"]["positive"] == {"heard": 9, "n": 9, "share": 1.0}
    assert testing["by_kind"]["near"]["n"] == 3 and testing["by_kind"]["near"]["share"] == testing["near_accept_rate"]
    assert testing["by_ambient"]["mixed"]["hours"] == round(300 * 0.03 / 3600, 3)
    assert testing["hours"] == pytest.approx(
        sum(ambient["hours"] for ambient in testing["by_ambient"].values()), abs=2e-3
    )

    arrays = np.load(out / "probabilities.npz")
    assert arrays["testing_positive"].dtype == np.uint8 and len(arrays["testing_positive_offsets"]) == 10
    assert arrays["testing_speech_offsets"].tolist() == [0, len(arrays["testing_speech"])]
    assert json.loads((work / "word" / "times.jsonl").read_text().splitlines()[-1])["stage"] == "evaluate"
    printed = capsys.readouterr().out
    assert "recall 100.0% of 9" in printed and "chosen" in printed and "held-out: recall 66.7% of 9" in printed
    assert (
        testing["talk_hours"] == 1.75
        and "Recordings of talk: validation 1.75 h, testing 1.75 h. Each recording is tested three times" in printed
    )
    assert testing["false_accept_recordings"] == 0 and testing["fa_per_hour_interval"][1] == pytest.approx(
        3.689 / testing["hours"], rel=0.05
    )
    assert all(
        point["fa_per_hour_interval"][0] <= point["fa_per_hour"] <= point["fa_per_hour_interval"][1]
        for point in testing["curve"]
    )


def test_the_home_has_a_curve_of_its_own_and_is_part_of_validation(work, espeak_says, tmp_path):
    run(work, tmp_path / "without")
    sound = compute_spectrogram(np.concatenate([np.pad(espeak_says("alexa", voice), 24_000) for voice in VOICES]))
    store = tmp_path / "recordings" / spectrogram_store.HOME / "validation_ambient"
    spectrogram_store.write(store, "home", [spectrogram_store.Clip(sound)])
    run(work, tmp_path / "with", ["--negatives", str(tmp_path / "recordings")])
    before, now = (read_json(tmp_path / name / "metrics.json") for name in ("without", "with"))
    assert "home" not in before and now["home"]["hours"] == pytest.approx(len(sound) / 360_000, abs=1e-3)
    assert now["validation"]["hours"] == pytest.approx(before["validation"]["hours"] + now["home"]["hours"], abs=2e-3)
    assert (
        len(now["home"]["curve"]) == len(now["validation"]["curve"]) and now["home"]["curve"][-1]["false_accepts"] > 1
    )
    assert now["probability_cutoff"] > before["probability_cutoff"], "the word in the home's sound raises the cutoff"
    assert now["testing"]["hours"] == before["testing"]["hours"]


def test_hours_of_talk_are_unknown_where_the_report_does_not_say(tmp_path):
    assert read_talk_hours(tmp_path, "testing") is None
    write_json(tmp_path / "report.json", {"recordings": {"testing": {"music": {"hours": 1}}}})
    assert read_talk_hours(tmp_path, "testing") is None


def test_a_second_evaluation_gives_the_same_bytes(work):
    first, second = work / "word" / "first", work / "word" / "second"
    run(work, first), run(work, second)
    for name in ("metrics.json", "clips.jsonl", "probabilities.npz"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_the_span_of_a_word_follows_from_the_index():
    class FakeStore:
        end_frame, row, lengths = np.array([150, 150, -1, 20]), np.array([0, -1, 0, 0]), np.array([200, 200, 80, 60])

    spans = find_spans([FakeStore], [{"start_s": 0.1, "end_s": 0.6}])
    assert spans.tolist() == [[97, 250], [0, 250], [0, 180], [0, 120]]


@pytest.mark.parametrize(
    "missing, message",
    [
        ("word/features/positive/testing", "no clips of the word.*make features"),
        ("common/features", "no ambient sound for validation.*make features"),
        ("word/samples/index.jsonl", "no .*index.jsonl.*make samples"),
    ],
)
def test_a_missing_set_is_named_and_nothing_is_published(missing, message, work):
    out, hidden = work / "word" / "refused", work / "hidden"
    (work / missing).rename(hidden)
    try:
        with pytest.raises(SystemExit, match=message):
            run(work, out)
    finally:
        hidden.rename(work / missing)
    assert not out.exists() and not list(out.parent.glob("*.part"))


def test_a_missing_model_is_named(tmp_path):
    options = ["--model", str(tmp_path / "m.tflite"), "--features", "a", "--samples", "b", "--common", "c"]
    with pytest.raises(SystemExit, match="There is no model"):
        evaluate.main([*options, "--out", str(tmp_path / "out")])


@pytest.mark.parametrize(
    "events, recordings, text", [(1, 1, ""), (3, 1, ", from 1 recording"), (3, 2, ", from 2 recordings")]
)
def test_the_number_of_recordings_is_printed_with_several_false_accepts(events, recordings, text):
    assert format_recordings({"false_accepts": events, "false_accept_recordings": recordings}) == text
