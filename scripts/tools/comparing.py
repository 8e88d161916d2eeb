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
from scripts.recordings.comparison import score_held_out
from scripts.recordings.control import Control
from scripts.recordings.tasks import describe, plan, read_all_recordings


def list_published(output: Path, slug: str) -> list[Path]:
    """The published directories of a word, newest first."""
    builds = sorted(output.glob(f"*-{slug}-*/build.json"), reverse=True)
    return [build.parent for build in builds if read_json(build, dict).get("slug", slug) == slug]


def compare_published(data: Path, slug: str, word: str, seed: int, last: int, jobs: int = 0) -> list[dict]:
    """Figures of the last published models, the newest first; without recordings those that were published with them.
    SystemExit with the line to type if nothing is published."""
    directories = list_published(data / "output", slug)[:last]
    if not directories:
        raise SystemExit(f'Nothing is published for this word yet. Type: make train WORD="{word}"')
    models = [_read_published(directory, slug) for directory in directories]
    if any((data / "recordings" / slug).rglob("*.*")):
        recordings = read_all_recordings(data / "recordings" / slug, word)
        with TemporaryDirectory() as temporary:
            stores = Path(temporary) / "recordings"
            held_out = [task for task in plan(recordings, seed) if task.mode == "testing"]
            with redirect_stdout(StringIO()):  # it tells of rooms and noise, of which this needs none
                build(held_out, [], seed, jobs, stores, "compare")
            names = {row["store"]: row["person"] for row in describe(recordings, seed)["people"]}
            for directory, model in zip(directories, models):
                facts = Manifest.read(directory / f"{slug}.json")
                figures = score_held_out(Control(directory, facts.model, facts.cutoff, facts.window, {}), stores, jobs)
                model["people"] = {names[store]: recall for store, recall in figures.recall.items()}
                model["negative"], model["home"] = figures.accepted, figures.home
    return models


def _read_published(directory: Path, slug: str) -> dict:
    metrics, options = read_json(directory / "metrics.json", dict), read_json(directory / "build.json", dict)["options"]
    testing, heldout = metrics.get("testing", {}), metrics.get("strangers", {})
    return {
        "published": directory.name,
        "recordings": options.get("MY_RECORDINGS", "off") == "on",
        "cutoff": metrics["probability_cutoff"],
        "recall": testing.get("recall"),
        "heldout_recall": heldout.get("recall"),
        "fa_per_hour": testing.get("fa_per_hour"),
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
                *("-" if share is None else f"{share:.1%}" for share in (model["recall"], model["heldout_recall"])),
                "-" if model["fa_per_hour"] is None else f"{model['fa_per_hour']:.2f}",
                *(
                    f"{figures['detected']} of {figures['n']}" if (figures := model["people"].get(person)) else "-"
                    for person in people
                ),
                f"{negative['detected']} of {negative['n']}" if negative else "-",
                f"{home['false_accepts']} in {home['hours']:.2f} h" if home else "-",
            ]
        )
    return table(rows)
