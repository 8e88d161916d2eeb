"""The base of the browser tests draws pages, and sees what goes wrong in them."""


def test_a_page_is_drawn_and_runs_scripts(page):
    page.set_content("<title>drawn</title><button onclick=\"this.textContent = 'pressed'\">press</button>")
    page.get_by_role("button", name="press").click()
    assert page.title() == "drawn" and page.get_by_role("button").inner_text() == "pressed"


def test_errors_of_a_page_are_seen(page, console_errors):
    page.set_content(
        "<script>console.warn('only a warning'); console.error('told'); setTimeout(() => undefined.thrown)</script>"
    )
    page.wait_for_function("true")
    page.wait_for_timeout(100)
    assert len(console_errors) == 2 and "told" in console_errors[0] and "undefined" in console_errors[1]
    console_errors.clear()
