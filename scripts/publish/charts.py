"""Pictures for the report: the detection curve, bars with intervals, spectrograms and probability traces.

    svg, places = draw_detection_curve(points, chosen, validation)  # places of the cutoffs, for the slider
    png = encode_spectrogram(frames)                                # (frames, 40) uint16

Colours are classes of the page's style sheet, which has them in light and dark; the page gives all figures in words too.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 640, 440
LEFT, RIGHT, TOP, BOTTOM = 66, 18, 44, 72  # room for the larger letters of a phone
RATES = (0, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # ticks of false accepts per hour
SHORTEST_AXIS = 10  # false accepts per hour
BRIGHTEST = 640.0  # frontend value with the brightest colour
# Perceptually uniform from dark to bright, also in grey (after matplotlib's magma).
PALETTE = ((0, 0, 4), (43, 17, 92), (114, 31, 129), (182, 55, 122), (241, 96, 93), (254, 174, 118), (252, 253, 191))


@dataclass(frozen=True)
class Axes:
    """Places of recall and false accepts per hour in the picture; the scale of rates is a square root, which includes zero."""

    highest_rate: float

    def x(self, rate: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, rate / self.highest_rate) ** 0.5, 1)

    def y(self, share: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - share), 1)


def draw_detection_curve(
    points: list[dict], chosen: dict, other: list[dict], home: Sequence[dict] = ()
) -> tuple[str, list[dict]]:
    """The curve of recall against false accepts per hour as SVG, and each point's place (x, y and ends of the intervals).

    `points` (testing) have cutoff, recall, recall_interval, fa_per_hour and fa_per_hour_interval; `other` (validation)
    is a second, thinner line, `home` (a user's own sound) a third; `chosen` is the point of the cutoff in the manifest.
    """
    # An interval beyond the last tick, as from a minute of sound, ends at the edge.
    axes = Axes(
        next((rate for rate in RATES if rate >= max(SHORTEST_AXIS, 1.5 * chosen["fa_per_hour_interval"][1])), RATES[-1])
    )
    placed = [
        {
            "x": axes.x(point["fa_per_hour"]),
            "y": axes.y(point["recall"]),
            "x1": axes.x(point["fa_per_hour_interval"][0]),
            "x2": axes.x(point["fa_per_hour_interval"][1]),
            "y1": axes.y(point["recall_interval"][1]),
            "y2": axes.y(point["recall_interval"][0]),
        }
        for point in points
    ]
    visible = [place for place, point in zip(placed, points) if point["fa_per_hour"] <= axes.highest_rate]
    line = " ".join(f"{place['x']},{place['y']}" for place in visible)
    band = " ".join(
        [f"{place['x']},{place['y1']}" for place in visible]
        + [f"{place['x']},{place['y2']}" for place in reversed(visible)]
    )
    second, third = (
        " ".join(
            f"{axes.x(point['fa_per_hour'])},{axes.y(point['recall'])}"
            for point in more
            if point["fa_per_hour"] <= axes.highest_rate
        )
        for more in (other, home)
    )
    place = placed[points.index(chosen)]
    elements = [
        *_grid(axes),
        f'<polygon class="band" points="{band}"/>',
        f'<polyline class="second" points="{second}"/>',
        *([f'<polyline class="second" style="stroke-dasharray: 2 4" points="{third}"/>'] if home else []),
        f'<polyline class="line" points="{line}"/>',
        f'<g id="here" class="here">{_cross(place)}</g>',
        f'<g class="chosen"><circle cx="{place["x"]}" cy="{place["y"]}" r="6"/></g>',
    ]
    title = (
        f"Detection curve: recall against false accepts per hour, testing data. At the chosen cutoff {chosen['cutoff']:.2f} "
        f"recall is {chosen['recall']:.1%} at {chosen['fa_per_hour']:.2f} false accepts per hour. The table below has the same figures."
    )
    return _svg(WIDTH, HEIGHT, title, elements, "curve"), placed


def _grid(axes: Axes) -> list[str]:
    bottom, elements = HEIGHT - BOTTOM, []
    for share in (0, 0.25, 0.5, 0.75, 1):
        elements.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{axes.y(share)}" y2="{axes.y(share)}"/>'
        )
        elements.append(f'<text x="{LEFT - 8}" y="{axes.y(share) + 5}" text-anchor="end">{share:.0%}</text>')
    for rate in (rate for rate in RATES if rate <= axes.highest_rate):
        elements.append(f'<line class="grid" x1="{axes.x(rate)}" x2="{axes.x(rate)}" y1="{TOP}" y2="{bottom}"/>')
        if rate != 0.1:  # no room for its figure beside that of 0
            elements.append(f'<text x="{axes.x(rate)}" y="{bottom + 26}" text-anchor="middle">{rate:g}</text>')
    elements.append(
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 12}" text-anchor="end">wakes by mistake, times per hour</text>'
    )
    elements.append('<text x="4" y="24">detects the word</text>')
    return elements


def _cross(place: dict) -> str:
    return (
        f'<line class="across" x1="{place["x1"]}" x2="{place["x2"]}" y1="{place["y"]}" y2="{place["y"]}"/>'
        f'<line class="up" x1="{place["x"]}" x2="{place["x"]}" y1="{place["y1"]}" y2="{place["y2"]}"/>'
        f'<circle class="dot" cx="{place["x"]}" cy="{place["y"]}" r="9"/>'
    )


def draw_bar(share: float, interval: list[float]) -> str:
    """A bar of a share with its interval as SVG, 100 by 12; the figures stand beside it."""
    low, high = (round(100 * bound, 1) for bound in interval)
    return (
        '<svg class="bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="rail" width="100" height="12"/><rect class="fill" width="{100 * share:.1f}" height="12"/>'
        f'<line class="whisker" x1="{low}" x2="{high}" y1="6" y2="6"/></svg>'
    )


def draw_trace(
    outputs: np.ndarray,
    frames: int,
    cutoff_level: int,
    window: int,
    stride: int,
    word_s: list[float] | None,
    title: str,
) -> str:
    """The model's probability over a clip, and its mean over the window, which the device compares with the cutoff.

    outputs (inferences,) uint8; the clip is `frames` frames long; `word_s` where the word is spoken, in seconds.
    """
    if not len(outputs):
        return ""
    outputs = outputs.astype(float)
    means = np.convolve(outputs, np.ones(window))[: len(outputs)] / window

    def points(values: np.ndarray) -> str:
        # An output follows the last of its frames.
        return " ".join(
            f"{min(frames, (number + 1) * stride)},{100 - 100 * value / 255:.1f}" for number, value in enumerate(values)
        )

    cut = 100 - 100 * cutoff_level / 255
    elements = []
    if word_s:
        first, last = (min(frames, max(0.0, 100 * second)) for second in word_s)
        elements.append(f'<rect class="word" x="{first:.0f}" y="0" width="{max(0, last - first):.0f}" height="100"/>')
    elements += [
        f'<polyline class="raw" points="0,100 {points(outputs)}"/>',
        f'<polyline class="mean" points="0,100 {points(means)}"/>',
        f'<line class="cutoff" x1="0" x2="{frames}" y1="{cut:.1f}" y2="{cut:.1f}"/>',
    ]
    return _svg(frames, 100, title, elements, "trace", 'preserveAspectRatio="none"')


def _svg(width: float, height: float, title: str, elements: list[str], name: str, more: str = "") -> str:
    return f'<svg class="{name}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}" focusable="false" {more}>{"".join(elements)}</svg>'


def encode_spectrogram(frames: np.ndarray) -> bytes:
    """(frames, 40) uint16 as PNG, one pixel for each value, high frequencies on top."""
    levels = np.clip(frames.T[::-1] / BRIGHTEST, 0, 1) * 63
    picture = Image.fromarray(np.rint(levels).astype(np.uint8), "P")
    anchors = np.linspace(0, len(PALETTE) - 1, 64)
    colours = [np.interp(anchors, np.arange(len(PALETTE)), [colour[part] for colour in PALETTE]) for part in range(3)]
    picture.putpalette(np.rint(np.stack(colours, axis=1)).astype(np.uint8).ravel().tolist())
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
