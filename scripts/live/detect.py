"""Play recordings to a published model: when does it hear its word, and how sure is it?

    python -m scripts.live.detect --data data --slug hey_buster --wav clip.wav
    python -m scripts.live.detect --data data --slug hey_buster --wav recordings/ --format json

Any format FFmpeg decodes, any rate; of a directory every file below it. Each file is heard by itself, between two
seconds of faint noise, in which the device's frontend settles, and one second, in which a late model may still answer.
Times count from the file's beginning. What cannot be decoded is named and counted; of a file that is damaged half-way,
what was decoded counts.
"""

import json
import sys
from functools import partial
from pathlib import Path

from scripts.core.damaged import printable
from scripts.live.published import Published, build_parser, find_published, read_cutoff_option
from scripts.live.streaming import StreamingDetector


def listen_to(path: Path, published: Published, cutoff: float | None) -> dict:
    """{"path", "duration_s", "highest", "detections": [{"time_s", "probability"}]}, or {"path", "undecodable": why}.

    "faults" stands beside them where something of the file was not decoded: a phrase for each.
    """
    import numpy as np

    from scripts.core.audio import SAMPLE_RATE_HZ
    from scripts.core.decode import Decoder, UndecodableError
    from scripts.tools.judge import SETTLE_S, TAIL_S, Mixer

    ear, mixer, recording = StreamingDetector(published, cutoff, from_s=-SETTLE_S), Mixer(), Decoder(path)
    samples, highest, detections, shown = 0, 0.0, [], printable(str(path))

    def hear(block: np.ndarray, name: str) -> None:
        nonlocal highest
        for moment in ear.push(mixer(block, name)):
            highest = max(highest, moment.probability)
            if moment.detected:
                detections.append({"time_s": moment.time_s, "probability": round(moment.probability, 3)})

    hear(np.zeros(int(SETTLE_S * SAMPLE_RATE_HZ), np.float32), "settle")
    try:
        for block in recording:
            hear(block, f"{path.name} {samples}")
            samples += len(block)
    except UndecodableError as error:
        return {"path": shown, "undecodable": str(error)}
    hear(np.zeros(int(TAIL_S * SAMPLE_RATE_HZ), np.float32), "tail")
    return {
        "path": shown,
        "duration_s": round(samples / SAMPLE_RATE_HZ, 2),
        "highest": round(highest, 3),
        "detections": detections,
        **({"faults": recording.faults} if recording.faults else {}),
    }


def files_of(wav: Path) -> list[Path]:
    """The file itself, or every file below the directory by path, hidden ones left out."""
    from scripts.core.decode import files_below

    if wav.is_file():
        return [wav]
    if not wav.is_dir():
        raise SystemExit(f"There is no file and no directory {wav}. WAV=... names what to listen to, in any format.")
    if not (found := files_below(wav)):
        raise SystemExit(f"There is no file below {wav}. WAV=... names what to listen to, in any format.")
    return found


def clock(seconds: float) -> str:
    """Seconds as people read a recording: 0:01.23 or 1:02:03.45."""
    minutes, rest = divmod(round(seconds, 2), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"


def printed(published: Published, cutoff: float, results: list[dict]) -> str:
    """What was heard, a line a detection, and the sum."""
    from scripts.core.formatting import duration, table

    rows: list[tuple[str, str, str]] = []
    for result in results:
        if "undecodable" in result:
            rows.append((result["path"], "not decoded", result["undecodable"]))
        elif not result["detections"]:
            rows.append((result["path"], "nothing", f"highest probability {result['highest']:.2f}"))
        rows += [
            (result["path"], clock(heard["time_s"]), f"probability {heard['probability']:.2f}")
            for heard in result.get("detections", [])
        ]
        rows += [(result["path"], "damaged", fault) for fault in result.get("faults", [])]
    heard = [result for result in results if "undecodable" not in result]
    count, in_files = (
        sum(len(result["detections"]) for result in heard),
        sum(bool(result["detections"]) for result in heard),
    )
    total = (
        f"{len(heard)} file{'s' * (len(heard) != 1)}, {duration(sum(result['duration_s'] for result in heard))}: "
        f"{count} detection{'s' * (count != 1)} in {in_files} of them"
    )
    if lost := len(results) - len(heard):
        total += f"; {lost} could not be decoded"
    if damaged := sum("faults" in result for result in heard):
        total += f"; {damaged} only in part, or not as {'it' if damaged == 1 else 'they'} should be"
    return "\n".join(
        [
            f"{published.title}, cutoff {cutoff:g}, window {published.window} ({published.directory.name})",
            table(rows),
            total,
        ]
    )


def main(argv=None) -> None:
    parser = build_parser("Say when a published model hears its word in recordings.")
    parser.add_argument("--wav", required=True, help="a sound file, or a directory of them")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0 is one for each processor")
    options = parser.parse_args(argv)
    if not options.wav.strip():
        raise SystemExit('detect needs something to listen to. Type: make detect WORD="..." WAV=file-or-directory')
    published, cutoff = find_published(options.data, options.slug, options.word), read_cutoff_option(options.cutoff)
    from scripts.core.parallel import parallel

    files = files_of(Path(options.wav).expanduser())
    results = list(
        parallel(partial(listen_to, published=published, cutoff=cutoff), files, options.jobs, "detect", "files")
    )
    cutoff = published.cutoff if cutoff is None else cutoff
    if options.format == "json":
        print(
            json.dumps(
                {
                    "wake_word": published.title,
                    "model": str(published.model),
                    "cutoff": cutoff,
                    "window": published.window,
                    "files": results,
                },
                indent=2,
                ensure_ascii=False,
            )
        )
    else:
        print(printed(published, cutoff, results))
    if all("undecodable" in result for result in results):
        sys.exit(
            f"detect: none of the {len(results)} could be decoded."
            if len(results) > 1
            else "detect: it could not be decoded."
        )


if __name__ == "__main__":
    main()
