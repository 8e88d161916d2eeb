"""Trainings with a seed of their own: `make train` in a DATA_DIR of that seed, which uses what all words share of the main one.

Nothing but the seed would differ in the common samples, features and pretraining. Every seed has its own samples, features
and training of the word, and its own simulated rooms. make decides what is up to date, so a word that is trained is not
trained again.

Run before there is an environment, so this keeps to the standard library.
"""

import os
from pathlib import Path


def home_of(data: str, seed: str) -> str:
    """The DATA_DIR of a seed.

    >>> home_of("data", "2")
    'data/seeds/2'
    """
    return f"{data}/seeds/{seed}"


def link_datasets(data: Path, home: Path) -> None:
    """Link the datasets of DATA_DIR into a seed's own, but for simulated rooms, which are drawn from the seed."""
    folder = home / "datasets"
    if folder.is_symlink():  # as earlier versions linked all of it
        folder.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    for dataset in sorted(path.resolve() for path in (data / "datasets").iterdir() if path.is_dir()):
        options = dataset / "convert.params"
        drawn = options.is_file() and "\nSEED=" in f"\n{options.read_text(encoding='utf-8')}"
        link = folder / dataset.name
        if not drawn and not link.exists():
            link.symlink_to(os.path.relpath(dataset, folder.resolve()))


def share_common(home: Path, first: Path, slug: str) -> list[Path]:
    """Link the common stages of the first seed into another's; their stamps, which make is to take as up to date.

    A model that is older than they are is trained again. A seed that has common stages of its own keeps them.
    """
    common = home / "common"
    if common.is_dir() and not common.is_symlink():
        return []
    target = os.path.relpath((first / "common").resolve(), home.resolve())
    if not common.is_symlink() or os.readlink(common) != target:
        common.unlink(missing_ok=True)
        common.symlink_to(target)
    stamps = sorted(common.rglob("*.stamp"))
    model = home / "work" / slug / "model.stamp"
    if model.exists() and any(stamp.stat().st_mtime > model.stat().st_mtime for stamp in stamps):
        model.unlink()
    return stamps
