"""ESPHome's rule, the vectorised form against the one that goes slice by slice, and both against plain cases."""

import numpy as np
import pytest

from scripts.core.detection import Detector, detections, hours, level_of, window_sums


def stream(*parts: tuple[int, int]) -> np.ndarray:
    """Outputs from (value, how many) pairs."""
    return np.concatenate([np.full(count, value, np.uint8) for value, count in parts])


def test_level_is_the_integer_below():
    assert [level_of(cutoff) for cutoff in (0.9, 0.5, 1 / 255, 0.99)] == [229, 127, 1, 252]


def test_sum_must_be_greater_not_equal():
    quiet = (0, 50)
    assert not len(detections(stream(quiet, (127, 5), quiet), 0.5, 5)), "5 * 127 equals the threshold"
    assert detections(stream(quiet, (127, 4), (128, 1), quiet), 0.5, 5).tolist() == [54]


def test_window_counts_the_last_outputs_only():
    assert window_sums(np.array([1, 2, 3, 4], np.uint8), 2).tolist() == [1, 3, 5, 7]
    assert not len(detections(stream((0, 50), (255, 1), (0, 50)), 0.5, 3)), "one loud output of three is 85 on average"
    assert detections(stream((0, 50), (255, 2), (0, 50)), 0.5, 3).tolist() == [51]


def test_one_hundred_slices_are_ignored_after_the_start():
    # 33 inferences of 3 slices and the 2 slices before the first end are 101 slices: the first inference allowed is
    # number 33.
    assert detections(stream((0, 32), (255, 2), (0, 60)), 0.5, 1).tolist() == [], "high outputs stop the counter at -2"
    assert detections(stream((0, 33), (255, 1), (0, 60)), 0.5, 1).tolist() == [33]
    assert detections(stream((0, 24), (255, 1), (0, 60)), 0.5, 1, ignored=74).tolist() == [24], "before 2026"


def test_a_detection_is_one_event_until_the_outputs_have_been_low():
    long = detections(stream((0, 40), (255, 400), (0, 40)), 0.5, 5)
    assert long.tolist() == [42], "the counter stands still while the newest output is at the level or above"
    again = detections(stream((0, 40), (255, 10), (0, 40), (255, 10), (0, 10)), 0.5, 5)
    assert again.tolist() == [42, 92]
    too_soon = detections(stream((0, 40), (255, 5), (0, 20), (255, 5), (0, 50)), 0.5, 5)
    assert too_soon.tolist() == [42]


def test_a_model_that_is_always_high_is_never_detected():
    assert not len(detections(stream((255, 1000)), 0.5, 5))


@pytest.mark.parametrize("seed", range(8))
def test_vectorised_equals_slice_by_slice(seed):
    random, events = np.random.default_rng(seed), 0
    for _ in range(150):
        count = int(random.integers(1, 400))
        walk = np.cumsum(random.normal(0, random.choice([5, 40, 100]), count)) + random.integers(255)
        outputs = (
            np.clip(walk, 0, 255).astype(np.uint8)
            if random.random() < 0.7
            else random.integers(0, 256, count, np.uint8)
        )
        if random.random() < 0.3:
            outputs[random.random(count) < 0.9] = 0
        setting = {
            "level": int(random.integers(0, 255)),
            "window": int(random.integers(1, 12)),
            "stride": int(random.integers(1, 5)),
            "ignored": int(random.choice([0, 1, 2, 3, 7, 10, 74, 100])),
        }
        detector = Detector(**setting)
        expected = [number for number, output in enumerate(outputs) if detector.push(output)]
        assert detections(outputs, **setting).tolist() == expected, setting
        events += len(expected)
    assert events > 100


def test_hours():
    assert hours(120_000) == 1.0
    assert hours(360_000, stride=1) == 1.0
