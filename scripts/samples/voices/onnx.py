"""ONNX Runtime sessions for voices."""

from pathlib import Path

import onnxruntime

from scripts.core import system
from scripts.core.damaged import reading


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """A session on one thread: as many processes run as there are cores. SystemExit if the file is missing or damaged."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if "vnni" not in system.cpuinfo():
        # Sums of uint8 times int8 saturate on such a processor; this computes them in uint8 alone, slower and exactly.
        options.add_session_config_entry("session.x64quantprecision", "1")
    if not path.exists():
        raise SystemExit(f"{path} is missing: the voice is not there yet. Run 'make datasets' first.")
    with reading(path):
        try:
            return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors have no narrower base class
            raise ValueError(str(error)) from error
