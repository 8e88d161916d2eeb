"""Small real jobs for the libraries, each run by doctor in a process of its own: a crash in one is a finding, not the
end.

    python -m scripts.tools.probes tensorflow

prints one sentence. Exit 0: it works; 1: it does not, and the sentence says why; 3: there is no such thing here.
"""

import argparse
import os
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

ABSENT = 3  # exit code


class AbsentError(Exception):
    """What was asked for is not on this machine."""


def _tensorflow(device: str) -> str:
    import tensorflow as tf

    if not tf.config.list_logical_devices(device):
        raise AbsentError(f"TensorFlow {tf.__version__} lists no {device}")
    with tf.device(f"/{device}:0"):
        matrix = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(matrix @ matrix)
        slope = tape.gradient(total, matrix).numpy().tolist()
    if float(total) != 54.0 or slope != [[7.0, 11.0], [9.0, 13.0]]:  # worked by hand
        raise ValueError(f"a 2x2 product summed to {float(total)} (expected 54) with the gradient {slope}")
    return f"TensorFlow {tf.__version__}: a product and its gradient are right"


def tensorflow() -> str:
    return _tensorflow("CPU")


def tensorflow_gpu() -> str:
    return _tensorflow("GPU")


def _torch(device: str) -> str:
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise AbsentError(f"Torch {torch.__version__} sees no GPU")
    matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0]], device=device, requires_grad=True)
    total = (matrix @ matrix).sum()
    total.backward()
    if total.item() != 54.0 or matrix.grad.tolist() != [[7.0, 11.0], [9.0, 13.0]]:  # worked by hand
        raise ValueError(
            f"a 2x2 product summed to {total.item()} (expected 54) with the gradient {matrix.grad.tolist()}"
        )
    return f"Torch {torch.__version__}: a product and its gradient are right"


def torch() -> str:
    return _torch("cpu")


def torch_gpu() -> str:
    return _torch("cuda")


def _onnxruntime(provider: str) -> str:
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, helper

    if provider not in onnxruntime.get_available_providers():
        raise AbsentError(f"ONNX Runtime {onnxruntime.__version__} has no {provider}")
    shape = [2, 2]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "x"], ["y"])],
        "square",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=[provider])
    if provider not in session.get_providers():  # it falls back to the CPU in silence
        raise ValueError(
            f"{provider} is built in but does not start: its CUDA libraries are missing or of another version"
        )
    (product,) = session.run(None, {"x": np.array([[1, 2], [3, 4]], np.float32)})
    if product.tolist() != [[7, 10], [15, 22]]:
        raise ValueError(f"a 2x2 product came out as {product.tolist()}")
    return f"ONNX Runtime {onnxruntime.__version__}: a small model runs"


def onnxruntime() -> str:
    return _onnxruntime("CPUExecutionProvider")


def onnxruntime_gpu() -> str:
    return _onnxruntime("CUDAExecutionProvider")


def frontend() -> str:
    """The spectrogram of a second of sound, against the device's own code."""
    import numpy as np
    from pymicro_features import MicroFrontend

    from scripts.core.frontend import FRAME_SAMPLES, VALUE_PER_INPUT, pcm16, spectrogram

    tone = 0.3 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    frames, device = spectrogram(tone.astype(np.float32)), MicroFrontend()
    answers = [device.process_samples(step.tobytes()).features for step in pcm16(tone).reshape(-1, FRAME_SAMPLES)]
    expected = np.array([answer for answer in answers if answer]) * VALUE_PER_INPUT
    if frames.shape != expected.shape or np.abs(frames - expected).max() > 1.5:  # 1: see microfrontend.py on log1pf
        raise ValueError(
            f"a second of sound gave {frames.shape} values that differ from those of the device's own code"
        )
    return "one second of sound gives 98 frames of 40 channels"


def litert() -> str:
    """The runtime that every model is run under, here and in the evaluation."""
    from importlib.metadata import version

    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    if not (hasattr(Interpreter, "invoke") and hasattr(OpResolverType, "BUILTIN_REF")):
        raise ValueError("ai-edge-litert has no interpreter with reference kernels")
    return f"ai-edge-litert {version('ai-edge-litert')} loads"


def micro() -> str:
    """The interpreter of the device check."""
    from importlib.metadata import version

    from scripts.model.runtimes import has_tflm, tflm_is_expected

    if not (has_tflm() or tflm_is_expected()):
        raise AbsentError(
            "tflite-micro has no package for this kind of machine: models are checked on paper and under LiteRT, and say so"
        )
    from tflite_micro import runtime

    if not hasattr(runtime, "Interpreter"):
        raise ValueError("tflite-micro has no interpreter")
    return f"tflite-micro {version('tflite-micro')} loads"


def voice(name: str, datasets: Path) -> str:
    """The sample generator says one word by the voice `name`; espeak needs no dataset."""
    from scripts.core import audio

    if name == "espeak":
        import numpy as np

        from scripts.samples.voices import Script
        from scripts.samples.voices.espeak import Espeak

        sound, rate_hz = Espeak("en").speak(Script("hello", {}), "en-us", np.random.default_rng(1))
        sound = audio.resample(sound, rate_hz)
    else:
        from scripts.samples import preview

        os.environ["WORD"] = "hello"
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder) / "hello.wav"
            with redirect_stdout(sys.stderr):
                preview.main(
                    [
                        "--datasets",
                        str(datasets),
                        "--voices",
                        name,
                        "--language",
                        "en",
                        "--seed",
                        "1",
                        "--out",
                        str(clip),
                    ]
                )
            sound = audio.read(clip)
    first, last = audio.speech_bounds(sound)
    if last - first < 0.1 * audio.SAMPLE_RATE_HZ:
        raise ValueError(f"it said nothing: {len(sound)} samples of silence")
    return f'"hello" takes it {(last - first) / audio.SAMPLE_RATE_HZ:.2f} s'


PROBES = {
    probe.__name__: probe
    for probe in (tensorflow, tensorflow_gpu, torch, torch_gpu, onnxruntime, onnxruntime_gpu, frontend, litert, micro)
}


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Try one library; the last line printed says what was found.")
    parser.add_argument("probe", choices=[*PROBES, "voice"])
    parser.add_argument("--voice", default="espeak", help="for probe voice: which one")
    parser.add_argument(
        "--datasets", type=Path, default=Path("data/datasets"), help="for probe voice: where voices are"
    )
    args = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        sentence = voice(args.voice, args.datasets) if args.probe == "voice" else PROBES[args.probe]()
    except AbsentError as absent:
        print(absent)
        raise SystemExit(ABSENT) from None
    except ImportError as error:
        print(f"not installed: {error}")
        raise SystemExit(1) from None
    except (Exception, SystemExit) as error:  # whatever a broken installation raises is the finding
        print(" ".join(f"{type(error).__name__}: {error}".removeprefix("SystemExit: ").split()))
        raise SystemExit(1) from None
    print(sentence)


if __name__ == "__main__":
    sys.exit(main())
