"""The studio in a browser: from a phrase to a device, by keyboard and on a phone."""

import re
import shutil

import pytest
from studio import serving


@pytest.fixture
def data(alexa_data, tmp_path):
    """A DATA_DIR of this test's own, without datasets."""
    return shutil.copytree(alexa_data, tmp_path / "data", symlinks=True)


@pytest.fixture
def address(data, tmp_path):
    with serving(data, tmp_path) as url:
        yield url


def is_narrow(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_phrase_is_advised_heard_and_trained(page, address, tmp_path):
    from playwright.sync_api import expect

    page.goto(address)
    page.get_by_label("Language").select_option("de")
    phrase, start = page.get_by_label("Phrase", exact=True), page.get_by_role("button", name="Train it")
    phrase.fill("hm")
    advice = page.get_by_role("status", name="Advice")
    expect(advice).to_contain_text("Short (1 syllable")
    phrase.fill("agent 007")
    expect(advice).to_contain_text("“007” is read as “null null sieben”")
    expect(advice).to_contain_text(re.compile(r"\d syllables, about \d\.\d s"))
    for name, least in (("quick", "0.3 GB"), ("default", "0.6 GB"), ("thorough", "2.4 GB")):
        expect(page.locator(f"#cost-{name}")).to_contain_text(f"this machine is not measured yet), {least} of disk")
    page.get_by_label("Another spelling").fill("agent null")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("button", name="agent null, spoken by: German woman, eSpeak NG").click()
    expect(page.locator("#said")).to_have_text("“agent null”, German woman, eSpeak NG")
    page.get_by_role("button", name="Take the spelling agent null").click()
    expect(phrase).to_have_value("agent null")
    page.get_by_role("radio", name=re.compile("^Quick")).check()
    expect(page.locator("#command")).to_have_text(
        'make train WORD="agent null" LANGUAGE=de SAMPLES=1000 NEGATIVE_SAMPLES=1000 TRAINING_STEPS=1500 TEACHERS=0'
    )
    expect(start).to_be_enabled()
    start.press("Enter")

    page.wait_for_url("**/train")
    card = page.get_by_role("region", name="agent null")
    expect(card).to_contain_text("Training: stage 1 of 2, samples")
    expect(card.get_by_role("progressbar")).to_have_attribute("value", re.compile(r"0\.\d+"))
    expect(card).to_contain_text(re.compile("about .* left"))
    page.close()


def test_a_page_opened_later_finds_the_training_and_stops_it(page, address, tmp_path):
    from playwright.sync_api import expect

    page.goto(address)
    page.get_by_label("Phrase", exact=True).fill("alexa please")
    page.get_by_role("button", name="Train it").click()
    page.wait_for_url("**/train")
    page.goto("about:blank")
    page.goto(f"{address}train")
    card = page.get_by_role("region", name="alexa please")
    expect(card).to_contain_text("Training")
    card.get_by_text("Log", exact=True).click()
    expect(card.get_by_label("Log")).to_contain_text("speak: 500/1000 clips")
    card.get_by_role("button", name="Stop: alexa please").click()
    expect(card).to_contain_text("Stopped")
    (tmp_path / "go").touch()
    card.get_by_role("button", name="Continue: alexa please").click()
    expect(card).to_contain_text("Ready")
    expect(card.get_by_role("link", name="Look at the result")).to_be_visible()
    card.get_by_role("button", name="Remove from this list").click()
    expect(page.get_by_text("Nothing is being trained.")).to_be_visible()


def test_what_make_refuses_cannot_be_started(page, address, console_errors):
    from playwright.sync_api import expect

    page.goto(address)
    page.get_by_label("Phrase", exact=True).fill("refused")
    expect(page.get_by_role("status", name="Advice")).to_contain_text('WORD="refused": no voice reads it')
    expect(page.get_by_role("button", name="Train it")).to_be_disabled()
    assert all("400" in error for error in console_errors)
    console_errors.clear()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out(page, address, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    for step in ("", "train", "words", "result/alexa", "try/alexa/", "install/alexa"):
        page.goto(f"{address}{step}")
        assert is_narrow(page), step
    assert (
        page.evaluate("getComputedStyle(document.body).backgroundColor")
        == {
            "light": "rgb(245, 246, 244)",
            "dark": "rgb(18, 22, 21)",
        }[scheme]
    )


def test_a_word_leads_from_its_result_to_a_device(page, address, data):
    from playwright.sync_api import expect

    page.goto(address)
    page.get_by_role("navigation", name="Steps").get_by_role("link", name="Words").click()
    page.get_by_role("link", name="Alexa").click()
    expect(page.get_by_text("Nobody has tried it yet: say it ten times.")).to_be_visible()
    expect(page.get_by_role("row", name="Cutoff, window 0.9, 5")).to_be_visible()
    page.get_by_role("link", name="Try it").click()
    expect(page.get_by_role("button", name="Start listening")).to_be_enabled()
    page.get_by_role("slider", name="Cutoff").press("ArrowRight")
    page.get_by_role("link", name="Install").click()
    expect(page.get_by_text("which you chose while trying it")).to_be_visible()
    yaml = page.locator("#ready-yaml")
    expect(yaml).to_have_text(
        "micro_wake_word:\n  models:\n    - model: alexa.json\n      id: alexa\n      probability_cutoff: 91%\n"
    )
    page.get_by_role("tab", name="A ready device").press("ArrowRight")
    expect(page.get_by_role("tab", name="A board of your own")).to_be_focused()
    expect(yaml).to_be_hidden()
    page.get_by_label("Let ESPHome fetch the model").check()
    expect(page.locator("#own-yaml")).to_contain_text(f"- model: {address}alexa.json\n      id: alexa\n")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download both").click()
    assert download.value.suggested_filename == "alexa.zip"
