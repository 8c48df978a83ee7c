"""The desk's menu on a phone: four pages in the bar, the others in a sheet over it."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.chromium.conftest import DESKTOP, Open
from tests.chromium.test_every_page import in_both_lights

NARROW = {"width": 360, "height": 640}
TOO_SMALL = "all => all.filter((one) => one.offsetWidth < 44 || one.offsetHeight < 44).map((one) => one.textContent)"
CUT = "all => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)"


def names(page: Page) -> list[str]:
    return [words.strip() for words in page.locator(".main-nav :is(a, summary):visible").all_inner_texts()]


@pytest.mark.parametrize("script", [True, False], ids=["htmx", "no script"])
@pytest.mark.parametrize(
    ("role", "rest"),
    [("owner", ["Mechanics", "Staff", "Outbox", "History", "Settings"]), ("desk", ["Mechanics", "Outbox"])],
)
def test_the_rest_is_in_more(open_as: Open, role: str, rest: list[str], script: bool) -> None:
    page = open_as(role, java_script_enabled=script, viewport=NARROW, has_touch=True)
    page.goto("/desk/tickets")
    more = page.locator(".main-nav summary")
    assert names(page) == ["Board", "Tickets", "Customers", "Inventory", "More"]
    assert more.get_attribute("aria-current") is None
    for _ in range(2):
        more.click()
        assert names(page) == ["Board", "Tickets", "Customers", "Inventory", "More", *rest]
        page.keyboard.press("Escape") if script else more.click()
        expect(page.locator(".main-nav .menu")).to_be_hidden()
        expect(more).to_be_focused()
    more.click()
    page.locator(".main-nav .menu").get_by_role("link", name=rest[-1]).click()
    expect(page.get_by_role("heading", level=1, name=rest[-1])).to_be_visible()
    expect(more).to_have_attribute("aria-current", "true")
    more.click()
    expect(page.locator(".main-nav [aria-current='page']:visible")).to_have_text(rest[-1])


def test_every_entry_can_be_read_and_hit(open_as: Open) -> None:
    page = open_as("owner", viewport=NARROW, has_touch=True)
    page.goto("/desk/settings")
    page.locator(".main-nav summary").click()
    entries, words = page.locator(".rail :is(a, summary):visible"), page.locator(".main-nav__label:visible")
    assert (entries.count(), words.count()) == (11, 5)
    assert entries.evaluate_all(TOO_SMALL) == []
    assert words.evaluate_all(CUT) == []
    page.evaluate(AXE_SCRIPT)
    assert in_both_lights(page, "in the sheet") == []


def test_at_the_desk_all_of_it_stands_on_the_rail(open_as: Open) -> None:
    page = open_as("desk", viewport=DESKTOP)
    page.goto("/desk/outbox")
    shown = [words.partition("\n")[0] for words in names(page)]
    assert shown == ["Board", "Tickets", "Customers", "Inventory", "Mechanics", "Outbox"]


def test_a_short_menu_has_no_more(open_as: Open) -> None:
    for role, path in (("mechanic", "/floor/"), ("customer", "/my/")):
        page = open_as(role, viewport=NARROW)
        page.goto(path)
        expect(page.locator(".main-nav a").first).to_be_visible()
        expect(page.locator(".main-nav summary")).to_have_count(0)
