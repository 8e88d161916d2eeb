"""The README's own command, small: `make train WORD="hey buster."`, and the published model at work in a real runtime.

It runs in the Python of the tests, shares the datasets of DATA_DIR (default data/), fetching what is missing, and keeps
its word's work and its model to itself in DATA_DIR/test. What make built before is not built again: remove
DATA_DIR/test to see it all.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scripts.core import audio
from scripts.core.files import read_json, read_jsonl, sha256
from scripts.core.random_numbers import generator

ROOT = Path(__file__).resolve().parents[2]
WORD, SLUG = "hey buster.", "hey_buster"
SMALL = {
    "SAMPLES": 600,
    "NEGATIVE_SAMPLES": 600,
    "COMMON_SAMPLES": 400,
    "TRAINING_STEPS": 800,
    "TEACHERS": 1,
    "PRETRAIN_STEPS": 300,
}
SPEECH_S = 600  # how much held-out speech is listened to
WARM_UP_FRAMES = 100  # the device does not listen before (ESPHome, micro_wake_word: ignore_windows_)


def make(*arguments: str) -> subprocess.CompletedProcess:
    """Run make in the checkout, as a person would, whatever make runs these tests."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL")
    }
    return subprocess.run(
        ["make", *arguments, f"PYTHON={sys.executable}"],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture(scope="module")
def data() -> Path:
    """DATA_DIR/test, with the datasets of DATA_DIR."""
    shared = (ROOT / os.environ.get("DATA_DIR", "data")).resolve()
    own = shared / "test"
    own.mkdir(parents=True, exist_ok=True)
    (shared / "datasets").mkdir(exist_ok=True)
    if not (own / "datasets").is_symlink():
        (own / "datasets").symlink_to(Path("..") / "datasets")
    return own


@pytest.fixture(scope="module")
def command(data) -> list[str]:
    return ["train", f"WORD={WORD}", f"DATA_DIR={data}", *(f"{setting}={value}" for setting, value in SMALL.items())]


@pytest.fixture(scope="module")
def published(command, data) -> Path:
    """The published directory, after `make train`."""
    ran = make(*command)
    assert ran.returncode == 0, ran.stdout[-6000:]
    return (data / "output" / SLUG).resolve(strict=True)


def heard_at(manifest: Path, sound: np.ndarray) -> list[float]:
    """Seconds into (samples,) float32 at which pymicro-wakeword hears the word; deaf for a second after each, as a
    device is."""
    from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures

    model, features = MicroWakeWord.from_config(manifest), MicroWakeWordFeatures()
    stream = (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
    times, deaf_until = [], WARM_UP_FRAMES
    for frame, values in enumerate(features.process_streaming(stream)):
        if model.process_streaming(values) and frame >= deaf_until:
            times.append(frame / 100)
            deaf_until = frame + WARM_UP_FRAMES
    return times


def room_tone(seconds: float) -> np.ndarray:
    """(samples,) of noise as quiet as an empty room, 60 dB below full scale."""
    return (1e-3 * generator(1, "room tone").standard_normal(int(seconds * audio.SAMPLE_RATE_HZ))).astype(np.float32)


def held_out_clips(data: Path, count: int = 40) -> list[np.ndarray]:
    """Clips of the word by voices that training never heard."""
    samples = data / "work" / SLUG / "samples"
    rows = [
        row for row in read_jsonl(samples / "index.jsonl") if row["split"] == "testing" and row["kind"] == "positive"
    ]
    return [audio.read(samples / row["path"]) for row in rows[:count]]


def held_out_speech(data: Path, seconds: float) -> np.ndarray:
    """(samples,) of real people who are not in training, one recording after another."""
    pieces, total_s = [], 0.0
    for index in sorted((data / "datasets").glob("*/16k/index.json")):
        for entry in read_json(index)["files"]:
            if entry["kind"] == "speech" and entry["split"] == "testing" and total_s < seconds:
                pieces.append(audio.read(index.parent / entry["path"]))
                total_s += entry["duration_s"]
    return np.concatenate(pieces)


def test_everything_is_published(published, data):
    names = {path.name for path in published.iterdir()}
    assert {
        "report.html",
        f"{SLUG}.tflite",
        f"{SLUG}.json",
        "metrics.json",
        "device.json",
        "build.json",
        "training.log",
        "tensorboard",
    } <= names
    assert published.name.endswith(f"-{SLUG}-{SMALL['SAMPLES']}-{SMALL['TRAINING_STEPS']}")
    build = read_json(published / "build.json")
    assert build["word"] == WORD and build["model_sha256"] == sha256(published / f"{SLUG}.tflite")
    assert {setting: build["options"][setting] for setting in SMALL} == {
        setting: str(value) for setting, value in SMALL.items()
    }
    assert build["datasets"] and all(
        package["sha256"] for dataset in build["datasets"] for package in dataset["packages"]
    )
    assert {dataset["licence"] for dataset in build["datasets"]}.isdisjoint({"", None, "not stated"})
    assert {line["stage"] for line in build["times"]["word"]} >= {"samples", "features", "train"}
    (learned,) = [line for line in build["times"]["word"] if line["stage"] == "train"]
    assert np.isfinite(learned["margin"])
    assert read_json(published / "metrics.json")["strangers"]["n_positive"] == 200
    tested = read_json(published / "metrics.json")["testing"]
    assert tested["n_positive"] > 0 and tested["hours"] > 0 and 0 <= tested["recall"] <= 1


def test_a_second_make_has_nothing_to_do(published, command):
    assert make("-q", *command).returncode == 0
    assert make(*command).returncode == 0
    assert (published.parent / SLUG).resolve() == published


def test_the_device_takes_the_published_model(published):
    gate = subprocess.run(
        [sys.executable, "-m", "scripts.model.device", published / f"{SLUG}.tflite"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert gate.returncode == 0, gate.stderr


def test_the_published_model_hears_its_word(published, data):
    clips = held_out_clips(data)
    assert len(clips) >= 20
    heard = [
        bool(heard_at(published / f"{SLUG}.json", np.concatenate([room_tone(1.5), clip, room_tone(1)])))
        for clip in clips
    ]
    assert np.mean(heard) >= 0.5, f"heard {sum(heard)} of {len(heard)}"


def test_the_published_model_is_quiet_while_others_speak(published, data):
    speech = held_out_speech(data, SPEECH_S)
    assert len(speech) >= SPEECH_S * audio.SAMPLE_RATE_HZ
    wrong = heard_at(published / f"{SLUG}.json", np.concatenate([room_tone(1.5), speech]))
    assert len(wrong) <= 5, f"{len(wrong)} times in {len(speech) / audio.SAMPLE_RATE_HZ:.0f} s"


def test_the_summary_repeats(published, data):
    ran = make("summary", f"WORD={WORD}", f"DATA_DIR={data}")
    assert ran.returncode == 0 and f"- model: {SLUG}.json" in ran.stdout, ran.stdout


def test_another_language_is_spoken_in_its_own_words(data):
    small = [f"{setting}=20" for setting in ("SAMPLES", "NEGATIVE_SAMPLES", "COMMON_SAMPLES")]
    ran = make("features", "WORD=Hallo Küche.", "LANGUAGE=de", f"DATA_DIR={data}", *small)
    assert ran.returncode == 0, ran.stdout[-6000:]
    rows = read_jsonl(data / "work/hallo_k_che/samples/index.jsonl")
    assert {row["voice"] for row in rows} == {"espeak"} and {"positive", "near", "part"} == {
        row["kind"] for row in rows
    }
    assert all(0.3 < row["end_s"] - row["start_s"] < 2.5 for row in rows if row["kind"] == "positive")
    words = set((data / "datasets/words_frequent/voice/de.txt").read_text(encoding="utf-8").split())
    assert all(set(row["text"].lower().split()) <= words | {"hallo", "küche"} for row in rows if row["kind"] == "near")
    assert len(list((data / "work/hallo_k_che/features/positive/training").glob("*_mmap"))) == 1


def test_recordings_with_which_it_gets_worse_publish_nothing_and_are_forgotten(data, published, tmp_path, espeak_says):
    """In a DATA_DIR of its own, with a training too short to learn anything."""
    for name in ("datasets", "common", "compiled"):
        (tmp_path / name).symlink_to(data / name)
    shutil.copytree(data / "work" / SLUG, tmp_path / "work" / SLUG, symlinks=True)
    shutil.copytree(published, tmp_path / "output" / published.name)
    link = tmp_path / "output" / SLUG
    link.symlink_to(published.name)
    for person, sex, count in (("anna", "f", 5), ("ben", "m", 7)):  # five are too few to train
        (tmp_path / "memos" / person).mkdir(parents=True)
        for number in range(1, count + 1):
            audio.write(tmp_path / "memos" / person / f"{number}.wav", espeak_says(WORD, f"en-us+{sex}{number}"))
    short = {**SMALL, "TRAINING_STEPS": 20, "TEACHERS": 0, "MY_RECORDINGS": "on"}
    given = [f"WORD={WORD}", f"DATA_DIR={tmp_path}", *(f"{name}={value}" for name, value in short.items())]
    assert (
        "12 of 12 files taken (5 of anna, 7 of ben)"
        in make("import-recordings", *given, f"FROM={tmp_path}/memos").stdout
    )
    refused = make("train", *given)
    assert refused.returncode and "is not published: with the recordings it detects" in refused.stdout, refused.stdout[
        -3000:
    ]
    assert link.resolve().name == published.name
    forced = make("train", *given, "FORCE=1")
    assert forced.returncode == 0, forced.stdout[-3000:]
    assert read_json(link / "build.json")["forced"] and "published by FORCE=1" in forced.stdout
    assert f"{SLUG} points at {published.name}" in make("forget", *given).stdout
    assert not (tmp_path / "recordings" / SLUG).exists() and link.resolve().name == published.name
