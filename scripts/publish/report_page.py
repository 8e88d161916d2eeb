"""report.html: a published model for people to look at and listen to, in one file that needs no network.

It shows the files of the published directory (metrics, build, device, phrases, manifest) and the clips that
scripts.evaluation.examples keeps in the word's work. The same files give the same bytes.
"""

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from scripts.core import formatting
from scripts.core.arrays import read_npz
from scripts.core.damaged import reading
from scripts.core.detection import STRIDE, level_of
from scripts.core.files import publishing, read_json, sha256
from scripts.core.statistics import rate_interval, wilson_interval
from scripts.evaluation.breakdowns import UNKNOWN
from scripts.publish.charts import draw_bar, draw_detection_curve, draw_trace, encode_spectrogram
from scripts.publish.recall_of_people import describe_recall_of_people
from scripts.publish.summary import has_low_recall, list_noncommercial, list_times
from scripts.recordings.comparison_text import list_changes

PAGE = Path(__file__).with_name("page")
IN_TABLE = (0.99, 0.97, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.3, 0.1)  # cutoffs beside the chosen one
MANY_PHRASES = 24  # confusable phrases shown at once; the rest on demand
SECTIONS = {
    "by_voice": "Voice",
    "by_speaker": "Speaker",
    "by_accent": "Accent",
    "by_company": "Other sound",
    "by_distance": "Distance from the microphone",
    "by_room": "Room",
    "by_snr": "Level of the voice above the noise",
}


def add_intervals(figures: dict) -> list[dict]:
    """The curve of one split with 95 % intervals of recall and, for models of earlier versions, of false accepts."""
    n = figures.get("n_positive", 0)
    return [
        {
            "fa_per_hour_interval": rate_interval(point["false_accepts"], figures["hours"]),
            **point,
            "recall_interval": wilson_interval(round(point["recall"] * n), n),
        }
        for point in figures.get("curve", [])
    ]


def make_curve(metrics: dict) -> dict | None:
    """The detection curve as a picture, the data of its slider and the rows of its table; None if none was measured."""
    points, cutoff = add_intervals(metrics.get("testing", {})), metrics["probability_cutoff"]
    chosen = next((point for point in points if point["cutoff"] == cutoff), None)
    if chosen is None:
        return None
    picture, places = draw_detection_curve(
        points, chosen, metrics.get("validation", {}).get("curve", []), metrics.get("home", {}).get("curve", [])
    )
    return {
        "svg": picture,
        "points": [{**point, **place} for point, place in zip(points, places)],
        "rows": [point for point in points if point["cutoff"] in (*IN_TABLE, cutoff)],
        "chosen": points.index(chosen),
    }


def make_tables(testing: dict) -> tuple[list[dict], list[str]]:
    """Tables of recall by each condition with several groups, and a sentence for each of the others."""
    tables, sentences = [], []
    for key, title in SECTIONS.items():
        groups = testing.get(key) or {}
        if len(groups) > 1:
            rows = []
            for name, figures in groups.items():
                interval = wilson_interval(figures["heard"], figures["n"])
                rows.append(
                    {"name": name, **figures, "interval": interval, "bar": draw_bar(figures["share"], interval)}
                )
            tables.append({"title": title, "rows": rows})
        else:
            name = next(iter(groups), UNKNOWN)
            sentences.append(
                f"{title}: " + ("not recorded for these clips" if name == UNKNOWN else f"{name}, for all clips")
            )
    return tables, sentences


def list_accepted_phrases(testing: dict) -> list[tuple[str, dict]]:
    """The confusable phrases that were taken for the word, most often first."""
    phrases = testing.get("by_near_phrase") or {}
    return sorted(
        ((text, figures) for text, figures in phrases.items() if figures["heard"]),
        key=lambda pair: (-pair[1]["share"], -pair[1]["n"], pair[0]),
    )


def load_clips(folder: Path | None, metrics: dict) -> dict[str, list[dict]]:
    """The clips to listen to, by kind, with pictures and sound as data addresses."""
    clips: dict[str, list[dict]] = {}
    if folder is None:
        return clips
    level, window = level_of(metrics["probability_cutoff"]), metrics["sliding_window_size"]
    arrays = read_npz(folder / "examples.npz")
    with reading(folder / "examples.json"):
        for number, clip in enumerate(read_json(folder / "examples.json", list)):
            frames, outputs, sound = arrays[f"frames_{number}"], arrays[f"outputs_{number}"], folder / f"{number}.mp3"
            title = (
                f"Probability over {clip['seconds']:.1f} seconds. Its mean over the sliding window is highest at "
                f"{clip['at_s']:.1f} seconds and "
                f"{'is above' if clip['kind'] != 'miss' or clip['early'] else 'stays below'} the cutoff."
            )
            clips.setdefault(clip["kind"], []).append(
                {
                    **clip,
                    "number": number,
                    "picture": make_data_address("image/png", encode_spectrogram(frames)),
                    "sound": make_data_address("audio/mpeg", sound.read_bytes()) if sound.exists() else None,
                    "trace": draw_trace(outputs, len(frames), level, window, STRIDE, clip["word_s"], title),
                    "where": describe_conditions(clip),
                }
            )
    return clips


def make_data_address(kind: str, data: bytes) -> str:
    """Data as an address (RFC 2397), so that no file lies beside the page.

    >>> make_data_address("text/plain", b"hey")
    'data:text/plain;base64,aGV5'
    """
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def describe_conditions(clip: dict) -> str:
    """The conditions of a clip in words."""
    conditions = clip["conditions"]
    if clip["stream"]:
        names = {
            "plain": "speech as it was recorded",
            "rooms": "speech in a room",
            "mixed": "speech over music or noise",
            "music": "music alone",
        }
        return names.get(clip["clip"].split("/")[2].split(" ")[0], "test sound")
    if not conditions.get("setting"):
        return ""
    phrases = [
        "at the microphone"
        if not conditions.get("room")
        else f"{conditions['distance_m']:.1f} m away in a room"
        if "distance_m" in conditions
        else "in a measured room"
    ]
    phrases += {"talk": ["other people talking"], "background": ["music or noise"]}.get(conditions["setting"], [])
    if "snr_db" in conditions:
        phrases.append(f"voice {conditions['snr_db']:.0f} dB above the noise")
    return ", ".join(phrases)


def make_environment() -> Environment:
    """Jinja with the templates in page/ and filters for figures."""
    environment = Environment(
        loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "percent": lambda share: f"{100 * share:.0f} %",
        "exact": formatting.percent,
        "duration": formatting.duration,
        "size": formatting.size,
        "shares": lambda pair: f"{100 * pair[0]:.0f} to {100 * pair[1]:.0f} %",
        "rates": lambda pair: f"{pair[0]:.2f} to {pair[1]:.2f}",
    }
    return environment


def render_page(directory: Path, slug: str, clips: Path | None) -> str:
    """The report of a published directory as HTML."""
    build, metrics, device, manifest = (
        read_json(directory / name) for name in ("build.json", "metrics.json", "device.json", f"{slug}.json")
    )
    phrases: Any = read_json(directory / "phrases.json") if (directory / "phrases.json").exists() else {}
    testing = metrics.get("testing") or {}
    own = read_json(directory / "comparison.json", dict) if (directory / "comparison.json").exists() else None
    tables, sentences = make_tables(testing)
    return (
        make_environment()
        .get_template("report.html")
        .render(
            build=build,
            metrics=metrics,
            own_changes=list_changes(own) if own else [],
            testing=testing,
            validation=metrics.get("validation") or {},
            device=device,
            manifest=manifest,
            phrases=phrases if isinstance(phrases, dict) else {},
            many=MANY_PHRASES,
            slug=slug,
            curve=make_curve(metrics),
            tables=tables,
            sentences=sentences,
            clips=load_clips(clips, metrics),
            accepted_phrases=list_accepted_phrases(testing),
            times=list_times(build),
            style=(PAGE / "report.css").read_text(encoding="utf-8"),
            script=(PAGE / "report.js").read_text(encoding="utf-8"),
            noncommercial=list_noncommercial(build),
            low_recall=has_low_recall(metrics),
            in_short=describe_recall_of_people((metrics.get("testing") or {}).get("recall")),
            without_tflm=formatting.without_tflm(device),
        )
    )


def write_report(directory: Path, slug: str, clips: Path | None) -> Path:
    """Publish report.html in a published directory, with the clips of folder `clips` if there is one. DamagedError if a
    figure that the page shows is missing."""
    target = directory / "report.html"
    with reading(directory):
        try:
            html = render_page(directory, slug, clips)
        except TemplateError as error:
            raise ValueError(str(error)) from error
    with publishing(target) as part:
        part.write_text(html, encoding="utf-8")
    return target


def find_clips(work: Path, model_sha256: str | None) -> Path | None:
    """The folder with a word's clips, if the work belongs to this model and they exist."""
    model, folder = work / "model" / "model.tflite", work / "examples"
    return folder if (folder / "examples.json").exists() and model.exists() and sha256(model) == model_sha256 else None
