"""A headless Chromium for the tests that look at pages: the system's own, driven by playwright.

    def test_it_opens(page):
        page.goto("file:///...")        # anything on the console that is an error fails the test

`page` is all most tests need. One that needs command-line options of its own asks `chromium` for a browser and `watch`
to have a page in it watched.
"""

import os
import shutil
from collections.abc import Callable

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ABSENT = "no Chromium is installed here, so pages cannot be looked at. On Debian: sudo apt-get install chromium"
PATIENCE_MS = 120_000  # a machine that is busy training is slow, not wrong


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is. Without one the test is skipped, but where CI=true it fails: there nothing may go unseen."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(ABSENT)
    return found


@pytest.fixture(scope="session")
def playwright(chromium_path):
    # Without Chromium nothing of it is started: its driver needs libraries (libatomic) that come with that only.
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright, chromium_path) -> Callable:
    """chromium(*arguments): a browser started with these command-line options; all are closed at the end."""
    browsers = []

    def launch(*arguments: str):
        browsers.append(
            playwright.chromium.launch(executable_path=chromium_path, args=list(arguments), timeout=PATIENCE_MS)
        )
        return browsers[-1]

    yield launch
    for browser in browsers:
        browser.close()


@pytest.fixture(scope="session")
def browser(chromium):
    return chromium()


@pytest.fixture
def console_errors() -> list[str]:
    """Everything that went wrong in watched pages; what is still in the list at the end fails the test."""
    errors: list[str] = []
    yield errors
    assert not errors, "the page's console shows errors:\n" + "\n".join(errors)


@pytest.fixture
def watch(console_errors) -> Callable:
    """watch(page): the same page, its console watched from now on."""

    def said(message):
        if message.type == "error":
            console_errors.append(f"{message.text} ({message.location.get('url')})")

    def watched(page):
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", said)
        page.on("pageerror", lambda error: console_errors.append(str(error)))
        return page

    return watched


@pytest.fixture
def page(browser, watch):
    """A page in a window of its own, 1280 x 800; an error on its console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield watch(context.new_page())
    context.close()
