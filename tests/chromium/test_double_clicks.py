"""A double click presses one button: not also the one that has come to its place meanwhile."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.chromium.conftest import Open

TABLET = {"width": 820, "height": 1180}

#: The next click that is said to be the second half comes 400 ms after the first, however slow this machine is.
SECOND_HALVES = """
    addEventListener("click", (event) => {
        if (window.isSecondHalf) Object.defineProperty(event, "timeStamp", { value: window.firstHalfAt + 400 });
        else window.firstHalfAt = event.timeStamp;
        window.isSecondHalf = false;
    }, true);
"""


def press(page: Page, button: Locator, *, count: int) -> None:
    """One press of the mouse in the middle of a button, the first or second of a double click."""
    page.evaluate("(isSecondHalf) => { window.isSecondHalf = isSecondHalf; }", count == 2)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down(click_count=count)
    page.mouse.up(click_count=count)


def test_slower_than_the_answer(open_as: Open, queued: int) -> None:
    page = open_as("desk")
    page.add_init_script(SECOND_HALVES)
    page.goto(f"/desk/tickets/{queued}")
    status = page.locator(".ticket-head .pill")
    press(page, page.get_by_role("button", name="Start work", exact=True), count=1)
    expect(status).to_have_text("In progress")
    press(page, page.get_by_role("button", name="Send to quality check", exact=True), count=2)
    page.wait_for_timeout(300)
    expect(status).to_have_text("In progress")
    page.get_by_role("button", name="Send to quality check", exact=True).click()  # a click of its own is never held
    expect(status).to_have_text("Quality check")
    page.get_by_role("button", name="Mark as ready", exact=True).click()
    expect(status).to_have_text("Ready")
    page.locator("summary:visible", has_text="More").first.click()
    page.get_by_role("button", name="Reopen the work", exact=True).click()
    expect(status).to_have_text("In progress")


def test_by_finger(open_as: Open, queued: int) -> None:
    page = open_as("mechanic", viewport=TABLET)
    page.add_init_script(SECOND_HALVES)
    page.goto("/floor/")
    card = page.locator(".job-card", has=page.locator(f"a[href='/floor/tickets/{queued}']"))
    tap(card.get_by_role("button", name="Start work", exact=True))
    expect(card.locator(".pill")).to_have_text("In progress")
    page.evaluate("() => { window.isSecondHalf = true; }")
    tap(card.get_by_role("button", name="Send to quality check", exact=True))
    page.wait_for_timeout(300)
    expect(card.locator(".pill")).to_have_text("In progress")
    page.wait_for_timeout(700)
    tap(card.get_by_role("button", name="Send to quality check", exact=True))
    page.get_by_role("dialog").get_by_role("button", name="Send to quality check", exact=True).click()
    expect(card.locator(".pill")).to_have_text("Quality check")
    page.goto(f"/floor/tickets/{queued}")
    page.get_by_role("button", name="Back to work", exact=True).click()
    expect(page.locator(".job-page .pill")).to_have_text("In progress")


def tap(button: Locator) -> None:
    """As a browser tells a tap that does not count them; Chromium's own does."""
    button.evaluate("""button => {
        const { left, top } = button.getBoundingClientRect();
        const event = { detail: 1, pointerType: "touch", clientX: left + 20, clientY: top + 9 };
        button.dispatchEvent(new PointerEvent("click", { bubbles: true, cancelable: true, ...event }));
    }""")


def test_quicker_than_the_answer(open_as: Open, queued: int) -> None:
    page = open_as("desk")
    page.goto(f"/desk/tickets/{queued}")
    page.get_by_role("button", name="Start work", exact=True).dblclick()
    expect(page.locator(".ticket-head .pill")).to_have_text("In progress")
    page.wait_for_timeout(300)
    expect(page.locator(".ticket-head .pill")).to_have_text("In progress")


def test_on_the_list_of_jobs(open_as: Open, queued: int) -> None:
    page = open_as("mechanic")
    page.add_init_script(SECOND_HALVES)
    page.goto("/floor/")
    card = page.locator(".job-card", has=page.locator(f"a[href='/floor/tickets/{queued}']"))
    press(page, card.get_by_role("button", name="Start work", exact=True), count=1)
    expect(card.locator(".pill")).to_have_text("In progress")
    press(page, card.get_by_role("button", name="Send to quality check", exact=True), count=2)
    page.wait_for_timeout(300)
    expect(card.locator(".pill")).to_have_text("In progress")


def test_keys_are_as_quick_as_they_like(open_as: Open, queued: int) -> None:
    page = open_as("desk")
    page.goto(f"/desk/tickets/{queued}")
    page.get_by_role("button", name="Start work", exact=True).press("Enter")
    page.get_by_role("button", name="Send to quality check", exact=True).press("Enter")
    expect(page.locator(".ticket-head .pill")).to_have_text("Quality check")
    page.get_by_role("button", name="Mark as ready", exact=True).press("Enter")
    expect(page.locator(".ticket-head .pill")).to_have_text("Ready")
    page.locator("summary:visible", has_text="More").first.click()
    page.get_by_role("button", name="Reopen the work", exact=True).click()
