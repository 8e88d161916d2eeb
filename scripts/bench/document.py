"""The document that benchmarks write their tables into: docs/RESULTS.md.

A table stands between two comment lines with its name; everything around it is written by hand.
"""

import re
from datetime import date
from pathlib import Path

from scripts.core.files import publishing
from scripts.publish import machine, provenance

DOCUMENT = Path("docs/RESULTS.md")
BEGIN, END = "<!-- table: {name} -->\n", "<!-- end: {name} -->"


def replace_table(text: str, name: str, table: str) -> str:
    """A document with one of its tables replaced. ValueError if it has no place for it.

    >>> replace_table("a\\n<!-- table: x -->\\nold\\n<!-- end: x -->\\nb", "x", "new")
    'a\\n<!-- table: x -->\\nnew\\n<!-- end: x -->\\nb'
    """
    begin, end = BEGIN.format(name=name), END.format(name=name)
    place = re.compile(f"({re.escape(begin)}).*?({re.escape(end)})", re.DOTALL)
    if not place.search(text):
        raise ValueError(f"it has no lines '{begin.strip()}' and '{end}' between which to write")
    return place.sub(lambda match: f"{match[1]}{table}\n{match[2]}", text, count=1)


def write_table(document: Path, name: str, table: str) -> None:
    """Replace a table in a document. SystemExit, with the table still printed, if it has no place for it."""
    try:
        text = replace_table(document.read_text(encoding="utf-8"), name, table)
    except (OSError, ValueError) as error:
        raise SystemExit(f"The table '{name}' was not written into {document}: {error}") from None
    with publishing(document) as part:
        part.write_text(text, encoding="utf-8")


def describe_run() -> str:
    """The machine, the date and the code, in a line."""
    facts, code = machine.describe(), provenance.describe_code()
    return (
        f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_bytes'] / 1e9:.0f} GB; {date.today()}, "
        f"commit {(code['commit'] or 'unknown')[:12]}{' with changes' if code['dirty'] else ''}"
    )
