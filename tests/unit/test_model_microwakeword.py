"""What the reference trainer is given, and that an interrupted training of it continues. It is not needed here itself."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from scripts.core.files import read_json, write_json
from scripts.core.spectrogram_store import Clip, write
from scripts.model import microwakeword_run, mixednet
from scripts.model.batches import POSITIVE_STORES


def clip(frames=250):
    return Clip(np.full((frames, 40), 7, np.uint16), 120)


@pytest.fixture
def features(tmp_path):
    for store, mode in (
        ("word/positive", "training"),
        ("word/positive", "validation"),
        ("word/near", "training"),
        ("word/part", "training"),
        ("common/speech", "training"),
        ("common/speech", "validation_ambient"),
        ("common/mixed", "validation_ambient"),
        ("common/other", "training"),
        ("common/unused", "testing"),
    ):
        write(tmp_path / store / mode, "plain", [clip()])
    return tmp_path / "word", tmp_path / "common"


def test_it_is_given_the_same_stores(features, tmp_path):
    configured = microwakeword_run.configure(*features, 25_000, tmp_path / "model")
    stores = {Path(store["features_dir"]).name: store for store in configured["features"]}
    assert set(stores) == {"positive", "near", "part", "speech", "mixed", "other"}
    assert {name for name, store in stores.items() if store["truth"]} == set(POSITIVE_STORES) & set(stores)
    assert all(Path(store["features_dir"]).is_absolute() and store["type"] == "mmap" for store in stores.values())
    assert (stores["positive"]["truncation_strategy"], stores["speech"]["truncation_strategy"]) == (
        "truncate_start",
        "random",
    )
    assert (
        stores["positive"]["sampling_weight"],
        stores["speech"]["sampling_weight"],
        stores["other"]["sampling_weight"],
    ) == (2, 10, 1)


def test_it_gets_the_parameters_of_its_notebook(features, tmp_path):
    configured = microwakeword_run.configure(*features, 25_000, tmp_path / "model")
    expected = {
        "training_steps": [25_000],
        "batch_size": 128,
        "learning_rates": [0.001],
        "positive_class_weight": [1],
        "negative_class_weight": [20],
        "clip_duration_ms": 1500,
        "eval_step_interval": 500,
        "maximization_metric": "average_viable_recall",
        "minimization_metric": None,
    }
    assert {name: configured[name] for name in expected} == expected
    assert int(microwakeword_run.MIXEDNET["stride"]) == mixednet.STRIDE == 3


def test_it_finds_and_reads_the_stores(features):
    from mmap_ninja.ragged import RaggedMmap

    (store,) = (features[0] / "positive" / "training").glob("**/*_mmap/")  # as its MmapFeatureGenerator does
    assert RaggedMmap(store)[0].shape == (250, 40) and RaggedMmap(store)[0].dtype == np.uint16


def test_without_positives_nothing_is_trained(features, tmp_path):
    with pytest.raises(ValueError, match="has no store positive"):
        microwakeword_run.configure(features[1], features[1], 10, tmp_path)


def handler(frames: dict[bool, int], clips: int):
    """As the reference keeps its clips, as far as we look at them: one provider of each label."""
    providers = [
        SimpleNamespace(
            label=float(label),
            step=0.01,
            loaded_features=[[np.zeros((length, 40))] * clips],
            stats={},
            feature_sets={
                mode: [{"loaded_feature_index": 0, "subindex": i} for i in range(clips)]
                for mode in ("validation", "validation_ambient")
            },
        )
        for label, length in frames.items()
    ]
    return SimpleNamespace(
        feature_providers=providers,
        get_mode_duration=lambda mode: sum(each.stats.get(mode, {}).get("total_duration", 0) for each in providers),
    )


def test_negatives_that_fit_into_memory_are_all_used():
    untouched = handler({True: 200, False: 3000}, 10)
    assert microwakeword_run.limit_windows(untouched, most=1000) == []
    assert all(len(clips) == 10 for provider in untouched.feature_providers for clips in provider.feature_sets.values())


def test_negatives_that_do_not_fit_are_left_out_and_counted():
    cut = handler({True: 200, False: 3000}, 10)
    (message,) = microwakeword_run.limit_windows(cut, most=500)  # 10 clips of 100 windows each
    words, ambient = cut.feature_providers
    assert len(words.feature_sets["validation"]) == len(words.feature_sets["validation_ambient"]) == 10
    assert len(ambient.feature_sets["validation_ambient"]) == 5 and len(ambient.feature_sets["validation"]) == 10
    assert ambient.stats["validation_ambient"] == {"spectrogram_count": 5, "total_duration": 150.0} and "50%" in message


def test_an_interrupted_run_continues_and_another_starts_from_scratch(tmp_path):
    run = microwakeword_run.Run(tmp_path / "model", 2000, {"seed": 1})
    write_json(run.folder / "progress.json", {"identity": run.identity, "done": 500, "best": 0.5})
    assert microwakeword_run.Run(tmp_path / "model", 2000, {"seed": 1}).state == {"done": 500, "best": 0.5}
    assert microwakeword_run.Run(tmp_path / "model", 2000, {"seed": 2}).done == 0
    assert not (tmp_path / "model/checkpoint/progress.json").exists()


def test_the_best_weights_are_kept_and_the_worse_ones_not(tmp_path, monkeypatch):
    saved = []
    tensorflow = SimpleNamespace(train=SimpleNamespace(Checkpoint=lambda **_: SimpleNamespace(save=saved.append)))
    monkeypatch.setattr(microwakeword_run, "tf", tensorflow)
    run = microwakeword_run.Run(tmp_path / "model", 1200, {"seed": 1})
    for weight, score in ((1, 0.3), (2, 0.6), (3, 0.5)):
        figures = dict.fromkeys(("loss", "recall", "ambient_false_positives_per_hour", "recall_at_no_faph"), 0.0) | {
            microwakeword_run.SCORE: score
        }
        run.record(SimpleNamespace(optimizer=None, get_weights=lambda: [np.full(3, weight)]), figures)
    assert np.load(run.folder / "best.npz")["arr_0"].tolist() == [2, 2, 2]
    assert (
        read_json(run.folder / "progress.json") == {"identity": run.identity, "done": 1200, "best": 0.6}
        and len(saved) == 3
    )


def test_the_line_that_it_prints_at_every_step_is_left_out_of_the_log(monkeypatch):
    lines = []
    monkeypatch.setattr(microwakeword_run, "note", lines.append)
    print("Validation Batch #1: Accuracy = 0.5", end="\r", file=microwakeword_run.LogOnly())
    print("Model: functional", file=microwakeword_run.LogOnly())
    assert lines == ["Model: functional"]
