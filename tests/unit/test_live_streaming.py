"""A published model fed with sound, as a device runs it: the official alexa model, and voices that call it."""

import numpy as np
import pytest
from packages import needs_tflm

from scripts.core import audio
from scripts.core.detection import detections
from scripts.core.spectrogram import compute_spectrogram
from scripts.live.published import find_published, parse_cutoff
from scripts.live.streaming import Detection, DetectionCollector, Inference, StreamingDetector
from scripts.model.inputs import make_inference_inputs
from scripts.model.runtimes import run


@pytest.fixture
def alexa(alexa_data):
    return find_published(alexa_data, "alexa")


@needs_tflm
def test_it_detects_what_the_device_detects(alexa, three_calls):
    path, ends = three_calls
    sound = audio.read(path)
    detector = StreamingDetector(alexa)
    inferences = [inference for chunk in np.array_split(sound, 97) for inference in detector.push(chunk)]
    outputs, _ = run("tflm", alexa.model, make_inference_inputs(compute_spectrogram(sound), 3))
    assert [round(inference.output * 255) for inference in inferences] == outputs.tolist()
    indices = [index for index, inference in enumerate(inferences) if inference.detected]
    assert indices == detections(outputs, alexa.cutoff, alexa.window).tolist()
    assert [inferences[index].time_s for index in indices] == pytest.approx(ends, abs=0.6)
    assert inferences[0].time_s == 0.05, "three frames: 30 ms, and 10 ms more for each of two"


def test_the_cutoff_can_change_between_two_chunks(alexa, three_calls):
    (path, ends), times = three_calls, {}
    sound = audio.read(path)
    middle = int((ends[0] + 1) * audio.SAMPLE_RATE_HZ)
    for name, first, second in (("low", 0.3, 0.3), ("high", 0.98, 0.98), ("raised", 0.3, 0.98)):
        detector = StreamingDetector(alexa, first)
        inferences = detector.push(sound[:middle])
        detector.cutoff = second
        inferences += detector.push(sound[middle:])
        times[name] = [inference.time_s for inference in inferences if inference.detected]
    assert times["raised"] == [times["low"][0], *times["high"][1:]]
    assert np.less(times["low"], times["high"]).all(), "a lower cutoff detects sooner"


def test_the_highest_cutoff_of_a_detection_does_not_depend_on_the_cutoff_in_force(alexa, three_calls):
    sound, cutoffs = audio.read(three_calls[0]), {}
    for cutoff in (0.7, 0.9):
        detector, collector = StreamingDetector(alexa, cutoff), DetectionCollector()
        calls = [*collector.push(detector.push(sound)), *collector.flush()]
        cutoffs[cutoff] = [detection.highest_cutoff for detection in calls]
        assert all(detection.probability > cutoff for detection in calls)
    assert cutoffs[0.7] == cutoffs[0.9] and len(cutoffs[0.7]) == 3
    for number, highest in enumerate(cutoffs[0.9]):
        inferences = StreamingDetector(alexa, min(highest, 0.99)).push(sound)
        assert sum(inference.detected for inference in inferences) > 0, f"call {number} is detected at {highest}"


def test_a_detection_is_complete_after_the_second_in_which_there_is_no_other():
    def infer(time_s, highest_cutoff, detected=False):
        return Inference(time_s, 0.5, 0.5, detected, highest_cutoff)

    collector = DetectionCollector()
    assert collector.push([infer(1.0, 0.3), infer(2.0, 0.6, True), infer(2.5, 0.9)]) == []
    assert collector.push([infer(3.1, 0.99)]) == [Detection(2.0, 0.5, 0.9)]
    assert collector.push([infer(5.0, 0.7, True)]) == []
    assert collector.flush() == [Detection(5.0, 0.5, 0.7)] and collector.flush() == []


def test_cutoffs_are_read_as_people_write_them():
    assert parse_cutoff("0.95") == parse_cutoff(" 95% ") == parse_cutoff(".95") == 0.95
    for text in ("", "1", "0", "95", "high", "nan"):
        with pytest.raises(ValueError, match="is not a cutoff"):
            parse_cutoff(text)
