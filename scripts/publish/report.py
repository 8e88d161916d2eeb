"""report.html: a published model for people to look at and listen to, in one file that needs no network.

    python -m scripts.publish.report --data data --slug hey_buster

Made of the published directory (metrics, build, device, phrases, manifest) and of the clips that
scripts.evaluation.examples keeps in the word's work. publish writes it with the model; this command writes it anew into
the newest publication, and says where it is. Where the work is gone, or is that of another model, the report that is
there stays as it is. The same files give the same bytes.
"""

import base64
from pathlib import Path

from scripts.core import formatting
from scripts.core.damaged import noticed
from scripts.core.files import publishing, read_json, read_npz, sha256
from scripts.publish.summary import asked, hears_little, noncommercial, shown, times

PAGE = Path(__file__).with_name("page")
IN_TABLE = (0.99, 0.97, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.3, 0.1)  # cutoffs beside the chosen one
MANY_PHRASES = 24  # near misses said at once; the rest on demand
SECTIONS = {
    "by_voice": "Voice",
    "by_speaker": "Speaker",
    "by_accent": "Accent",
    "by_company": "What else is heard",
    "by_distance": "Distance from the microphone",
    "by_room": "Room",
    "by_snr": "How far the voice is above the noise",
}


def with_intervals(figures: dict) -> list[dict]:
    """The curve of one split with 95 % intervals of recall and of false accepts per hour."""
    from scripts.core.statistics import rate_interval, wilson_interval

    n = figures.get("n_positive")  # publications of before have no intervals of false accepts along the curve
    return [
        {
            "fa_per_hour_interval": rate_interval(point["false_accepts"], figures["hours"]),
            **point,
            "recall_interval": wilson_interval(round(point["recall"] * n), n),
        }
        for point in figures.get("curve", [])
    ]


def curve(metrics: dict) -> dict | None:
    """The detection curve as a picture, the data its slider needs and the rows of its table; None if none was
    measured."""
    from scripts.publish.charts import detection_curve

    points, cutoff = with_intervals(metrics.get("testing", {})), metrics["probability_cutoff"]
    chosen = next((point for point in points if point["cutoff"] == cutoff), None)
    if chosen is None:
        return None
    picture, places = detection_curve(points, chosen, metrics.get("validation", {}).get("curve", []))
    return {
        "svg": picture,
        "points": [{**point, **place} for point, place in zip(points, places)],
        "rows": [point for point in points if point["cutoff"] in (*IN_TABLE, cutoff)],
        "chosen": points.index(chosen),
    }


def groups(testing: dict) -> tuple[list[dict], list[str]]:
    """Tables of recall by each dimension that has more than one group, and a sentence for each that has not."""
    from scripts.core.statistics import wilson_interval
    from scripts.evaluation.breakdowns import UNKNOWN
    from scripts.publish.charts import bar

    tables, alike = [], []
    for key, title in SECTIONS.items():
        found = testing.get(key) or {}
        if len(found) > 1:
            rows = [
                {"name": name, **each, "interval": wilson_interval(each["heard"], each["n"])}
                for name, each in found.items()
            ]
            tables.append(
                {"title": title, "rows": [{**row, "bar": bar(row["share"], row["interval"])} for row in rows]}
            )
        else:
            name = next(iter(found), UNKNOWN)
            alike.append(
                f"{title}: " + ("not recorded for these clips" if name == UNKNOWN else f"{name}, for all clips")
            )
    return tables, alike


def examples(folder: Path | None, metrics: dict) -> dict[str, list[dict]]:
    """The clips to listen to, by kind, with pictures and sound as data addresses."""
    from scripts.core.detection import STRIDE, level_of
    from scripts.publish.charts import spectrogram_png, trace

    found: dict[str, list[dict]] = {}
    if folder is None:
        return found
    level, window = level_of(metrics["probability_cutoff"]), metrics["sliding_window_size"]
    arrays = read_npz(folder / "examples.npz")
    with noticed(folder / "examples.json"):
        for number, clip in enumerate(read_json(folder / "examples.json", list)):
            frames, outputs, sound = arrays[f"frames_{number}"], arrays[f"outputs_{number}"], folder / f"{number}.mp3"
            title = (
                f"Probability over {clip['seconds']:.1f} seconds. Its mean over the window comes highest at {clip['at_s']:.1f} seconds "
                f"and {'reaches' if clip['kind'] != 'miss' or clip['early'] else 'stays under'} the cutoff."
            )
            found.setdefault(clip["kind"], []).append(
                {
                    **clip,
                    "number": number,
                    "picture": address("image/png", spectrogram_png(frames)),
                    "sound": address("audio/mpeg", sound.read_bytes()) if sound.exists() else None,
                    "trace": trace(outputs, len(frames), level, window, STRIDE, clip["word_s"], title),
                    "where": conditions(clip),
                }
            )
    return found


def address(kind: str, data: bytes) -> str:
    """Data as an address of its own (RFC 2397), so that nothing lies beside the page."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def conditions(clip: dict) -> str:
    """Under which conditions a clip is spoken, in words."""
    told = clip["conditions"]
    if clip["stream"]:
        names = {
            "plain": "speech as it was recorded",
            "rooms": "speech in a room",
            "mixed": "speech over music or noise",
            "music": "music alone",
        }
        return names.get(clip["clip"].split("/")[2].split(" ")[0], "test sound")
    if not told.get("setting"):
        return ""
    parts = [
        "at the microphone"
        if not told.get("room")
        else f"{told['distance_m']:.1f} m away in a room"
        if "distance_m" in told
        else "in a room that was measured"
    ]
    parts += {"talk": ["other people talking"], "background": ["music or noise"]}.get(told["setting"], [])
    if "snr_db" in told:
        parts.append(f"voice {told['snr_db']:.0f} dB above the noise")
    return ", ".join(parts)


def page(directory: Path, slug: str, clips: Path | None) -> str:
    """The report of a published directory as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    build, metrics, device, manifest = (
        read_json(directory / name) for name in ("build.json", "metrics.json", "device.json", f"{slug}.json")
    )
    phrases = read_json(directory / "phrases.json") if (directory / "phrases.json").exists() else {}
    tables, alike = groups(metrics.get("testing") or {})
    near = sorted(
        (
            (name, each)
            for name, each in (metrics.get("testing", {}).get("by_near_phrase") or {}).items()
            if each["heard"]
        ),
        key=lambda pair: (-pair[1]["share"], -pair[1]["n"], pair[0]),
    )
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
    return environment.get_template("report.html").render(
        build=build,
        metrics=metrics,
        testing=metrics.get("testing") or {},
        validation=metrics.get("validation") or {},
        device=device,
        manifest=manifest,
        phrases=phrases if isinstance(phrases, dict) else {},
        many=MANY_PHRASES,
        slug=slug,
        curve=curve(metrics),
        tables=tables,
        alike=alike,
        clips=examples(clips, metrics),
        near=near,
        times=times(build),
        style=(PAGE / "report.css").read_text(encoding="utf-8"),
        script=(PAGE / "report.js").read_text(encoding="utf-8"),
        noncommercial=noncommercial(build),
        hears_little=hears_little(metrics),
        without_tflm=formatting.without_tflm(device),
    )


def write(directory: Path, slug: str, clips: Path | None) -> Path:
    """Publish report.html in a published directory, with the clips of folder `clips` where there is one."""
    target = directory / "report.html"
    from jinja2 import TemplateError

    with noticed(directory):
        try:
            html = page(directory, slug, clips)
        except TemplateError as error:  # a figure that the page shows is not there
            raise ValueError(str(error)) from error
    with publishing(target) as part:
        part.write_text(html, encoding="utf-8")
    return target


def clips_of(work: Path, model_sha256: str | None) -> Path | None:
    """The folder of a word's clips, if the work is that of this model and they are there."""
    model, folder = work / "model" / "model.tflite", work / "examples"
    return folder if (folder / "examples.json").exists() and model.exists() and sha256(model) == model_sha256 else None


def main(argv=None) -> None:
    data, slug, directory = asked(
        "Write the report of a word's newest published model anew, and say where it is.", argv
    )
    clips = clips_of(data / "work" / slug, read_json(directory / "build.json").get("model_sha256"))
    if clips is None and (directory / "report.html").exists():
        print(
            "The work this model was made from is gone, and with it the clips to listen to: the report stays as it was made."
        )
    else:
        if clips is None:
            print("The work this model was made from is gone: the report has no clips to listen to.")
        write(directory.resolve(), slug, clips)
    print(f"report: {shown(directory / 'report.html')}")


if __name__ == "__main__":
    main()
