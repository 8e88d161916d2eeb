"""Results of single clips and of false accepts in a stream."""

import numpy as np

from scripts.evaluation.clip_results import list_clip_results, list_false_accepts
from scripts.evaluation.evaluation_sets import EvaluationSet
from scripts.evaluation.inference import Scores
from scripts.evaluation.operating_point import OperatingPoint

POINT = OperatingPoint(cutoff=200 / 255, window=5, target_met=True, plateau=(0.5, 0.9))


class FakeStore:
    def __init__(self, path, rows):
        self.path, self.name, self.row = path, path.name.removesuffix("_mmap"), np.array(rows)

    def __len__(self):
        return len(self.row)


def test_results_of_clips_and_of_false_accepts(tmp_path):
    loud, late, silent = (
        np.array(values, np.uint8)
        for values in ([0] * 40 + [250] * 8 + [0] * 12, [0] * 20 + [250] * 8 + [0] * 32, [0] * 60)
    )
    store = FakeStore(tmp_path / "positive" / "testing" / "positive_mmap", [4, 5, 6])
    spans = np.array([[90, 180]] * 3)
    positives = EvaluationSet("testing", "positive", [store], Scores.of([loud, late, silent], 3), spans)
    results = list_clip_results(positives, POINT)
    assert [result["heard"] for result in results] == [True, False, False]
    assert [result["early"] for result in results] == [False, True, False]
    assert [result["row"] for result in results] == [4, 5, 6]
    assert [results[0][key] for key in ("store", "mode", "name")] == ["positive", "testing", "positive"]
    assert (
        results[0]["frame"] == 3 * 44 and results[0]["highest_cutoff"] == 0.98 and results[2]["highest_cutoff"] == 0.0
    )
    stream = FakeStore(tmp_path / "speech" / "testing_ambient" / "rooms_mmap", [-1, -1])
    ambient = EvaluationSet("testing", "speech", [stream], Scores.of([silent, loud], 3))
    false_accepts = list_false_accepts(ambient, POINT)
    assert [(each["clip"], each["frame"], each["highest_cutoff"]) for each in false_accepts] == [(1, 3 * 44, 0.98)]
