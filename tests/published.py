"""A published model with a report, small and made up, for tests that look at pages. tests/conftest.py makes its
fixtures known."""

from pathlib import Path

import numpy as np
import pytest

from scripts.core.files import sha256, write_json


def make_figures(recall: float, hours: float) -> dict:
    """One split's metrics whose curve rises as the cutoff falls."""
    from scripts.core.statistics import rate_interval, wilson_interval
    from scripts.evaluation.operating_point import CUTOFFS

    points = [
        {
            "cutoff": float(cutoff),
            "recall": round(recall + (0.9 - cutoff) * (0.2 if cutoff < 0.9 else 4), 4),
            "false_accepts": int(4 * (0.99 - cutoff) * 10),
            "fa_per_hour": round(int(4 * (0.99 - cutoff) * 10) / hours, 3),
            "near_accept_rate": 0.25,
        }
        for cutoff in CUTOFFS
    ]
    chosen = next(point for point in points if point["cutoff"] == 0.9)
    return {
        "recall": chosen["recall"],
        "recall_interval": wilson_interval(round(chosen["recall"] * 100), 100),
        "n_positive": 100,
        "hours": hours,
        "false_accepts": chosen["false_accepts"],
        "false_accept_recordings": 2,
        "fa_per_hour": chosen["fa_per_hour"],
        "near_accept_rate": 0.25,
        "n_near": 8,
        "talk_hours": round(hours / 4, 2),
        "fa_per_hour_interval": rate_interval(chosen["false_accepts"], hours),
        "near_accept_interval": wilson_interval(2, 8),
        "curve": points,
    }


def make_share(detected: int, n: int) -> dict:
    return {"heard": detected, "n": n, "share": detected / n}


def write_clips(folder: Path) -> None:
    """Two misses, a false accept and an accepted confusable phrase, 1.5 s each; one has no sound."""
    from scripts.evaluation.example_clips import Example, write_examples

    rng, examples = np.random.default_rng(0), []
    for number, kind in enumerate(("miss", "miss", "false_accept", "near")):
        stream = kind == "false_accept"
        facts = {
            "kind": kind,
            "clip": "speech/testing_ambient/rooms 3" if stream else "positive/testing/positive 7",
            "stream": stream,
            "highest_cutoff": 0.41 if kind == "miss" else 0.95,
            "early": False,
            "at_s": 1.1,
            "seconds": 1.5,
            "text": None if stream else "hey <booster>",
            "voice": None if stream else "kokoro",
            "speaker": None if stream else "bf_lily",
            "accent": None if stream else "British English",
            "word_s": None if stream else [0.4, 1.0],
            "recordings": ["speech_x/hello"] if stream else [],
            "conditions": {}
            if stream
            else {"setting": "talk", "room": "rooms_x", "snr_db": 14.2, "distance_m": 1.3, "rt60_s": 0.4},
            "gain_db": 11.0,
        }
        sound = None if number == 1 else (0.3 * np.sin(np.arange(24_000) / 6)).astype(np.float32)
        examples.append(
            Example(
                facts,
                rng.integers(0, 640, (150, 40)).astype(np.uint16),
                rng.integers(0, 255, 50).astype(np.uint8),
                sound,
            )
        )
    write_examples(examples, folder)


@pytest.fixture(scope="session")
def published_model(tmp_path_factory) -> Path:
    """A DATA_DIR with the model "hey buster." published, and its work with clips to listen to."""
    from scripts.core.statistics import wilson_interval

    data = tmp_path_factory.mktemp("data")
    target, work = data / "output" / "20261122-120000-hey_buster-300-200", data / "work" / "hey_buster"
    for folder in (target, work / "model", work / "examples"):
        folder.mkdir(parents=True)
    (data / "output" / "hey_buster").symlink_to(target.name)
    (work / "model" / "model.tflite").write_bytes(b"not really a model")
    write_clips(work / "examples")
    write_json(
        target / "metrics.json",
        {
            "probability_cutoff": 0.9,
            "sliding_window_size": 5,
            "target_fa_per_hour": 0.5,
            "target_met": True,
            "validation": make_figures(0.7, 7.0),
            "strangers": {"recall": 0.71, "recall_interval": wilson_interval(142, 200), "n_positive": 200},
            "testing": make_figures(0.64, 9.0)
            | {
                "by_voice": {"kokoro": make_share(64, 100)},
                "by_accent": {"American English": make_share(40, 60), "British English": make_share(24, 40)},
                "by_snr": {"under 6 dB": make_share(2, 10), "over 24 dB": make_share(62, 90)},
                "by_near_phrase": {"hey <booster>": make_share(2, 5), "play dusters": make_share(0, 3)},
                "by_ambient": {
                    "speech": {"false_accepts": 2, "hours": 6.0},
                    "mixed": {"false_accepts": 1, "hours": 3.0},
                },
            },
        },
    )
    write_json(
        target / "device.json",
        {
            "file_bytes": 58_488,
            "arena_measured": 26_784,
            "arena_declared": 40_000,
            "tflm_ms": 0.0484,
            "stride": 3,
            "operators": ["CONV_2D", "LOGISTIC"],
            "steps_compared": 500,
            "steps_different": 0,
            "largest_difference": 0,
        },
    )
    write_json(
        target / "hey_buster.json", {"wake_word": "Hey Buster", "micro": {"minimum_esphome_version": "2024.7.0"}}
    )
    write_json(
        target / "phrases.json",
        {
            "word": "hey buster.",
            "pronunciation": {"us": "hˈA bˈʌstəɹ."},
            "spellings": ["hey buster."],
            "near": [{"text": f"confusable phrase {number}", "distance": 1} for number in range(40)],
            "parts": ["hey"],
        },
    )
    splits = {"training": 200, "validation": 100, "testing": 100}
    write_json(
        target / "build.json",
        {
            "word": "hey buster.",
            "title": "Hey Buster",
            "slug": "hey_buster",
            "published": "2026-11-22T12:00:00+00:00",
            "options": {"SAMPLES": "300", "VOICES": "kokoro:40 espeak:10"},
            "model_sha256": sha256(work / "model" / "model.tflite"),
            "voices": {"kokoro": {"speakers": 12, "clips": splits}},
            "samples": {"positive": splits, "near": splits},
            "recordings": {"testing": {"speech": {"files": 3, "hours": 1.1}}},
            "machine": {"cpu": "a processor", "cores": 2},
            "datasets": [
                {"name": "voice_kokoro", "licence": "Apache-2.0"},
                {"name": "music_x", "licence": "CC-BY-NC-4.0"},
            ],
            "times": {"word": [{"stage": "train", "seconds": 183.4, "peak_mb": 1400}], "common": [], "datasets": {}},
        },
    )
    return data


@pytest.fixture(scope="session")
def report_page(published_model) -> Path:
    """The report of that model."""
    from scripts.publish import report

    report.main(["--data", str(published_model), "--slug", "hey_buster"])
    return published_model / "output" / "hey_buster" / "report.html"
