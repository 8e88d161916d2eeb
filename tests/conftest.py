"""Slow tests, and fixtures for a spoken word and a model that detects it."""

import os
from pathlib import Path

import pytest
from published import published_model, report_page  # noqa: F401

# As scripts.model.train has it: so a training in this process has the bytes of one in a process of its own.
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
ROOT = Path(__file__).parent
# Not part of `make check`: folders, files and tests that build, train, compile or wait for more than three seconds.
SLOW = {
    *("browser", "container", "end_to_end", "libritts", "systems"),
    *(
        f"plan/test_{name}.py"
        for name in ("alone", "clean", "datasets", "docker", "environment", "page_commands", "pending", "recipes")
    ),
    *(f"plan/test_{name}.py" for name in ("settings", "staleness", "trainer", "voices", "words")),
    *(
        f"plan/test_command_line.py::test_{name}"
        for name in ("a_file_of_words", "a_file_of_words_that_all_succeed", "odd_words")
    ),
    *(f"unit/test_{name}.py" for name in ("docker_files", "environment_pip", "make_needs", "make_python", "memory")),
    *(f"unit/test_core_{name}.py" for name in ("damaged", "run_stage")),
    *(f"unit/test_datasets_{name}.py" for name in ("fetch_interrupted", "profiles", "rooms")),
    *(f"unit/test_live_{name}.py" for name in ("microphone", "server", "streaming")),
    *(
        f"unit/test_model_{name}.py"
        for name in ("device_gate", "init_from_official", "microwakeword_source", "mixednet")
    ),
    *(f"unit/test_model_{name}.py" for name in ("optimizer", "pretraining", "runtimes", "tensorboard", "training")),
    *(f"unit/test_{name}.py" for name in ("publish_report_page", "tools_judge")),
    "unit/test_tools_doctor.py::test_the_whole_doctor_runs_here",
}


def pytest_collection_modifyitems(items):
    """Mark what is slow, so that `-m "not slow"` leaves it out."""
    for item in items:
        path = item.path.relative_to(ROOT)
        names = {path.parts[0], path.as_posix(), f"{path.as_posix()}::{getattr(item, 'originalname', item.name)}"}
        if names & SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def espeak_says():
    """espeak_says(text, voice): (samples,) float32 at 16 kHz, the same each time for the same arguments."""
    from scripts.core import audio
    from scripts.samples.espeak import PITCH, RANGE, RATE, synthesize
    from scripts.samples.voices.espeak import READING

    def say(text, voice):
        sound, rate_hz = synthesize(text, voice, {RATE: READING, PITCH: 50, RANGE: 50}, 1)
        return audio.resample(sound, rate_hz)

    return say


@pytest.fixture(scope="session")
def alexa_data(tmp_path_factory) -> Path:
    """A DATA_DIR in which the official "alexa" model is published: one that detects its word, without a
    training."""
    import shutil

    import pymicro_wakeword

    models, data = Path(pymicro_wakeword.__file__).parent / "models", tmp_path_factory.mktemp("data")
    published = data / "output" / "20260101-000000-alexa-1-1"
    published.mkdir(parents=True)
    for name in ("alexa.json", "alexa.tflite"):
        shutil.copy2(models / name, published)
    (data / "output" / "alexa").symlink_to(published.name)
    return data


@pytest.fixture(scope="session")
def three_calls(tmp_path_factory, espeak_says) -> tuple[Path, list[float]]:
    """A recording in which "alexa" is called after other words, three times, ever quieter, and the seconds at which it
    has been said."""
    import numpy as np

    from scripts.core import audio
    from scripts.core.random_numbers import generator

    pieces, ends, length = [], [], 0

    def add(sound):
        nonlocal length
        pieces.append(sound)
        length += len(sound)

    add(np.zeros(24_000, np.float32))
    for loudness in (1.0, 0.5, 0.25):
        add(loudness * espeak_says("good morning", "en-us"))
        add(np.zeros(24_000, np.float32))
        call = loudness * espeak_says("alexa", "en-us+m3")
        add(call)
        ends.append((length - len(call) + audio.speech_bounds(call)[1]) / audio.SAMPLE_RATE_HZ)
        add(np.zeros(32_000, np.float32))
    path = tmp_path_factory.mktemp("calls") / "calls.wav"
    audio.write(
        path, np.concatenate(pieces) + (3e-4 * generator(1, "calls").standard_normal(length)).astype(np.float32)
    )
    return path, ends
