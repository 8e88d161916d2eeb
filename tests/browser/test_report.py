"""report.html in a real browser: on a phone and a desktop, by keyboard, and with sound."""

import time

import pytest

PATIENCE_S = 120


def until(page, expression: str) -> None:
    """Wait until an expression is true; wait_for_function() would need eval, which the page forbids."""
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never true: {expression}"
        page.wait_for_timeout(50)


@pytest.fixture
def report(page, report_page):
    page.goto(report_page.as_uri())
    return page


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(page, report_page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(report_page.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_requests_nothing_from_the_network(page, report_page):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(report_page.as_uri())
    assert [url for url in requests if not url.startswith(("data:", report_page.as_uri()))] == []


def test_players_play(report):
    until(report, "[...document.querySelectorAll('audio')].every((each) => each.readyState >= 1)")
    lengths = report.evaluate("[...document.querySelectorAll('audio')].map((each) => each.duration)")
    assert len(lengths) == 3 and all(1.4 < seconds < 1.7 for seconds in lengths), lengths
    assert not report.evaluate("[...document.querySelectorAll('audio')].some((each) => each.error)")
    report.evaluate(
        "(async () => { const each = document.querySelector('audio'); each.muted = true; await each.play(); })()"
    )
    until(report, "document.querySelector('audio').currentTime > 0.2")
    assert report.evaluate("document.querySelector('.playhead').style.left") not in ("", "0%")
    report.evaluate("document.querySelectorAll('audio')[1].play()")
    until(report, "document.querySelector('audio').paused")  # the second player stops the first


def test_the_slider_shows_the_figures_of_a_cutoff(report):
    slider = report.get_by_label("Cutoff", exact=False).and_(report.get_by_role("slider"))
    before = report.locator("#here .dot").get_attribute("cx")
    assert (
        report.locator("#change").inner_text() == "This is the chosen cutoff." and report.locator("#reset").is_hidden()
    )
    slider.focus()
    for _ in range(3):
        report.keyboard.press("ArrowRight")
    assert report.locator("#value").inner_text() == "0.93"
    assert "0.93: detects" in slider.get_attribute("aria-valuetext")
    assert "fewer of 100 clips" in report.locator("#change").inner_text()
    assert report.locator("#here .dot").get_attribute("cx") != before
    assert report.locator("#yaml").text_content().endswith("      probability_cutoff: 93%\n")
    report.get_by_role("button", name="Back to 0.90").press("Enter")
    assert (
        report.locator("#value").inner_text() == "0.90"
        and "probability_cutoff" not in report.locator("#yaml").text_content()
    )


def test_the_keyboard_reaches_everything(report):
    focusable = set(
        report.evaluate("""[...document.querySelectorAll('a, button, input, summary, audio')].filter((each) => each.checkVisibility())
        .map((each, number) => each.dataset.number = String(number))""")
    )
    reached = set()
    for _ in range(len(focusable) * 6 + 20):  # a player has several parts
        report.keyboard.press("Tab")
        reached.add(report.evaluate("document.activeElement.dataset?.number ?? ''"))
        if focusable <= reached:
            break
    assert focusable <= reached


def test_a_screen_reader_finds_landmarks_and_headings(report):
    snapshot = report.locator("body").aria_snapshot()
    for landmark in (
        "banner",
        'navigation "Sections"',
        "main",
        "contentinfo",
        'heading "Hey Buster" [level=1]',
        'region "The worst misses"',
        "slider",
    ):
        assert landmark in snapshot, landmark


def test_text_has_enough_contrast_in_light_and_dark(browser, watch, report_page):
    """Every text on its background has a contrast of 4.5 or more (WCAG 2.1, AA)."""
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = watch(context.new_page())
        page.goto(report_page.as_uri())
        poor = page.evaluate("""() => {
          const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
          const luminance = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const ground = (element) => { for (; element; element = element.parentElement) {
            const colour = numbers(getComputedStyle(element).backgroundColor); if (colour.length < 4 || colour[3] > 0) return colour; } return [255, 255, 255]; };
          return [...document.querySelectorAll('p, td, th, h1, h2, h3, a, dt, dd, span, strong, button, label, output, summary, code, caption, small')]
            .filter((each) => each.checkVisibility() && each.innerText.trim()).map((each) => {
              const [a, b] = [luminance(numbers(getComputedStyle(each).color)), luminance(ground(each))];
              return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), each.outerHTML.slice(0, 80)]; }).filter(([ratio]) => ratio < 4.5);
        }""")
        assert poor == []
        context.close()
