"""The figures of several published models side by side.

models = compare_published(Path("data"), "hey_buster", "hey buster.", seed=1, last=3)
models[0]["people"]         # {"anna": {"detected": 5, "n": 6}}
"""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.core.files import read_json
from scripts.core.formatting import table
from scripts.features.build import build
from scripts.model.manifest import Manifest
from scripts.recordings.comparison_text import TESTED
from scripts.recordings.control import Control
from scripts.recordings.scoring import Sound, score
from scripts.recordings.tasks import describe, plan, read_all_recordings


def list_published(output: Path, slug: str) -> list[Path]:
    """The published directories of a word, newest first."""
    builds = sorted(output.glob(f"*-{slug}-*/build.json"), reverse=True)
    return [build.parent for build in builds if read_json(build, dict).get("slug", slug) == slug]


def compare_published(data: Path, slug: str, word: str, seed: int, last: int, jobs: int = 0) -> list[dict]:
    """Figures of the last published models, the newest first, on the word's test clips and on what is held out of the
    user's recordings; where there is neither, as they were published. SystemExit with the line to type if nothing is published."""
    directories = list_published(data / "output", slug)[:last]
    if not directories:
        raise SystemExit(f'Nothing is published for this word yet. Type: make train WORD="{word}"')
    models, work = [_read_published(directory, slug) for directory in directories], data / "work" / slug
    with TemporaryDirectory() as temporary:
        stores, names = Path(temporary) / "recordings", {}
        if any((data / "recordings" / slug).rglob("*.*")):
            recordings = read_all_recordings(data / "recordings" / slug, word)
            held_out = [task for task in plan(recordings, seed) if task.mode == "testing"]
            with redirect_stdout(StringIO()):  # it tells of rooms and noise, of which this needs none
                build(held_out, [], seed, jobs, stores, "compare")
            names = {row["store"]: row["person"] for row in describe(recordings, seed)["people"]}
        sound = Sound(stores if names or stores.exists() else None, work / "features", work / "samples")
        for directory, model in zip(directories, models):
            facts = Manifest.read(directory / f"{slug}.json")
            figures = score(Control(directory, facts.model, facts.cutoff, facts.window, {}), sound, jobs)
            model |= figures | {"people": {names[store]: each for store, each in figures["people"].items()}}
    return models


def _read_published(directory: Path, slug: str) -> dict:
    metrics, options = read_json(directory / "metrics.json", dict), read_json(directory / "build.json", dict)["options"]
    testing, heldout = metrics.get("testing", {}), metrics.get("strangers", {})
    return {
        "published": directory.name,
        "recordings": options.get("MY_RECORDINGS", "off") == "on",
        "cutoff": metrics["probability_cutoff"],
        "published_recall": {"testing": testing.get("recall"), "strangers": heldout.get("recall")},
        "fa_per_hour": testing.get("fa_per_hour"),
        "synthetic": {},
        "people": {},
        "negative": None,
        "home": None,
    }


def format_models(models: list[dict]) -> str:
    """A table with a line for each model."""
    people = list(dict.fromkeys(person for model in models for person in model["people"]))
    heads = ["model", "cutoff", "test voices", "held-out voices", "false accepts/h", *people, "what woke it", "home"]
    rows = [heads]
    for model in models:
        negative, home = model["negative"], model["home"]
        rows.append(
            [
                model["published"] + (" (with your recordings)" if model["recordings"] else ""),
                f"{model['cutoff']:.2f}",
                *(_format_synthetic(model, key) for key in TESTED),
                "-" if model["fa_per_hour"] is None else f"{model['fa_per_hour']:.2f}",
                *(_format_count(model["people"].get(person)) for person in people),
                _format_count(negative),
                f"{home['false_accepts']} in {home['hours']:.2f} h" if home else "-",
            ]
        )
    return table(rows)


def _format_count(figures: dict | None) -> str:
    return f"{figures['detected']} of {figures['n']}" if figures else "-"


def _format_synthetic(model: dict, key: str) -> str:
    # On the test clips in the word's work, the same for all models; without them as it was published.
    if figures := model["synthetic"].get(key):
        return _format_count(figures)
    share = model["published_recall"][key]
    return "-" if share is None else f"{share:.1%} when published"
