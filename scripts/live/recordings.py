"""What a published model detects in recordings, and how that is written for people.

Each file is judged by itself, between two seconds of faint noise, in which the device's frontend settles, and one
second, in which a late model may still detect. Times count from the beginning of the file. A file that cannot be
decoded is named and counted; of a damaged file, what could be decoded counts.
"""

from pathlib import Path

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.damaged import printable
from scripts.core.decode import Decoder, UndecodableError, list_files_below
from scripts.core.formatting import duration, table
from scripts.live.published import Published
from scripts.live.streaming import DetectionCollector, StreamingDetector
from scripts.tools.recordings import SETTLE_S, TAIL_S, NoiseMixer


def detect_in_file(path: Path, published: Published, cutoff: float | None) -> dict:
    """{"path", "duration_s", "highest", "highest_cutoff", "detections"}, or {"path", "undecodable": reason}.

    Each detection is {"time_s", "probability", "highest_cutoff"}. "faults", a phrase each, is added where a part of the
    file was not decoded.
    """
    detector, mixer, recording = StreamingDetector(published, cutoff, from_s=-SETTLE_S), NoiseMixer(), Decoder(path)
    inferences, samples, shown_path = [], 0, printable(str(path))

    def push(block: np.ndarray, name: str) -> None:
        inferences.extend(detector.push(mixer(block, name)))

    push(np.zeros(int(SETTLE_S * SAMPLE_RATE_HZ), np.float32), "settle")
    try:
        for block in recording:
            push(block, f"{path.name} {samples}")
            samples += len(block)
    except UndecodableError as error:
        return {"path": shown_path, "undecodable": str(error)}
    push(np.zeros(int(TAIL_S * SAMPLE_RATE_HZ), np.float32), "tail")
    collector = DetectionCollector()
    detections = [*collector.push(inferences), *collector.flush()]
    return {
        "path": shown_path,
        "duration_s": round(samples / SAMPLE_RATE_HZ, 2),
        "highest": round(max(inference.probability for inference in inferences), 3),
        "highest_cutoff": max(inference.highest_cutoff for inference in inferences),
        "detections": [
            {
                "time_s": detection.time_s,
                "probability": round(detection.probability, 3),
                "highest_cutoff": detection.highest_cutoff,
            }
            for detection in detections
        ],
        **({"faults": recording.faults} if recording.faults else {}),
    }


def list_files(wav: Path) -> list[Path]:
    """The file itself, or every file below the directory by path, hidden ones left out. SystemExit if there is none."""
    if wav.is_file():
        return [wav]
    if not wav.is_dir():
        raise SystemExit(f"There is no file and no directory {wav}. WAV=... names what to listen to, in any format.")
    if not (files := list_files_below(wav)):
        raise SystemExit(f"There is no file below {wav}. WAV=... names what to listen to, in any format.")
    return files


def format_time(seconds: float) -> str:
    """Seconds as people read a recording.

    >>> format_time(61.234), format_time(3723.45)
    ('1:01.23', '1:02:03.45')
    """
    minutes, rest = divmod(round(seconds, 2), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"


def _format_file(result: dict) -> list[tuple[str, str, str]]:
    path = result["path"]
    if "undecodable" in result:
        return [(path, "not decoded", result["undecodable"])]
    rows = [
        (path, format_time(detection["time_s"]), f"detected up to cutoff {detection['highest_cutoff']:.2f}")
        for detection in result["detections"]
    ] or [(path, "nothing", _explain_miss(result["highest_cutoff"]))]
    return rows + [(path, "damaged", fault) for fault in result.get("faults", [])]


def _explain_miss(highest_cutoff: float) -> str:
    return f"would be detected up to cutoff {highest_cutoff:.2f}" if highest_cutoff else "at no cutoff"


def _format_total(results: list[dict]) -> str:
    decoded = [result for result in results if "undecodable" not in result]
    lost, damaged = len(results) - len(decoded), sum("faults" in result for result in decoded)
    if not decoded:
        return f"0 of {len(results)} file{'s' * (len(results) != 1)} could be decoded"
    count = sum(len(result["detections"]) for result in decoded)
    total = (
        f"{len(decoded)} file{'s' * (len(decoded) != 1)}, {duration(sum(result['duration_s'] for result in decoded))}: "
        f"{count} detection{'s' * (count != 1)} in {sum(bool(result['detections']) for result in decoded)} of them"
    )
    if lost:
        total += f"; {lost} could not be decoded"
    if damaged:
        total += f"; {damaged} only in part, or not as {'it' if damaged == 1 else 'they'} should be"
    return total


def format_results(published: Published, cutoff: float, results: list[dict]) -> str:
    """The model, a line for each detection, and the totals."""
    return "\n".join(
        [
            f"{published.title}, cutoff {cutoff:g}, window {published.window} ({published.directory.name})",
            table([row for result in results for row in _format_file(result)]),
            _format_total(results),
        ]
    )
