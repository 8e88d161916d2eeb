"""The recipes "To add ..." of the pages, followed to the letter."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "docs/ARCHITECTURE.md", *sorted((ROOT / "docs/stages").glob("*.md")))
RECIPES = "\n## ".join(page.read_text(encoding="utf-8") for page in PAGES)


def block(language: str) -> str:
    """The one fenced block of a language."""
    (text,) = re.findall(rf"```{language}\n(.*?)```", RECIPES, re.DOTALL)
    return text


def test_every_recipe_is_short():
    for what in ("dataset", "voice", "augmentation"):
        recipe = RECIPES.split(f"## To add a{'n' if what[0] == 'a' else ''} {what}\n")[1].split("\n## ")[0]
        assert len(re.findall(r"^(?!```).*\S.*$", recipe, re.MULTILINE)) <= 16
    assert all(len(re.findall(r"^.*\S", block(language), re.MULTILINE)) < 10 for language in ("make", "python"))


def test_a_new_dataset_is_built_and_used(trained):
    table = trained.root / "scripts/datasets/datasets.mk"
    above, rule, below = table.read_text().partition("# ---- the rule")
    table.write_text(above + block("make") + "\n" + rule + below)
    assert trained.plan("convert-music_mine", word=None) == {"music_mine/archive", "music_mine/raw", "music_mine/16k"}
    trained.built("convert-music_mine", word=None)
    assert trained.plan("train") == {
        "word/features",
        "common/features",
        "common/embeddings",
        "common/pretrained",
        "word/model",
        "word/export",
        "word/evaluation",
        "word/examples",
        "word/published",
    }
    trained.built("train")
    assert trained.plan("train") == set()


def test_a_new_voice_speaks(tmp_path):
    pytest.importorskip("numpy")
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    voices = tmp_path / "scripts/samples/voices"
    (voices / "mine.py").write_text(block("python"))
    (entry,) = re.findall(r"`(\"mine\": .*?)`", RECIPES)
    table = voices / "__init__.py"
    text = table.read_text(encoding="utf-8").replace(
        "\nVOICES: ", "\nfrom scripts.samples.voices.mine import Mine\n\nVOICES: ", 1
    )
    table.write_text(re.sub(r"(?m)^(VOICES: .*\n)", rf"\1    {entry}\n", text), encoding="utf-8")
    code = """
import numpy as np
from pathlib import Path
from scripts.samples.voices import SPLITS, Script, VOICES
voice = VOICES["mine"](Path("datasets"), "en")
names = [name for split in SPLITS for name in voice.speakers(split)]
assert len(names) == len(set(names)) and voice.clips_per_rendering and voice.name == "mine"
rng = np.random.default_rng(1)
sound, rate_hz = voice.speak(Script("hey", {}), voice.draw_speaker("testing", rng), rng)
print(sound.dtype, sound.shape, rate_hz)
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert ran.stdout.split() == ["float32", "(16000,)", "16000"], ran.stderr
