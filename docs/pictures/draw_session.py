"""Draw a recorded terminal session as an animated SVG, which README.md shows.

    python docs/pictures/draw_session.py docs/pictures/session.txt docs/pictures/session.svg

A line of the recording is its second, a mark and the text, divided by tabs. The mark "~" replaces the line before, as a
progress line does in a terminal. Lines that begin with "#" are comments. The session is played in PLAYED_S seconds and
stands still for HOLD_S before it begins again; who asks for reduced motion sees its end.
"""

import sys
from html import escape
from pathlib import Path

PLAYED_S, HOLD_S = 22.0, 6.0
COLUMNS, LINE_PX, CHARACTER_PX, MARGIN_PX = 100, 20, 8.43, 16
STYLE = """
.window { fill: #0d1117 } text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #c9d1d9; white-space: pre }
.typed { fill: #7ee787; font-weight: 600 } .stage { fill: #79c0ff } .bar { fill: #1f6feb } .rest { fill: #30363d }
"""


def read(text: str) -> list[tuple[float, bool, str]]:
    """[(second, whether it replaces the line before, text)]."""
    rows = [line.split("\t", 2) for line in text.splitlines() if line and not line.startswith("#")]
    return [(float(second), mark == "~", shown) for second, mark, shown in rows]


def placed(lines: list[tuple[float, bool, str]]) -> list[tuple[int, float, float | None, str]]:
    """[(row, from, until, text)]; until is None for what stays."""
    result, row = [], -1
    for i, (second, replaces, text) in enumerate(lines):
        row += not replaces
        follows = i + 1 < len(lines) and lines[i + 1][1]
        result.append((row, second, lines[i + 1][0] if follows else None, text))
    return result


def share_done(text: str) -> float | None:
    """What "samples: 67/2154 renderings" says of how far it is."""
    for word in text.split():
        done, slash, total = word.partition("/")
        if slash and done.isdigit() and total.isdigit():
            return int(done) / int(total)
    return None


def drawn(text: str, row: int, name: str) -> str:
    """The SVG of one line."""
    y = MARGIN_PX + (row + 1) * LINE_PX
    kind = "typed" if text.startswith("$") else "stage" if text.startswith("==") else "said"
    parts = [f'<text class="{kind}" x="{MARGIN_PX}" y="{y}">{escape(text)}</text>']
    if (done := share_done(text)) is not None:
        left, width = MARGIN_PX + 52 * CHARACTER_PX, 46 * CHARACTER_PX
        parts += [
            f'<rect class="{kind}" x="{left:.0f}" y="{y - 10}" width="{length:.0f}" height="8" rx="4"/>'
            for kind, length in (("rest", width), ("bar", width * done))
        ]
    return f'<g class="line {name}">' + "".join(parts) + "</g>"


def draw(recording: str) -> str:
    """The SVG of a recording."""
    lines = placed(read(recording))
    rows, end, whole = 1 + max(row for row, *_ in lines), max(second for _, second, *_ in lines), PLAYED_S + HOLD_S
    style, body = [STYLE], []
    for i, (row, begins, until, text) in enumerate(lines):
        start = 100 * begins / end * PLAYED_S / whole
        gone = "" if until is None else f" {100 * until / end * PLAYED_S / whole:.2f}% {{ visibility: hidden }}"
        style.append(f"@keyframes k{i} {{ 0% {{ visibility: hidden }} {start:.2f}% {{ visibility: visible }}{gone} }}")
        style.append(f".k{i} {{ animation: k{i} {whole:.0f}s step-end infinite }}")
        body.append(drawn(text, row, f"k{i}" + (" passing" if until is not None else "")))
    style.append(
        "@media (prefers-reduced-motion: reduce) { .line { animation: none } .passing { visibility: hidden } }"
    )
    width, height = 2 * MARGIN_PX + COLUMNS * CHARACTER_PX, 2 * MARGIN_PX + rows * LINE_PX
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" aria-label="make train in a terminal">'
        f"<style>{chr(10).join(style)}</style>"
        f'<rect class="window" width="{width:.0f}" height="{height}" rx="10"/>\n' + "\n".join(body) + "</svg>\n"
    )


if __name__ == "__main__":
    recording, picture = map(Path, sys.argv[1:])
    picture.write_text(draw(recording.read_text(encoding="utf-8")), encoding="utf-8")
