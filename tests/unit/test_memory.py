"""However large the stores, a stage holds little of them; fifteen hours are heard in two minutes."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HELD = """
import json, os, time
from pathlib import Path
import numpy as np

def now_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

def peak_mb():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
"""
TRAINING = (
    HELD
    + """
from scripts.bench.inputs import make_huge_store
from scripts.core import spectrogram_store as store
from scripts.model import batches as data
out = Path("{out}")
make_huge_store(out / "common/speech/training", "huge", 4.0, 12_000)
store.write(out / "word/positive/training", "positive", [store.Clip(np.ones((150, 40), np.uint16), 90)] * 4)
tapes = data.SequenceSampler(out / "word", out / "common", seed=1)
tapes.batch(0)
before = now_mb()
for step in range(1, 60):
    tapes.batch(step)
print(json.dumps({{"before": before, "peak": peak_mb()}}))
"""
)
EVALUATION = (
    HELD
    + """
from scripts.evaluation.inference import StreamingModel, score_stores
from scripts.core import spectrogram_store as store
import pymicro_wakeword
model = next(Path(pymicro_wakeword.__file__).parent.rglob("okay_nabu.tflite"))
StreamingModel(model)
folder, rng = Path("{out}") / "speech", np.random.default_rng(1)
store.write(folder, "plain", (store.Clip(rng.integers(0, 600, (60_000, 40), dtype=np.uint16)) for _ in range(3)))
before, cpu_s = now_mb(), time.process_time()
scores = score_stores(model, {{"ambient": ([store.open_store(folder / "plain_mmap")], 0)}}, jobs=1)
print(json.dumps({{"before": before, "peak": peak_mb(), "cpu_s": time.process_time() - cpu_s, "outputs": len(scores["ambient"].outputs)}}))
"""
)


def told(script: str, out: Path) -> dict:
    """What a script in a process of its own prints as its last line."""
    ran = subprocess.run([sys.executable, "-c", script.format(out=out)], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


def test_training_data_of_any_size_take_little_memory(tmp_path):
    held = told(TRAINING, tmp_path)
    assert held["peak"] - held["before"] < 150, held  # of 4,000 MB, of which 60 batches touch some hundreds


def test_evaluation_streams_and_is_quick(tmp_path):
    held = told(EVALUATION, tmp_path)
    assert held["peak"] - held["before"] < 500, held
    assert held["outputs"] == 60_000, held
    assert held["cpu_s"] / 0.5 * 15 / 2 < 120, held  # half an hour on one core; fifteen hours on two
