"""Two builds are compared file by file; what tells when and how fast is left out."""

import json
import shutil

import pytest

from scripts.tools import verify


@pytest.fixture
def builds(tmp_path):
    one, other = tmp_path / "data", tmp_path / "again"
    for name, content in (
        ("common/samples/a.wav", "aa"),
        ("common/features/report.json", "{}"),
        ("work/x/samples/index.jsonl", "{}\n"),
        ("work/x/features/near/data.ninja", "1234"),
        ("work/x/model/weights.npz", "w"),
        ("work/x/model/checkpoint.npz", "c"),
        ("work/x/model/tensorboard/events", "e"),
        ("work/x/model/device.json", '{"arena": 5, "tflm_ms": 0.1}'),
        ("work/x/evaluation/metrics.json", '{"recall": 1}'),
        ("work/x/examples/0.mp3", "m"),
        ("output/x/report.html", "9 min"),
        ("output/x/x.json", "{}"),
        ("output/x/training.log", "t"),
    ):
        (one / name).parent.mkdir(parents=True, exist_ok=True)
        (one / name).write_text(content)
    shutil.copytree(one, other)
    return one, other


def test_builds_that_differ_in_times_alone_are_the_same(builds, capsys):
    one, other = builds
    (other / "work/x/model/device.json").write_text('{"arena": 5, "tflm_ms": 0.7}')
    for name in (
        "work/x/model/checkpoint.npz",
        "work/x/model/tensorboard/events",
        "output/x/training.log",
        "output/x/report.html",
    ):
        (other / name).write_text("another time")
    verify.main([*map(str, builds), "--slug", "x"])
    text = capsys.readouterr().out
    assert "Both builds are the same." in text and "samples: 1 files, 3 bytes: the same" in text


@pytest.mark.parametrize(
    "name, content, line",
    [
        ("work/x/features/near/data.ninja", "1235", "differs: near/data.ninja (4 and 4 bytes)"),
        ("work/x/model/device.json", '{"arena": 6, "tflm_ms": 0.1}', "differs: device.json"),
        ("work/x/samples/more.wav", "m", "only in the second: more.wav (1 bytes)"),
        ("work/x/model/weights.npz", None, "only in the first: weights.npz (1 bytes)"),
        ("work/x/evaluation/metrics.json", '{"recall": 0.9}', "differs: metrics.json"),
    ],
)
def test_each_difference_is_named_with_its_size(builds, capsys, name, content, line):
    path = builds[1] / name
    path.write_text(content) if content else path.unlink()
    with pytest.raises(SystemExit, match="1 files differ"):
        verify.main([*map(str, builds), "--slug", "x"])
    assert line in capsys.readouterr().out


def test_a_training_in_several_segments_is_named_as_a_cause(builds, capsys):
    (builds[0] / "work/x/times.jsonl").write_text(json.dumps({"stage": "train", "legs": [[0, 5], [5, 9]]}) + "\n")
    (builds[1] / "work/x/model/weights.npz").write_text("v")
    with pytest.raises(SystemExit):
        verify.main([*map(str, builds), "--slug", "x"])
    assert "was continued with more steps, [[0, 5], [5, 9]]" in capsys.readouterr().out


def test_a_word_that_was_never_built_is_an_error(builds):
    with pytest.raises(SystemExit, match="no build of y"):
        verify.main([str(builds[0] / "nowhere"), str(builds[1]), "--slug", "y"])
