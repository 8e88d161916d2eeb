"""What the next `make train` of a word would redo, and why, read from make's own plan.

    pending.find_reasons(pending.ask_make("hey buster.", "make"), "hey_buster")
    (["train", "export", "evaluation", "examples", "publication"], ["TRAINING_STEPS 2000 -> 4000"])

`make -n --trace` lists the targets that are due, the causes, and the options it would write into the *.params files;
the difference to what these hold now is what has changed.
"""

import re
import shlex
import subprocess
from datetime import datetime
from pathlib import Path

from scripts.core.damaged import DamagedError
from scripts.core.files import read_jsonl
from scripts.core.settings import with_new_names

DUE = re.compile(
    r"^\S+:\d+: (?:update target '(?P<due>[^']+)' due to: (?P<to>.*)|target '(?P<missing>[^']+)' does not exist)$"
)
WRITES = re.compile(r"^printf '%s\\n' (?P<lines>.*) >(?P<file>\S+\.params)$")
STAGE_NAMES = {
    "model": "train",
    "published": "publication",
    "archive": "download",
    "raw": "extraction",
    "16k": "conversion",
    "voice": "conversion",
    "checked": "installation",
}
COPIED_S = 60  # tolerance of a file's time
COPY = (
    "this is a copy whose files have new times (cp -r), and make goes by times. It is not damaged: copy it again with cp -a or rsync -a, "
    "which keep them, or let it be redone"
)
RECORDINGS = "RECORDINGS_SUM"  # an option that stands for the content of a user's recordings
SHOWN = 60  # characters of two values together; longer ones are not shown


def ask_make(word: str, make: str) -> str:
    """What `make -n --trace train` of a word prints. Settings of the make that called us come with the environment."""
    process = subprocess.run(
        [make, "-n", "--trace", "train", f"WORD={word}"], capture_output=True, text=True, errors="surrogateescape"
    )
    if process.returncode:
        raise ValueError(" ".join(process.stderr.strip().splitlines()[:1]) or f"{make} -n failed")
    return process.stdout


def read_options(lines: list[str]) -> dict[str, str]:
    """KEY=VALUE lines as a dictionary."""
    return dict(line.split("=", 1) for line in lines if "=" in line)


def read_params(path: Path) -> dict[str, str]:
    """The options in a *.params file. Bytes that are not UTF-8 are kept when they are passed to a program.
    OSError."""
    return with_new_names(read_options(path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()))


def find_differences(path: Path, current: dict[str, str]) -> list[str]:
    """How a stage's options differ from the current ones: ["TRAINING_STEPS 2000 -> 4000"]; [] if it was never built."""
    if not path.exists():
        return []
    before, lines = read_params(path), []
    for key in [*current, *(key for key in before if key not in current)]:
        old, new = (options.get(key, "(none)") or "(empty)" for options in (before, current))
        if old != new and key == RECORDINGS:
            lines.append("your recordings have changed")
        elif old != new:
            lines.append(f"{key} {old} -> {new}" if len(old + new) < SHOWN else f"{key} changed")
    return lines


def is_copy(times: Path) -> bool:
    """Whether times.jsonl, and so everything beside it, was copied without its time: the end of its last stage."""
    try:
        last = read_jsonl(times)[-1]
        return times.stat().st_mtime - datetime.fromisoformat(last["started"]).timestamp() - last["seconds"] > COPIED_S
    except (OSError, DamagedError, ValueError, LookupError, TypeError):
        return False  # nothing built yet, or damaged, which others report


def name_stage(target: str, slug: str) -> str:
    """What people call a stage: "train", "common features", "music_hold conversion"."""
    path = Path(target)
    stage = STAGE_NAMES.get(path.stem, path.stem)
    return stage if path.parent.name == slug else f"{path.parent.name} {stage}"


def find_reasons(text: str, slug: str) -> tuple[list[str], list[str]]:
    """(stages that would be redone, why) from the text of ask_make(); two empty lists if nothing is to be done."""
    due: dict[str, list[str]] = {}
    options: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if match := DUE.match(line):
            due[match["due"] or match["missing"]] = (match["to"] or "").split()
        elif match := WRITES.match(line):
            options[match["file"]] = read_options(shlex.split(match["lines"]))
    stamps = [target for target in due if target.endswith(".stamp")]
    changed = [line for path, current in options.items() for line in find_differences(Path(path), current)]
    missing = [name_stage(target, slug) for target in stamps if not Path(target).exists()]
    newer = [cause for target in stamps if Path(target).exists() for cause in due[target] if cause not in due]
    code = [f"there is newer code in {Path(cause).parent}" for cause in newer if cause.endswith(".py")]
    others = [f"{cause} is newer than what was made from it" for cause in newer if not cause.endswith(".py")]
    if others and any(is_copy(Path(target).parent / "times.jsonl") for target in stamps):
        others = [COPY]
    reasons = [*changed, *code, *others, *([f"not there yet: {', '.join(missing)}"] if missing else [])]
    return [name_stage(target, slug) for target in stamps], list(dict.fromkeys(reasons))
