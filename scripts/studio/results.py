"""What is known of the published models of a word, for its page: figures side by side.

models = list_models(Path("data"), "hey_buster")                # newest first
describe_figures(models[0], count_recordings(models[0], Path("data/recordings/hey_buster")))
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from scripts.core.damaged import DamagedError
from scripts.core.files import read_json
from scripts.core.formatting import NOT_MEASURED, number, percent
from scripts.core.settings import with_new_names
from scripts.live.published import Published
from scripts.live.recordings import detect_in_file
from scripts.model.manifest import Manifest
from scripts.publish.report_page import describe_conditions, find_clips

MOST_RECORDINGS = 40  # of the newest clips of a person, which every model is asked about
CLIPS = {
    "miss": "Missed",
    "false_accept": "Woken by mistake",
    "near": "Woken by a similar phrase",
}


@dataclass(frozen=True)
class Model:
    """A published model, and what is kept beside it; `wrong` says why it cannot be used."""

    published: Published
    newest: bool
    when: str
    settings: str
    metrics: dict
    word: str
    digest: str
    wrong: str = ""


def list_models(data: Path, slug: str) -> list[Model]:
    """The published models of a word, the newest first."""
    output = data / "output"
    newest = (output / slug).resolve()
    folders = [path.parent for path in output.glob(f"*/{slug}.json") if not path.parent.is_symlink()]
    return [_read_model(folder, slug, folder.resolve() == newest) for folder in sorted(folders, reverse=True)]


def _read_model(folder: Path, slug: str, newest: bool) -> Model:
    try:
        facts = Manifest.read(folder / f"{slug}.json")
        build, metrics = (
            read_json(path, dict) if (path := folder / f"{name}.json").exists() else {} for name in ("build", "metrics")
        )
    except DamagedError as error:
        lost = Published(folder, slug, folder.name, folder / f"{slug}.tflite", 0.0, 0)
        return Model(lost, newest, folder.name, "", {}, slug, "", str(error))
    options = with_new_names(build.get("options") or {})
    return Model(
        Published(folder, slug, facts.title, facts.model, facts.cutoff, facts.window),
        newest,
        str(build.get("published") or folder.name)[:16].replace("T", " "),
        ", ".join(
            f"{key} {options[key]}" for key in ("SAMPLES", "TRAINING_STEPS", "TEACHERS", "SEED") if key in options
        ),
        metrics,
        str(build.get("word") or facts.title),
        str(build.get("model_sha256") or ""),
    )


@lru_cache(maxsize=2000)
def _hears(path: Path, changed: int, published: Published) -> bool:
    return bool(detect_in_file(path, published, None).get("detections"))


def count_recordings(model: Model, recordings: Path) -> tuple[int, int]:
    """How many of the newest clips that a person marked as the word a model detects, and how many there are."""
    clips = sorted((recordings / "positive").glob("*.wav"))[-MOST_RECORDINGS:]
    return sum(_hears(clip, clip.stat().st_mtime_ns, model.published) for clip in clips), len(clips)


def describe_figures(model: Model, own: tuple[int, int]) -> list[tuple[str, str]]:
    """Rows (figure, value) of one model, for people who compare several."""
    tested = model.metrics.get("testing") or {}
    woken = (
        f"{number(tested['fa_per_hour'])} per hour, in {tested['hours']:.1f} h" if "hours" in tested else NOT_MEASURED
    )
    return [
        ("Your recordings", f"{own[0]} of {own[1]}" if own[1] else "none yet"),
        ("Test, synthetic voices", f"hears {percent(tested.get('recall'))}"),
        ("Woken by mistake", woken),
        ("Woken by similar phrases", percent(tested.get("near_accept_rate"))),
        ("Cutoff, window", f"{model.published.cutoff:g}, {model.published.window}"),
        ("Made with", model.settings or NOT_MEASURED),
    ]


def list_clips(model: Model, work: Path) -> list[dict]:
    """Clips that a model misjudged and that have a sound: {"number", "title", "what"}; [] if its work is gone."""
    if (folder := find_clips(work, model.digest)) is None:
        return []
    clips = []
    for place, clip in enumerate(read_json(folder / "examples.json", list)):
        if clip["kind"] in CLIPS and (folder / f"{place}.mp3").exists():
            spoken = f"“{clip['text']}”" if clip.get("text") else ", ".join(clip.get("recordings") or [])
            what = ", ".join(filter(None, [spoken, describe_conditions(clip)]))
            clips.append({"number": place, "title": CLIPS[clip["kind"]], "what": what})
    return clips
