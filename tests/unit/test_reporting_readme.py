"""The README speaks of knobs, targets and messages that exist, and of every knob."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
KNOBS = set(re.findall(r"^([A-Z_]+) *=", (ROOT / "config.mk").read_text(), re.MULTILINE))


def test_every_knob_is_explained_and_none_is_invented():
    table = README[README.index("| knob |"):README.index("`make` alone lists")]
    explained = set(re.findall(r"`([A-Z_]+)`", table))
    assert explained == KNOBS - {"PYTHON"}  # for those who work on wakemake itself
    assert set(re.findall(r"\b([A-Z_]{3,})=[\w\"/]", README)) <= KNOBS


def test_every_target_it_names_exists():
    help_comments = re.findall(r"^## ([a-z][^:]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    known = {target for comment in help_comments for target in comment.split()}
    named = set(re.findall(r"(?:`|^    )make (?:-n )?([a-z][a-z-]*)", README, re.MULTILINE))
    assert {"train", "test", "clean-work"} <= named <= known


def test_every_message_it_explains_can_be_said():
    sources = [ROOT / "Makefile", *(ROOT / "scripts").rglob("*.py"), *(ROOT / "scripts").rglob("*.mk")]
    said = "".join(path.read_text(encoding="utf-8") for path in sources)
    said = re.sub(r'"\s*\n\s*f?"', "", said)  # a sentence may go over two lines of source
    table = README[README.index("| message |"):README.index("## Licences")]
    messages = [message for row in table.splitlines()[2:] if row.startswith("|") for message in re.findall(r"`([^`]+)`", row.split("|")[1])]
    from_the_system = {"Killed", "Error 137"}
    missing = [message for message in messages if message not in from_the_system and message not in said]
    assert len(messages) > 8 and not missing


def test_every_file_it_names_is_there():
    for path in re.findall(r"`((?:docs|docker|scripts)/[\w./-]+)`", README):
        assert (ROOT / path).exists(), path
