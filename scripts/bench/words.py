"""Words trained for benchmarks: `make train` with nothing but the seed changed, in DATA_DIR/bench/SEED.

    manifest = train_word(Path("data"), "view glass", Seeds(own=2, first=1))

What words share (common samples, features, pretraining) is made for the first seed and used by all: there nothing but
the seed would differ. Every seed has its own samples, features and training of the word, and its own simulated rooms.
make decides what is up to date, so a word that is trained is not trained again.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.cluster.seeds import link_datasets, share_common
from scripts.cluster.words_file import make_slug
from scripts.core.files import read_json


@dataclass(frozen=True)
class Seeds:
    """The seed of a training, and the one whose common stages it uses."""

    own: int
    first: int


def train_word(data: Path, word: str, seeds: Seeds) -> Path:
    """The manifest of a word trained with a seed. SystemExit with make's last lines if it fails."""
    home = (data / "bench" / str(seeds.own)).resolve()
    home.mkdir(parents=True, exist_ok=True)
    link_datasets(data, home)
    command = ["make", "train", f"WORD={word}", f"SEED={seeds.own}", f"DATA_DIR={home}", f"PYTHON={sys.executable}"]
    command.append("CLEANUP_WORK=0")
    environment = dict(os.environ)
    if seeds.own != seeds.first:
        stamps = share_common(home, home.parent / str(seeds.first), make_slug(word))
        command += [text for stamp in stamps for text in ("-o", str(stamp))]
        environment["WAKEMAKE_ALONE"] = str(home)  # -o does not reach a second make, which would take the locks
    print(" ".join(command), flush=True)
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    if process.returncode:
        raise SystemExit(f"The training of {word!r} with seed {seeds.own} failed:\n{process.stdout[-3000:]}")
    published = [path for path in (home / "output").iterdir() if path.is_symlink()]
    of_word = [path for path in published if read_json(path / "build.json")["word"] == word]
    newest = max(of_word, key=lambda path: path.lstat().st_mtime)
    return newest / f"{newest.name}.json"
