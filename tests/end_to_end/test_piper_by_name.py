"""`VOICES="piper:NAME"` from Piper's repository to samples: a server on loopback has the starter data's own Piper voice
there, under the name of a German one and told to read German."""

import hashlib
import json
import shutil
from collections import Counter

import pytest
from loopback import Host
from reference import Build, borrow

from scripts.core.files import read_json, read_jsonl

NAME = "de_DE-thorsten-medium"
ASKED = ("LANGUAGE=de", f"VOICES=piper:{NAME}:60 espeak:40")
WORD = ("WORD=Hallo Küche.", "SAMPLES=24", "NEGATIVE_SAMPLES=12")


@pytest.fixture(scope="module")
def host():
    with Host() as host:
        yield host


@pytest.fixture(scope="module")
def build(host, tmp_path_factory) -> Build:
    """A make with no dataset but that voice, served at its address, and the German words of DATA_DIR."""
    data = tmp_path_factory.mktemp("data")
    shared = borrow(data, "words_frequent", "extract-voice_joe", "LANGUAGE=de")
    build = Build(data, {"HF_ENDPOINT": host.url, "starter_DATASETS": ""})
    [network] = (shared / "datasets/voice_joe/raw").rglob("*.onnx")
    settings = read_json(network.with_name(network.name + ".json")) | {"espeak": {"voice": "de"}}
    files = {
        f"{NAME}.onnx": network.read_bytes(),
        f"{NAME}.onnx.json": json.dumps(settings).encode(),
        "MODEL_CARD": b"Licence: that of the test\n",
    }
    listed = {
        name: {"size_bytes": len(content), "md5_digest": hashlib.md5(content).hexdigest()}
        for name, content in files.items()
    }
    files["voices.json"] = json.dumps(
        {NAME: {"files": {f"de/de_DE/thorsten/medium/{name}": facts for name, facts in listed.items()}}}
    ).encode()
    addresses = build.made("-s", f"print-voice_{NAME}_PACKAGES", *ASKED).partition("=")[2].split()
    host.files |= {
        address.removeprefix("https://huggingface.co"): files[address.rpartition("/")[2]] for address in addresses
    }
    return build


@pytest.fixture(scope="module")
def fetched(build):
    build.made("datasets", *ASKED)
    return build.data / "datasets" / f"voice_{NAME}"


def test_it_is_fetched_once_and_its_checksum_is_kept(build, fetched, host):
    assert {path.name for path in (fetched / "voice").iterdir()} >= {"voice.onnx", "voice.json", "MODEL_CARD"}
    assert len(host.requests) == len(host.files) == 4
    recorded = (build.data / "checksums.lock").read_text()
    assert recorded.count("huggingface.co/rhasspy/piper-voices") == 4
    assert build.make("-q", "datasets", *ASKED).returncode == 0


def test_samples_are_spoken_with_it(build, fetched):
    build.made("samples", *WORD, *ASKED)
    rows = read_jsonl(build.data / "work/hallo_k_che/samples/index.jsonl")
    spoken = Counter(row["voice"] for row in rows if row["split"] == "training" and row["kind"] == "positive")
    assert spoken[NAME] + spoken["espeak"] == 24 and spoken[NAME] == pytest.approx(0.6 * 24, abs=1)
    assert {row["speaker"] for row in rows if row["voice"] == NAME} == {"thorsten"}
    assert {row["voice"] for row in rows if row["split"] != "training"} == {"espeak"}, (
        "one person teaches and does not examine"
    )


def test_a_changed_file_is_refused(build, fetched, host):
    shutil.rmtree(fetched)
    [card] = (path for path in host.files if path.endswith("MODEL_CARD"))
    right, host.files[card] = host.files[card], host.files[card].replace(b"test", b"best")
    ran = build.make("datasets", *ASKED)
    assert (
        ran.returncode == 2
        and "MODEL_CARD has the wrong checksum" in ran.stdout + ran.stderr
        and "checksums.lock" in ran.stdout + ran.stderr
    )
    assert not (fetched / "voice").exists()
    host.files[card] = right
    build.made("datasets", *ASKED)
    assert (fetched / "voice/voice.onnx").is_file()
