"""Models run over stores: outputs do not depend on the clip before, on chunks or on processes."""

from pathlib import Path

import numpy as np
import pytest

from scripts.core import spectrogram_store
from scripts.evaluation import inference
from scripts.model.synthetic_speech import synthesise_speech

pymicro_wakeword = pytest.importorskip("pymicro_wakeword")
MODELS = Path(pymicro_wakeword.__file__).parent / "models"
LIVELY = MODELS / "hey_mycroft.tflite"  # the synthetic speech moves it from 0 to 128


@pytest.fixture(scope="module")
def speech():
    return synthesise_speech()


@pytest.mark.parametrize("model", sorted(MODELS.glob("*.tflite")), ids=lambda path: path.stem)
def test_outputs_do_not_depend_on_the_clip_before(model, speech):
    streaming_model = inference.StreamingModel(model)
    first = streaming_model.score_clip(speech)
    streaming_model.run(np.random.default_rng(0).integers(0, 650, (301, 40)).astype(np.uint16))
    assert np.array_equal(first, streaming_model.score_clip(speech))


def test_there_is_an_output_for_every_stride_of_the_clip_and_its_tail(speech):
    streaming_model = inference.StreamingModel(LIVELY)
    assert [
        len(streaming_model.score_clip(speech[:frames], tail_frames=tail))
        for frames, tail in ((300, 0), (301, 0), (1, 0), (300, 100), (0, 0))
    ] == [100, 101, 1, 134, 0]


def test_outputs_agree_with_the_desktop_runtime(speech):
    streaming_model = inference.StreamingModel(LIVELY)
    word = pymicro_wakeword.MicroWakeWord.from_config(LIVELY.with_suffix(".json"))
    word.sliding_window_size = 1
    word._probabilities = type(word._probabilities)(maxlen=1)
    theirs = [word.process_streaming_prob((frame / 25.6).reshape(1, 1, 40)) for frame in speech]
    theirs = np.round(np.array(theirs[2::3]) * 256)
    ours = streaming_model.run(speech)[: len(theirs)]
    assert ours.max() > 100
    assert np.abs(ours - theirs).max() <= 16, (
        "of 256, where the output is steep: their quantiser and kernels round differently"
    )


def test_chunks_and_processes_change_nothing(tmp_path, speech, monkeypatch):
    spectrogram_store.write(
        tmp_path,
        "a",
        [spectrogram_store.Clip(speech), spectrogram_store.Clip(speech[:200]), spectrogram_store.Clip(speech[:1])],
    )
    whole = inference.StreamingModel(LIVELY).score_clip(speech)
    stores = [spectrogram_store.open_store(tmp_path / "a_mmap")]
    monkeypatch.setattr(inference, "CHUNK_FRAMES", 400)
    for jobs in (1, 2):
        scores = inference.score_stores(
            LIVELY,
            {"a": inference.ClipSet(stores), "empty": inference.ClipSet([]), "tail": inference.ClipSet(stores, 30)},
            jobs=jobs,
        )
        assert np.array_equal(scores["a"][0], whole) and whole.max() > 100
        assert [len(scores["a"][i]) for i in range(len(scores["a"]))] == [500, 67, 1]
        assert len(scores["empty"]) == 0 and len(scores["empty"].outputs) == 0
        assert [len(scores["tail"][i]) for i in range(3)] == [510, 77, 11]
