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
    "plan/test_command_line.py::test_a_cleaner_takes_what_it_says_and_never_a_published_model",
    "plan/test_command_line.py::test_a_file_of_words",
    "plan/test_command_line.py::test_a_file_of_words_that_all_succeed",
    "plan/test_command_line.py::test_odd_words",
    "plan/test_command_line.py::test_what_is_written_out_is_redone_when_the_rules_change_and_nothing_else_is",
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
    "unit/test_features_build.py::test_a_words_stores_are_complete_and_the_same_for_any_jobs",
    "unit/test_features_build.py::test_common_stores_are_complete_and_the_same_for_any_jobs",
    "unit/test_live_requests.py::test_an_unread_body_is_not_taken_for_the_next_request",
    "unit/test_samples_advice.py::test_the_number_of_combinations_is_bounded",
    "unit/test_samples_generate.py::test_samples_are_the_same_for_any_number_of_processes",
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
