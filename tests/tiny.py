"""A word so small that its real stages take little: house(folder, espeak_says) gives a copy of the project to build it.

The copy has three tiny datasets instead of the profile's, spoken by eSpeak NG and made of
noise, and with fewer clips of each kind; only the dictionary's dataset is the real one.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scripts.core import audio, files
from scripts.core.random_numbers import generator

ROOT = Path(__file__).resolve().parents[1]
WORD, SLUG = "aloha", "aloha"
SETTINGS = {
    "VOICES": "espeak:1",
    "SAMPLES": 12,
    "NEGATIVE_SAMPLES": 12,
    "COMMON_SAMPLES": 12,
    "TRAINING_STEPS": 3,
    "TEACHERS": 1,
    "PRETRAIN_STEPS": 3,
}
KINDS = {"rooms_tiny": "rooms", "noise_tiny": "noise", "speech_tiny": "speech"}
SENTENCES = (
    "the kettle is on and the bread is nearly done",
    "who left the window open all night",
    "we could walk along the river before lunch",
)


class House:
    """A copy of the project in `root`, and make in it."""

    def __init__(self, root: Path, shared: Path):
        self.root = root
        (root / "docker").mkdir()
        for name in (
            "Makefile",
            "config.mk",
            "docker/docker.mk",
            *(path.name for path in ROOT.glob("requirements*.lock")),
        ):
            shutil.copy2(ROOT / name, root / name)
        shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        table = root / "scripts/datasets/datasets.mk"
        rows = "".join(
            f"{name}_{field} := {value}\n"
            for name, kind in KINDS.items()
            for field, value in {
                "KIND": kind,
                "PACKAGES": "",
                "SHA256": "",
                "DOWNLOAD_MB": 0,
                "DISK_MB": 1,
                "LICENCE": "made here",
                "COUNT": 0,
            }.items()
        )
        profile = f"starter_DATASETS := voice_hibari {' '.join(KINDS)}\n{rows}"
        table.write_text(re.sub(r"(?m)^starter_DATASETS := (.*\\\n)*.*\n", profile, table.read_text(), count=1))
        few = root / "scripts/features/common_tasks.py"
        few.write_text(
            re.sub(
                r'(?m)^([A-Z_]+ = )\{"training": .*?\}',
                r'\1{"training": 4, "validation": 2, "testing": 2}',
                few.read_text(),
            )
        )
        (root / "data/datasets").mkdir(parents=True)
        (root / "data/datasets/voice_hibari").symlink_to(shared / "datasets/voice_hibari")

    def process(self, *arguments: str, word: str = WORD) -> dict:
        """What subprocess needs to run make here, of a word or ("") of none."""
        away = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL", "PYTHONPATH")
        own = {**SETTINGS, "PYTHON": sys.executable, **({"WORD": word} if word else {})}
        return {
            "args": ["make", *(f"{setting}={value}" for setting, value in own.items()), *arguments],
            "cwd": self.root,
            "env": {key: value for key, value in os.environ.items() if key not in away},
            "stdin": subprocess.DEVNULL,
            "text": True,
        }

    def make(self, *arguments: str, word: str = WORD) -> subprocess.CompletedProcess:
        return subprocess.run(**self.process(*arguments, word=word), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def sounds(kind: str, split: str, espeak_says) -> list[np.ndarray]:
    """The files of a tiny dataset, another speaker or another noise for each split."""
    rng = generator(1, kind, split)
    if kind == "rooms":
        response = np.zeros(1_600, np.float32)
        response[[0, *rng.integers(200, 1_600, 3)]] = 1.0, 0.4, 0.3, 0.2
        return [response]
    if kind == "noise":
        return [(0.1 * rng.standard_normal(32_000)).astype(np.float32)]
    voice = {"training": "en-us", "validation": "en-gb-x-rp", "testing": "en-gb-scotland"}[split]
    pause = np.zeros(8_000, np.float32)  # so that short utterances can be cut out
    return [
        np.concatenate([espeak_says("good evening", voice), pause, espeak_says(sentence, voice)])
        for sentence in SENTENCES
    ]


def house(root: Path, espeak_says) -> House:
    """A copy of the project in `root`, with its datasets."""
    shared = (ROOT / os.environ.get("DATA_DIR", "data")).resolve()
    if not (shared / "datasets/voice_hibari/voice.stamp").exists():
        pytest.skip("the dictionary's dataset is not there: make datasets")
    built = House(root, shared)
    for name, kind in KINDS.items():
        folder, index = built.root / "data/datasets" / name, []
        for split in ("training", "validation", "testing"):
            for number, sound in enumerate(sounds(kind, split, espeak_says)):
                path = f"16k/{split}/{split}/{number}.wav"
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                audio.write(folder / path, sound)
                index.append(
                    {
                        "path": path.removeprefix("16k/"),
                        "kind": kind,
                        "split": split,
                        "group": split,
                        "duration_s": len(sound) / audio.SAMPLE_RATE_HZ,
                    }
                )
        files.write_json(folder / "16k/index.json", {"kind": kind, "files": index, "skipped": []})
        ran = built.make(f"data/datasets/{name}/convert.params")
        assert ran.returncode == 0, ran.stdout
        (folder / "16k.stamp").touch()
    return built
