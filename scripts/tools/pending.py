"""What the next `make train` of a word would redo, and why: read from make's own plan, so that it cannot say otherwise.

    pending.reasons(pending.plan("hey buster.", "make"), "hey_buster")
    (["train", "export", "evaluation", "examples", "publication"], ["TRAINING_STEPS 2000 -> 4000"])

`make -n --trace` tells which targets are due and to what, and which options it would write into the *.params files;
what these hold now tells what has changed.
"""

import re
import shlex
import subprocess
from datetime import datetime
from pathlib import Path

from scripts.core.damaged import DamagedError
from scripts.core.files import read_jsonl

DUE = re.compile(
    r"^\S+:\d+: (?:update target '(?P<due>[^']+)' due to: (?P<to>.*)|target '(?P<missing>[^']+)' does not exist)$"
)
WRITES = re.compile(r"^printf '%s\\n' (?P<lines>.*) >(?P<file>\S+\.params)$")
STAGES = {
    "model": "train",
    "published": "publication",
    "archive": "download",
    "raw": "extraction",
    "16k": "conversion",
    "voice": "conversion",
    "checked": "installation",
}
COPIED_S = 60  # by which a file's time may be off
COPY = (
    "this is a copy whose files have new times (cp -r), and make goes by times. Nothing is wrong with it: copy it again with cp -a or rsync -a, "
    "which keep them, or let it be redone"
)
LONG = 60  # characters of a value; longer ones are not shown


def plan(word: str, make: str) -> str:
    """What `make -n --trace train` of a word prints; knobs of the make that called us come with the environment."""
    ran = subprocess.run(
        [make, "-n", "--trace", "train", f"WORD={word}"], capture_output=True, text=True, errors="surrogateescape"
    )
    if ran.returncode:
        raise ValueError(" ".join(ran.stderr.strip().splitlines()[:1]) or f"{make} -n failed")
    return ran.stdout


def read_options(lines: list[str]) -> dict[str, str]:
    """KEY=VALUE lines as a dictionary."""
    return dict(line.split("=", 1) for line in lines if "=" in line)


def read_params(path: Path) -> dict[str, str]:
    """The options in a *.params file. Bytes that are no UTF-8 come back as they are when they are given to a program.
    OSError."""
    return read_options(path.read_text(encoding="utf-8", errors="surrogateescape").splitlines())


def differences(path: Path, wanted: dict[str, str]) -> list[str]:
    """How the options a stage was made with differ from those wanted: ["TRAINING_STEPS 2000 -> 4000"]; [] where it
    never was made."""
    if not path.exists():
        return []
    had, said = read_params(path), []
    for key in [*wanted, *(key for key in had if key not in wanted)]:
        old, new = (options.get(key, "(none)") or "(empty)" for options in (had, wanted))
        if old != new:
            said.append(f"{key} {old} -> {new}" if len(old + new) < LONG else f"{key} changed")
    return said


def copied(times: Path) -> bool:
    """Whether times.jsonl, and so all beside it, was copied without its time: it was written when the last stage in it
    ended."""
    try:
        last = read_jsonl(times)[-1]
        return times.stat().st_mtime - datetime.fromisoformat(last["started"]).timestamp() - last["seconds"] > COPIED_S
    except (OSError, DamagedError, ValueError, LookupError, TypeError):
        return False  # nothing made yet, or damaged, of which others tell


def name(target: str, slug: str) -> str:
    """How people call a stage: "train", "common features", "music_hold conversion"."""
    path = Path(target)
    stage = STAGES.get(path.stem, path.stem)
    return stage if path.parent.name == slug else f"{path.parent.name} {stage}"


def reasons(text: str, slug: str) -> tuple[list[str], list[str]]:
    """(stages that would be redone, why) from the text of `plan`; two empty lists where nothing is to do."""
    due: dict[str, list[str]] = {}
    wanted: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if found := DUE.match(line):
            due[found["due"] or found["missing"]] = (found["to"] or "").split()
        elif found := WRITES.match(line):
            wanted[found["file"]] = read_options(shlex.split(found["lines"]))
    stamps = [target for target in due if target.endswith(".stamp")]
    changed = [said for path, options in wanted.items() for said in differences(Path(path), options)]
    missing = [name(target, slug) for target in stamps if not Path(target).exists()]
    newer = [cause for target in stamps if Path(target).exists() for cause in due[target] if cause not in due]
    code = [f"there is newer code in {Path(cause).parent}" for cause in newer if cause.endswith(".py")]
    others = [f"{cause} is newer than what was made from it" for cause in newer if not cause.endswith(".py")]
    if others and any(copied(Path(target).parent / "times.jsonl") for target in stamps):
        others = [COPY]
    said = [*changed, *code, *others, *([f"not there yet: {', '.join(missing)}"] if missing else [])]
    return [name(target, slug) for target in stamps], list(dict.fromkeys(said))
