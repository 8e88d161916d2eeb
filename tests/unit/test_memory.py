"""However large the stores, a stage holds little of them in memory."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEASURE = """
import json, os
from pathlib import Path
import numpy as np

def now_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

def peak_mb():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
"""
TRAINING = (
    MEASURE
    + """
from scripts.bench.inputs import make_huge_store
from scripts.core import spectrogram_store as store
from scripts.model import batches
out = Path("{out}")
make_huge_store(out / "common/speech/training", "huge", 4.0, 12_000)
store.write(out / "word/positive/training", "positive", [store.Clip(np.ones((150, 40), np.uint16), 90)] * 4)
sampler = batches.SequenceSampler(out / "word", out / "common", seed=1)
sampler.batch(0)
before = now_mb()
for step in range(1, 60):
    sampler.batch(step)
print(json.dumps({{"before": before, "peak": peak_mb()}}))
"""
)
EVALUATION = (
    MEASURE
    + """
from scripts.evaluation.inference import ClipSet, StreamingModel, score_stores
from scripts.core import spectrogram_store as store
import pymicro_wakeword
model = next(Path(pymicro_wakeword.__file__).parent.rglob("okay_nabu.tflite"))
StreamingModel(model)
folder, rng = Path("{out}") / "speech", np.random.default_rng(1)
store.write(folder, "plain", (store.Clip(rng.integers(0, 600, (60_000, 40), dtype=np.uint16)) for _ in range(3)))
before = now_mb()
scores = score_stores(model, {{"ambient": ClipSet([store.open_store(folder / "plain_mmap")])}}, jobs=1)
print(json.dumps({{"before": before, "peak": peak_mb(), "outputs": len(scores["ambient"].outputs)}}))
"""
)


def run(script: str, out: Path) -> dict:
    """The last line that a script prints, run in a process of its own, from JSON."""
    result = subprocess.run([sys.executable, "-c", script.format(out=out)], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


def test_training_on_large_stores_takes_little_memory(tmp_path):
    memory_mb = run(TRAINING, tmp_path)
    # Of 4,000 MB, of which 60 batches touch some hundreds.
    assert memory_mb["peak"] - memory_mb["before"] < 150, memory_mb


def test_evaluation_of_a_long_stream_takes_little_memory(tmp_path):
    memory_mb = run(EVALUATION, tmp_path)
    assert memory_mb["peak"] - memory_mb["before"] < 500, memory_mb
    assert memory_mb["outputs"] == 60_000, memory_mb
