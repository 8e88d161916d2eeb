"""`make try` in a browser whose microphone is a recording."""

import re
import threading

import pytest

from scripts.core import audio
from scripts.live.app import make_app
from scripts.live.published import find_published
from scripts.live.server import Server


@pytest.fixture
def recordings(tmp_path):
    return tmp_path / "recordings" / "alexa"


@pytest.fixture
def address(alexa_data, recordings):
    server = Server(make_app(find_published(alexa_data, "alexa"), recordings))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server.url
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def caller(chromium, three_calls):
    """A browser into whose microphone "alexa" is called three times, over and over."""
    return chromium(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={three_calls[0]}",
    )


@pytest.fixture
def page(caller, watch):
    context = caller.new_context(viewport={"width": 390, "height": 844})
    yield watch(context.new_page())
    context.close()


def test_a_detection_is_listed_and_its_clip_can_be_kept(page, address, recordings):
    from playwright.sync_api import expect

    page.goto(address)
    expect(page.get_by_role("heading", name="Alexa")).to_be_visible()
    expect(page.get_by_role("slider", name="Cutoff")).to_have_value("0.9")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Start listening")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Listening")
    detections = page.get_by_role("log", name="Detections").get_by_role("listitem")
    expect(detections.first).to_contain_text(re.compile(r"\d:\d\d\.\d\s*detected up to cutoff 0\.9"))
    assert (
        page.locator("#trace").evaluate(
            "c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
        )
        > 4
    )

    word = page.get_by_role("button", name=re.compile("^The word"))
    expect(word).to_have_count(0)
    assert not recordings.exists(), "nothing is written before the user says so"
    page.get_by_role("switch", name="Offer to keep clips").check()
    word.last.click()
    expect(detections.last).to_contain_text("Kept as")
    (kept,) = (recordings / "positive").iterdir()
    assert audio.duration_s(kept) == pytest.approx(2.5, abs=0.2) and audio.rms(audio.read(kept)) > 0.005

    page.get_by_role("button", name=re.compile("^False wake")).last.click()
    expect(word.last).to_have_attribute("aria-pressed", "false")
    expect(detections.last).to_contain_text("negative")
    assert not kept.exists() and len(list((recordings / "negative").iterdir())) == 1
    page.get_by_role("button", name=re.compile("^It missed me")).click()
    expect(detections.filter(has_text="missed")).to_contain_text("Kept as")
    assert len(list((recordings / "positive").iterdir())) == 1

    page.get_by_role("button", name="Stop listening").click()
    expect(page.get_by_role("status")).to_have_text("Stopped.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out on a phone"


def test_the_slider_gives_the_line_for_the_device(page, address):
    from playwright.sync_api import expect

    page.goto(address)
    slider, own = page.get_by_role("slider", name="Cutoff"), page.get_by_role("button", name="The model’s own: 0.90")
    expect(own).to_be_disabled()
    slider.press("ArrowRight")
    expect(page.get_by_text("probability_cutoff: 91%")).to_be_visible()
    own.click()
    expect(slider).to_have_value("0.9")
    expect(page.get_by_text("probability_cutoff")).to_be_hidden()


def test_a_refused_microphone_is_explained(page, address):
    from playwright.sync_api import expect

    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); }"
    )
    page.goto(address)
    page.get_by_role("button", name="Start listening").click()
    expect(page.get_by_role("status")).to_contain_text("not allowed to use the microphone")
    expect(page.get_by_role("button", name="Start listening")).to_be_enabled()
