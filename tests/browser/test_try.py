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


def test_the_word_said_ten_times_gives_the_cutoff_that_hears_all(page, address):
    from playwright.sync_api import expect

    page.goto(address)
    ten, leave = page.get_by_role("button", name="Say it ten times"), page.get_by_role("button", name="Leave it on")
    expect(ten).to_be_disabled()
    page.get_by_role("button", name="Start listening").click()
    leave.click()
    ten.click()
    expect(page.locator("#ten-text")).to_have_text("Say it now: 1 of 10")
    expect(page.locator("#ten-text")).to_have_text(re.compile(r"^\d+ of 10 heard\. "))
    heard = int(page.locator("#ten-text").inner_text().split()[0])
    assert heard >= 5, "three calls in some 14 s make one or two for nearly every turn of four"
    expect(page.locator("#leave-text")).to_have_text(re.compile(r"^\d+ false wakes? in 0 min$"))
    assert heard <= int(page.locator("#leave-text").inner_text().split()[0])
    leave.click()
    expect(leave).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Stop listening").click()


def test_tasks_are_judged_by_what_was_detected(page, address):
    page.goto(address)
    judged = page.evaluate(
        """async () => {
          const { LeftOn, TenTimes } = await import("./tasks.js");
          const ten = new TenTimes(100), left = new LeftOn(0);
          for (let turn = 0; turn < 10; turn++) ten.add([[102 + 4 * turn, 0, 0, turn !== 3, 0.9 - turn / 100]]);
          const before = ten.isOver;
          ten.add([[140.7, 0, 0, false, 0]]);
          left.add([[1800, 0, 0, true, 0.9], [3600, 0, 0, false, 0]]);
          const silent = new TenTimes(0);
          silent.add([[41, 0, 0, false, 0]]);
          return [before, ten.isOver, ten.heard, ten.lowest, ten.describe(), left.describe(), silent.describe()];
        }"""
    )
    assert judged[:4] == [False, True, 9, pytest.approx(0.81)]
    assert judged[4] == "9 of 10 heard. All ten are heard up to cutoff 0.81."
    assert judged[5] == "1 false wake in 1 h 0 min: 1.0 per hour"
    assert judged[6].startswith("0 of 10 heard. Not at any cutoff: number 1, 2, 3")


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
