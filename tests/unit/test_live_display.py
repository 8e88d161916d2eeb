"""`make listen`: a bar on a terminal, plain lines elsewhere, and a count at the end."""

import io

import pytest

from scripts.core.decode import Decoder
from scripts.live import display
from scripts.live.published import find_published
from scripts.live.streaming import StreamingDetector


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def listen(alexa_data):
    """listen(blocks, out): what is shown on `out`."""
    alexa = find_published(alexa_data, "alexa")

    def run(blocks, out):
        display.listen(blocks, StreamingDetector(alexa), display.Display(alexa.cutoff, out))
        return out.getvalue()

    return run


def test_plain_lines_tell_of_detections_and_that_it_still_listens(listen, three_calls):
    path, ends = three_calls
    text = listen(Decoder(path), io.StringIO())
    lines = text.splitlines()
    detected = [line for line in lines if "detected up to cutoff 0.9" in line]
    assert [float(line.split()[0].split(":")[1]) for line in detected] == pytest.approx(ends, abs=0.6)
    assert any("listening; the last 10 s reached cutoff" in line for line in lines)
    assert lines[-1].startswith("3 detections in 0:")
    assert "\033" not in text and "\r" not in text


@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_shows_a_bar_and_respects_no_color(listen, three_calls, monkeypatch, no_color):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1" if no_color else "")
    monkeypatch.setattr(display, "REDRAW_S", 0.0)
    text = listen(Decoder(three_calls[0]), Terminal())
    assert text.count("detected up to cutoff") == 3 and text.count("█" * 20) > 3
    assert ("\033[32" in text) is not no_color


def test_ctrl_c_ends_it_with_the_count(listen, three_calls):
    def interrupted():
        yield from Decoder(three_calls[0])
        raise KeyboardInterrupt

    assert listen(interrupted(), io.StringIO()).splitlines()[-1].startswith("3 detections")
