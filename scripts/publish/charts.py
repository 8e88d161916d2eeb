"""Pictures for the report: the detection curve, bars with intervals, spectrograms and probability traces.

    svg, points = detection_curve(metrics)         # points: where each cutoff stands, for the slider
    png = spectrogram_png(frames)                  # (frames, 40) uint16

Colours are classes that the page's style sheet paints in light and dark; every picture stands beside its figures in
words.
"""

import io
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 640, 440
LEFT, RIGHT, TOP, BOTTOM = 66, 18, 44, 72  # room for the larger letters of a phone
RATES = (0, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # ticks of false accepts per hour
FEWEST_RATE = 10  # the axis goes at least so far
LOUDEST = 640.0  # frontend value that is painted brightest
# From dark to bright, even to the eye also in grey (after matplotlib's magma).
PALETTE = ((0, 0, 4), (43, 17, 92), (114, 31, 129), (182, 55, 122), (241, 96, 93), (254, 174, 118), (252, 253, 191))


@dataclass(frozen=True)
class Axes:
    """From recall and false accepts per hour to places in the picture; rates on a root scale, which has a place for
    zero."""

    highest_rate: float

    def x(self, rate: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, rate / self.highest_rate) ** 0.5, 1)

    def y(self, share: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - share), 1)


def detection_curve(points: list[dict], chosen: dict, other: list[dict]) -> tuple[str, list[dict]]:
    """The curve of recall against false accepts per hour, and each point's place in it (x, y and ends of the
    intervals).

    `points` (testing) have cutoff, recall, recall_interval, fa_per_hour and fa_per_hour_interval; `other` (validation)
    is a second, thinner line; `chosen` is the point of the cutoff in the manifest.
    """
    # An interval beyond the last tick, as a minute of sound gives, ends at the edge.
    axes = Axes(
        next((rate for rate in RATES if rate >= max(FEWEST_RATE, 1.5 * chosen["fa_per_hour_interval"][1])), RATES[-1])
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
    seen = [place for place, point in zip(placed, points) if point["fa_per_hour"] <= axes.highest_rate]
    line = " ".join(f"{place['x']},{place['y']}" for place in seen)
    band = " ".join(
        [f"{place['x']},{place['y1']}" for place in seen] + [f"{place['x']},{place['y2']}" for place in reversed(seen)]
    )
    second = " ".join(
        f"{axes.x(point['fa_per_hour'])},{axes.y(point['recall'])}"
        for point in other
        if point["fa_per_hour"] <= axes.highest_rate
    )
    at = placed[points.index(chosen)]
    parts = [
        *_grid(axes),
        f'<polygon class="band" points="{band}"/>',
        f'<polyline class="second" points="{second}"/>',
        f'<polyline class="line" points="{line}"/>',
        f'<g id="here" class="here">{_cross(at)}</g>',
        f'<g class="chosen"><circle cx="{at["x"]}" cy="{at["y"]}" r="6"/></g>',
    ]
    title = (
        f"Detection curve: share of the word heard against false accepts per hour, testing data. At the chosen cutoff {chosen['cutoff']:.2f} "
        f"it hears {chosen['recall']:.1%} at {chosen['fa_per_hour']:.2f} false accepts per hour. The table below has the same figures."
    )
    return _svg(WIDTH, HEIGHT, title, parts, "curve"), placed


def _grid(axes: Axes) -> list[str]:
    bottom, parts = HEIGHT - BOTTOM, []
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{axes.y(share)}" y2="{axes.y(share)}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{axes.y(share) + 5}" text-anchor="end">{share:.0%}</text>')
    for rate in (rate for rate in RATES if rate <= axes.highest_rate):
        parts.append(f'<line class="grid" x1="{axes.x(rate)}" x2="{axes.x(rate)}" y1="{TOP}" y2="{bottom}"/>')
        if rate != 0.1:  # no room for its figure beside that of 0
            parts.append(f'<text x="{axes.x(rate)}" y="{bottom + 26}" text-anchor="middle">{rate:g}</text>')
    parts.append(
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 12}" text-anchor="end">wakes by mistake, times per hour</text>'
    )
    parts.append('<text x="4" y="24">hears the word</text>')
    return parts


def _cross(at: dict) -> str:
    return (
        f'<line class="across" x1="{at["x1"]}" x2="{at["x2"]}" y1="{at["y"]}" y2="{at["y"]}"/>'
        f'<line class="up" x1="{at["x"]}" x2="{at["x"]}" y1="{at["y1"]}" y2="{at["y2"]}"/>'
        f'<circle class="dot" cx="{at["x"]}" cy="{at["y"]}" r="9"/>'
    )


def bar(share: float, interval: list[float]) -> str:
    """A bar of a share with its interval, 100 by 12, without words: they stand beside it."""
    low, high = (round(100 * bound, 1) for bound in interval)
    return (
        '<svg class="bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="rail" width="100" height="12"/><rect class="fill" width="{100 * share:.1f}" height="12"/>'
        f'<line class="whisker" x1="{low}" x2="{high}" y1="6" y2="6"/></svg>'
    )


def trace(
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
        # An output is there once its frames have been heard.
        return " ".join(
            f"{min(frames, (number + 1) * stride)},{100 - 100 * value / 255:.1f}" for number, value in enumerate(values)
        )

    cut = 100 - 100 * cutoff_level / 255
    parts = []
    if word_s:
        first, last = (min(frames, max(0.0, 100 * second)) for second in word_s)
        parts.append(f'<rect class="word" x="{first:.0f}" y="0" width="{max(0, last - first):.0f}" height="100"/>')
    parts += [
        f'<polyline class="raw" points="0,100 {points(outputs)}"/>',
        f'<polyline class="mean" points="0,100 {points(means)}"/>',
        f'<line class="cutoff" x1="0" x2="{frames}" y1="{cut:.1f}" y2="{cut:.1f}"/>',
    ]
    return _svg(frames, 100, title, parts, "trace", 'preserveAspectRatio="none"')


def _svg(width: float, height: float, title: str, parts: list[str], name: str, more: str = "") -> str:
    return f'<svg class="{name}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}" focusable="false" {more}>{"".join(parts)}</svg>'


def spectrogram_png(frames: np.ndarray) -> bytes:
    """(frames, 40) uint16 as a picture, a pixel a value, high sounds on top."""
    from PIL import Image

    steps = np.clip(frames.T[::-1] / LOUDEST, 0, 1) * 63
    picture = Image.fromarray(np.rint(steps).astype(np.uint8), "P")
    anchors = np.linspace(0, len(PALETTE) - 1, 64)
    colours = [np.interp(anchors, np.arange(len(PALETTE)), [colour[part] for colour in PALETTE]) for part in range(3)]
    picture.putpalette(np.rint(np.stack(colours, axis=1)).astype(np.uint8).ravel().tolist())
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
