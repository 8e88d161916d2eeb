"""Small real jobs for the libraries, each run by the doctor in a process of its own, which may crash.

    python -m scripts.tools.probes tensorflow

prints one sentence. Exit 0: it works; 1: it fails, and the sentence says why; 3: it is not on this machine. A probe
imports its library by import_module(), since a failing import is one of its results.
"""

import argparse
import os
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

ABSENT = 3  # exit code


class AbsentError(Exception):
    """The library or device is not on this machine."""


def _tensorflow(device: str) -> str:
    tf = import_module("tensorflow")
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
    torch = import_module("torch")
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
    np, onnxruntime, onnx = map(import_module, ("numpy", "onnxruntime", "onnx"))
    helper = onnx.helper
    if provider not in onnxruntime.get_available_providers():
        raise AbsentError(f"ONNX Runtime {onnxruntime.__version__} has no {provider}")
    shape = [2, 2]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "x"], ["y"])],
        "square",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, shape)],
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
    np, ours = import_module("numpy"), import_module("scripts.core.frontend")
    compute_spectrogram = import_module("scripts.core.spectrogram").compute_spectrogram
    tone = 0.3 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    frames = compute_spectrogram(tone.astype(np.float32))
    device = import_module("pymicro_features").MicroFrontend()
    blocks = ours.pcm16(tone).reshape(-1, ours.FRAME_SAMPLES)
    features = [device.process_samples(block.tobytes()).features for block in blocks]
    expected = np.array([frame for frame in features if frame]) * ours.VALUE_PER_INPUT
    if (
        frames.shape != expected.shape or np.abs(frames - expected).max() > 1.5
    ):  # up to 1: scripts/core/microfrontend.py explains log1pf
        raise ValueError(
            f"a second of sound gave {frames.shape} values that differ from those of the device's own code"
        )
    return "one second of sound gives 98 frames of 40 channels"


def litert() -> str:
    """The runtime of the evaluation."""
    interpreter = import_module("ai_edge_litert.interpreter")
    if not (hasattr(interpreter.Interpreter, "invoke") and hasattr(interpreter.OpResolverType, "BUILTIN_REF")):
        raise ValueError("ai-edge-litert has no interpreter with reference kernels")
    return f"ai-edge-litert {version('ai-edge-litert')} loads"


def micro() -> str:
    """The interpreter of the device check."""
    runtimes = import_module("scripts.model.runtimes")
    if not (runtimes.has_tflm() or runtimes.tflm_is_expected()):
        raise AbsentError(
            "tflite-micro has no package for this kind of machine: models are checked on paper and under LiteRT, and say so"
        )
    from tflite_micro import runtime

    if not hasattr(runtime, "Interpreter"):
        raise ValueError("tflite-micro has no interpreter")
    return f"tflite-micro {version('tflite-micro')} loads"


PROBES = {
    probe.__name__: probe
    for probe in (tensorflow, tensorflow_gpu, torch, torch_gpu, onnxruntime, onnxruntime_gpu, frontend, litert, micro)
}


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Try one library; the last line printed is the result.")
    parser.add_argument("probe", choices=[*PROBES, "voice"])
    parser.add_argument("--voice", default="espeak", help="of the probe `voice`: its name")
    parser.add_argument(
        "--datasets", type=Path, default=Path("data/datasets"), help="of the probe `voice`: DATA_DIR/datasets"
    )
    args = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        if args.probe == "voice":
            from scripts.tools.voice_probe import probe_voice

            sentence = probe_voice(args.voice, args.datasets)
        else:
            sentence = PROBES[args.probe]()
    except AbsentError as absent:
        print(absent)
        raise SystemExit(ABSENT) from None
    except ImportError as error:
        print(f"not installed: {error}")
        raise SystemExit(1) from None
    except (Exception, SystemExit) as error:  # whatever a broken installation raises is the result
        print(" ".join(f"{type(error).__name__}: {error}".removeprefix("SystemExit: ").split()))
        raise SystemExit(1) from None
    print(sentence)


if __name__ == "__main__":
    main()
