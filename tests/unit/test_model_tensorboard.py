"""What TensorBoard is given, read back by TensorBoard's own reader, and what `make tensorboard` starts."""

import io
import os
import socket
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest
import soundfile

from scripts.core import audio
from scripts.core.files import write_jsonl
from scripts.core.random_numbers import generator
from scripts.model import mixednet
from scripts.model.tensorboard import TensorBoardWriter
from scripts.tools import tensorboard


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """The directory of event files of a small training."""
    root = tmp_path_factory.mktemp("tensorboard")
    rows = []
    for kind in ("positive", "near"):
        for number in range(4):
            path = root / "samples" / "training" / kind / f"{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            audio.write(path, np.sin(np.arange(8000) / (5 + number)).astype(np.float32) / 2)
            rows.append(
                {
                    "path": str(path.relative_to(root / "samples")),
                    "split": "training" if number else "testing",
                    "kind": kind,
                    "text": "hey buster.",
                    "voice": "piper",
                }
            )
    write_jsonl(root / "samples" / "index.jsonl", rows)
    for step in (500, 1000):  # the second as a training that goes on: what is there is not written again
        writer = TensorBoardWriter(root / "tensorboard")
        writer.write_graph(mixednet.draw_weights(generator(1)))
        writer.write_clips(root / "samples")
        writer.write_scalars(step, {"loss/positive": 1 / step, "validation/recall@1": 0.8})
    return root / "tensorboard"


def test_tensorboard_reads_figures_clips_and_the_network(logs):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    events = EventAccumulator(str(logs), size_guidance={"tensors": 0}).Reload()
    tags = events.Tags()
    assert {"loss/positive", "validation/recall@1", "positive/1", "positive/2", "near/1", "near/2"} == set(
        tags["tensors"]
    )
    assert [(event.step, float(make_ndarray(event.tensor_proto))) for event in events.Tensors("loss/positive")] == [
        (500, pytest.approx(1 / 500)),
        (1000, pytest.approx(1 / 1000)),
    ]
    (clip,) = events.Tensors("positive/1")
    sound, rate_hz = soundfile.read(io.BytesIO(make_ndarray(clip.tensor_proto)[0, 0]))
    assert rate_hz == audio.SAMPLE_RATE_HZ
    assert np.allclose(
        sound, np.sin(np.arange(8000) / 6) / 2, atol=1e-3
    )  # the first training clip, not the testing one
    assert tags["graph"]
    nodes = {node.name for node in events.Graph().node}
    assert all(any(name.startswith(f"{layer.name}/") for name in nodes) for layer in mixednet.list_layers())
    assert sum(path.stat().st_size for path in logs.iterdir()) < 500_000


def test_runs_are_shown_side_by_side_and_published_work_once(tmp_path):
    for name, file in (
        ("output/20260101-000000-a-1-1", "one"),
        ("output/20260102-000000-a-1-1", "two"),
        ("work/a/model", "two"),
        ("work/b/model", "three"),
    ):
        (tmp_path / name / "tensorboard").mkdir(parents=True)
        (tmp_path / name / "tensorboard" / f"events.out.{file}").touch()
    (tmp_path / "output/a").symlink_to("20260102-000000-a-1-1")
    assert list(tensorboard.find_runs(tmp_path)) == ["20260101-000000-a-1-1", "20260102-000000-a-1-1", "in work - b"]


def test_without_a_training_it_says_so(tmp_path):
    with pytest.raises(SystemExit, match="there is no training"):
        tensorboard.main(["--data", str(tmp_path)])


def test_it_serves_the_runs_at_the_address_given(logs, tmp_path):
    (tmp_path / "work/word/model").mkdir(parents=True)
    (tmp_path / "work/word/model/tensorboard").symlink_to(logs)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "scripts.tools.tensorboard", "--data", str(tmp_path), "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "NO_PROXY": "*"}
    ) as server:
        try:
            deadline, said = time.monotonic() + 300, b""
            while b"in work - word" not in said:
                assert server.poll() is None and time.monotonic() < deadline
                time.sleep(0.5)
                try:
                    said = urllib.request.urlopen(f"http://127.0.0.1:{port}/data/runs", timeout=10).read()
                except OSError:
                    pass  # not up yet
        finally:
            server.terminate()
