"""Pages speak of settings, messages and files that exist, link to what is there, and README.md stays short."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SETTINGS = set(re.findall(r"^([A-Z_]+) *=", (ROOT / "config.mk").read_text(encoding="utf-8"), re.MULTILINE))
# Variables of the environment, of make and of single datasets, which pages also name.
OTHER_NAMES = r"(WAKEMAKE|HF|UV|PIP|PYTHON|NAME)_\w+|ROOTFS|LICENSE|ADDRESS|OWNER|YOU"
OF_OTHER_TIMES = ("EXPERIMENTS.md", "ROBUSTNESS.md", "MIGRATION.md", "SYSTEMS.md", "ARCHITECTURE.md", "RESULTS.md")

NAMES_OLD_WORDS = "GLOSSARY.md"


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_readme_can_be_read_in_one_go():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in OF_OTHER_TIMES], ids=ids)
def test_a_setting_with_a_value_exists(page):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w-])([A-Z_]{4,})=[\w\"/]", text))
    assert {name for name in named if not re.fullmatch(OTHER_NAMES, name)} <= SETTINGS | {"NAME"}


def test_every_message_that_is_explained_can_be_printed():
    sources = [
        ROOT / "Makefile",
        *(path for path in (ROOT / "scripts").rglob("*") if path.suffix in (".py", ".mk", ".sh", ".awk")),
    ]
    printed = "".join(path.read_text(encoding="utf-8") for path in sources)
    printed = re.sub(r'"\s*\n\s*f?"', "", printed)  # a sentence may go over two lines of source
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    table = page[page.index("| message |") :]
    messages = [
        message
        for row in table.splitlines()[2:]
        if row.startswith("|")
        for message in re.findall(r"`([^`]+)`", row.split("|")[1])
    ]
    from_the_system = {"Killed", "Error 137"}
    missing = [message for message in messages if message not in from_the_system and message not in printed]
    assert len(messages) > 8 and not missing


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_file_that_is_named_is_there(page):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:docs|docker|scripts|tests)/[\w./-]+[\w/])`", text)) | set(
        re.findall(r"\bdocs/\w[\w/-]*\.md", text)
    )
    assert [
        name
        for name in sorted(named)
        if not (ROOT / name).exists() and not re.search("[A-Z]{4}", Path(name).parent.name)
    ] == []


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as a forge makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = page if not path else page.parent / path
        assert file.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(file), f"{target}: no such heading"


def test_every_page_can_be_found_from_the_readme():
    linked = {README}
    ahead = [README]
    while ahead:
        page = ahead.pop()
        for target in re.findall(r"\]\(([^)#\s]+\.md|[^)#\s]+/)", page.read_text(encoding="utf-8")):
            file = (page.parent / target).resolve()
            found = set(file.glob("*.md")) if file.is_dir() else {file} & set(PAGES)
            ahead += found - linked
            linked |= found
    assert [ids(page) for page in PAGES if page not in linked] == []


def test_the_moving_picture_is_drawn_from_the_recording():
    pictures = ROOT / "docs/pictures"
    draw = runpy.run_path(str(pictures / "draw_session.py"))["draw"]
    picture = pictures / "session.svg"
    assert picture.read_text(encoding="utf-8") == draw((pictures / "session.txt").read_text(encoding="utf-8"))
    assert picture.stat().st_size < 1_000_000


def test_lines_of_progress_replace_one_another_in_the_picture():
    drawing = runpy.run_path(str(ROOT / "docs/pictures/draw_session.py"))
    lines = drawing["read"]("# no line\n0\t\t$ make\n1\t\ta: 1/4 step\n2\t~\ta: 4/4 step\n")
    assert drawing["placed"](lines) == [(0, 0, None, "$ make"), (1, 1, 2, "a: 1/4 step"), (1, 2, None, "a: 4/4 step")]
    assert drawing["share_done"]("a: 1/4 step (3/s)") == 0.25 and drawing["share_done"]("no/where") is None


def test_every_line_of_robustness_names_a_test_file():
    rows = re.findall(
        r"^\| (?!what was done|---).* \| (.*) \|$", (ROOT / "docs/ROBUSTNESS.md").read_text("utf-8"), re.M
    )
    assert len(rows) > 80
    missing = {name for row in rows for name in row.split(", ") if not (ROOT / f"tests/{name}.py").is_file()}
    assert not missing


OLD_WORDS = (
    r"pupils?|strangers?|near[ -]miss(?:es)?|knobs?|verdicts?|unasked|cannot be had|(?:is|are|was|were) told|whom"
)
CODE = [path for ending in ("py", "mk", "sh", "awk", "js") for path in (ROOT / "scripts").rglob(f"*.{ending}")]


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != NAMES_OLD_WORDS], ids=ids)
def test_pages_use_the_words_of_the_glossary(page):
    text = re.sub(r"`[^`\n]+`", "", page.read_text(encoding="utf-8"))  # names on disk stay
    assert re.findall(rf"\b(?:tapes?|{OLD_WORDS})\b", text, re.IGNORECASE) == []


@pytest.mark.parametrize("path", [*CODE, ROOT / "Makefile", ROOT / "config.mk", *(ROOT / "docker").iterdir()], ids=ids)
def test_code_uses_the_words_of_the_glossary(path):
    text = re.sub(r'"\w+"', "", path.read_text(encoding="utf-8"))  # names on disk stay
    assert re.findall(rf"\b(?:{OLD_WORDS})\b", text) == []


def test_yaml_for_a_ready_device_only_adds_models():
    blocks = re.findall(r"^```yaml\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        keys = set(re.findall(r"^[ -]*(\w+):", block, re.MULTILINE))
        assert {"model", "id"} <= keys <= {"micro_wake_word", "models", "model", "id", "probability_cutoff"}


def test_every_page_can_be_reached_from_the_readme():
    reached, ahead = {README}, [README]
    while ahead:
        page = ahead.pop()
        for target in re.findall(r"\]\(([^)#:\s]+)", page.read_text(encoding="utf-8")):
            file = (page.parent / target).resolve()
            new = (set(file.glob("*.md")) if file.is_dir() else {file}) & set(PAGES) - reached
            reached |= new
            ahead += new
    assert [ids(page) for page in PAGES if page not in reached] == []
