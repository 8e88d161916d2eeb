"""The pictures of the report: places in the curve, spectrograms and traces."""

import io
import re

import numpy as np
from PIL import Image

from scripts.publish import charts


def test_an_interval_longer_than_the_axis_ends_at_the_edge():
    point = {
        "cutoff": 0.5,
        "recall": 0.8,
        "recall_interval": [0.7, 0.9],
        "fa_per_hour": 40.0,
        "fa_per_hour_interval": [20.0, 9_000.0],
    }
    picture, (place,) = charts.draw_detection_curve([point], point, [])
    assert place["x"] < place["x2"] == charts.WIDTH - charts.RIGHT and "<svg" in picture


def test_the_axes_keep_order_and_have_a_place_for_zero():
    axes = charts.Axes(10)
    places = [axes.x(rate) for rate in (0, 0.1, 1, 5, 10, 40)]
    assert (
        places == sorted(places)
        and places[0] == charts.LEFT
        and places[-1] == places[-2] == charts.WIDTH - charts.RIGHT
    )
    assert axes.y(1) == charts.TOP and axes.y(0) == charts.HEIGHT - charts.BOTTOM


def test_a_spectrogram_has_low_frequencies_at_the_bottom():
    frames = np.zeros((30, 40), np.uint16)
    frames[10:20, 5] = 640
    picture = Image.open(io.BytesIO(charts.encode_spectrogram(frames))).convert("L")
    assert (
        picture.size == (30, 40)
        and picture.getpixel((15, 39 - 5)) > 200
        and picture.getpixel((15, 5)) < 10
        and picture.getpixel((5, 34)) < 10
    )


def test_a_trace_crosses_its_cutoff_where_the_mean_does():
    outputs = np.array([0] * 10 + [255] * 10, np.uint8)
    svg = charts.draw_trace(outputs, 60, 204, window=5, stride=3, word_s=[0.1, 0.3], title="t")
    mean = [
        tuple(map(float, point.split(","))) for point in re.search(r'class="mean" points="([^"]+)"', svg)[1].split(" ")
    ]
    cutoff = float(re.search(r'class="cutoff".* y1="([\d.]+)"', svg)[1])
    assert cutoff == 20.0
    crossing = next(x for x, y in mean if y < cutoff)
    assert crossing == 3 * 15  # five outputs of 255 after ten of none: four of them are 204, which is not above it
