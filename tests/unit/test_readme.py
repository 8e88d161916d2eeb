"""The README speaks of knobs, targets, messages and files that exist; docs/KNOBS.md of every knob (tests/plan)."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
KNOBS = set(re.findall(r"^([A-Z_]+) *=", (ROOT / "config.mk").read_text(), re.MULTILINE))


def test_no_knob_is_invented():
    named = set(re.findall(r"\b([A-Z_]{3,})=[\w\"/]", README)) | set(re.findall(r"`([A-Z_]{4,})`", README))
    assert {"WORD", "SAMPLES", "DATA_DIR"} <= named <= KNOBS | {"LICENSE"}


def test_every_target_it_names_exists():
    help_comments = re.findall(
        r"^## ([a-z][^:]*):", (ROOT / "Makefile").read_text() + (ROOT / "docker/docker.mk").read_text(), re.MULTILINE
    )
    known = {target.replace("help-KNOB", "help-") for comment in help_comments for target in comment.split()}
    named = set(re.findall(r"(?:`|^    )make (?:-n )?([a-z][a-z-]*)", README, re.MULTILINE))
    assert {"train", "test", "clean-work"} <= named <= known


def test_every_message_it_explains_can_be_said():
    sources = [
        ROOT / "Makefile",
        *(ROOT / "scripts").rglob("*.py"),
        *(ROOT / "scripts").rglob("*.mk"),
        *(ROOT / "scripts").rglob("*.sh"),
    ]
    said = "".join(path.read_text(encoding="utf-8") for path in sources)
    said = re.sub(r'"\s*\n\s*f?"', "", said)  # a sentence may go over two lines of source
    table = README[README.index("| message |") : README.index("## Licences")]
    messages = [
        message
        for row in table.splitlines()[2:]
        if row.startswith("|")
        for message in re.findall(r"`([^`]+)`", row.split("|")[1])
    ]
    from_the_system = {"Killed", "Error 137"}
    missing = [message for message in messages if message not in from_the_system and message not in said]
    assert len(messages) > 8 and not missing


def test_every_file_it_names_is_there():
    for path in re.findall(r"`((?:docs|docker|scripts)/[\w./-]+)`", README):
        assert (ROOT / path).exists(), path
