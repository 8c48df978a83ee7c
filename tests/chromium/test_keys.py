"""The keys that the desk's pages know, pressed in Chromium: those that are listed under ``?``, and no others."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.chromium.conftest import SLOW, Open
from tests.chromium.live import LiveShop
from tools.front_door.settings import ROOT

NAMES = {"\N{DOWNWARDS ARROW}": "ArrowDown", "\N{UPWARDS ARROW}": "ArrowUp", "Esc": "Escape", "Ctrl": "Control"}
NAMES |= {"\N{PLACE OF INTEREST SIGN}": "Meta"}


def focused_is(page: Page, selector: str) -> None:
    expect(page.locator(f"{selector}:focus")).to_have_count(1)


def searches(page: Page, keys: str) -> None:
    page.keyboard.press(keys)
    focused_is(page, "[data-search]")


def goes_down_what_was_found(page: Page, keys: str) -> None:
    find(page, "honda")
    page.keyboard.press(keys)
    focused_is(page, "#search-results .row-link")


def goes_up_what_was_found(page: Page, keys: str) -> None:
    goes_down_what_was_found(page, "ArrowDown")
    page.keyboard.press(keys)
    focused_is(page, "[data-search]")


def writes_a_new_ticket(page: Page, keys: str) -> None:
    page.keyboard.press(keys)
    expect(page.get_by_role("heading", name="New ticket")).to_be_visible()


def goes_to_the_next_row(page: Page, keys: str) -> None:
    page.keyboard.press(keys)
    expect(page.locator(".row-link").first).to_be_focused()


def goes_to_the_row_before(page: Page, keys: str) -> None:
    page.locator(".row-link").nth(1).focus()
    page.keyboard.press(keys)
    expect(page.locator(".row-link").first).to_be_focused()


def leaves(page: Page, keys: str) -> None:
    page.locator("[data-search]").focus()
    page.keyboard.press(keys)
    expect(page.locator("[data-search]")).not_to_be_focused()
    page.locator("details[data-popup]:visible > summary").first.click()
    page.keyboard.press(keys)
    expect(page.locator("details[data-popup][open]")).to_have_count(0)


def sends_what_is_typed(page: Page, keys: str) -> None:
    page.locator("[data-search]").fill("brake")
    page.keyboard.press(keys)
    expect(page).to_have_url(re.compile(r"/desk/search\?q=brake"))


def takes_the_first_that_is_offered(page: Page, keys: str) -> None:
    page.goto("/desk/tickets/new")
    page.get_by_label("Name, telephone or plate").fill("ma")
    page.keyboard.press(keys)
    expect(page.locator("#new-ticket-matches [name='whose']").first).to_be_checked()


def shows_the_keys(page: Page, keys: str) -> None:
    page.keyboard.press(keys)
    expect(page.locator("#shortcuts")).to_be_visible()


DOES: dict[str, Callable[[Page, str], None]] = {
    "/": searches,
    "Control+k": searches,
    "Meta+k": searches,
    "ArrowDown": goes_down_what_was_found,
    "ArrowUp": goes_up_what_was_found,
    "Enter": takes_the_first_that_is_offered,
    "n": writes_a_new_ticket,
    "j": goes_to_the_next_row,
    "k": goes_to_the_row_before,
    "Escape": leaves,
    "Control+Enter": sends_what_is_typed,
    "Meta+Enter": sends_what_is_typed,
    "?": shows_the_keys,
}
#: What a ticket's page knows besides; the day in test_a_day.py is led by them.
ON_A_TICKET = set("gacplfwdesm")
ON_A_CANNED_JOB = set("plw")


@pytest.mark.parametrize("keys", DOES)
def test_does_what_it_says(open_as: Open, keys: str) -> None:
    page = open_as("desk")
    page.goto("/desk/tickets")
    DOES[keys](page, keys)


def test_all_are_listed(open_as: Open, demo_shop: LiveShop) -> None:
    page = open_as("desk")
    page.goto("/desk/tickets")
    assert listed(page) == DOES.keys()
    page.goto(f"/desk/tickets/{demo_shop.number('SELECT min(id) FROM ticket')}")
    assert listed(page) == DOES.keys() | ON_A_TICKET
    page.goto(f"/desk/canned-jobs/{demo_shop.number('SELECT min(id) FROM canned_job')}")
    assert listed(page) == DOES.keys() | ON_A_CANNED_JOB


def test_a_canned_job_is_changed_by_keys_alone(open_as: Open, demo_shop: LiveShop) -> None:
    page = open_as("desk")
    page.goto(f"/desk/canned-jobs/{demo_shop.number('SELECT max(id) FROM canned_job')}")
    lines = page.locator(".ticket-lines tbody tr")
    before = lines.count()
    page.keyboard.press("l")
    page.keyboard.type("Test drive")
    page.keyboard.press("Tab")
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    expect(lines).to_have_count(before + 1)
    change = page.get_by_role("link", name="Change Test drive")
    change.press("Enter")
    expect(page.get_by_label("Description").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(change).to_be_visible()


def listed(page: Page) -> set[str]:
    keys = page.locator("#shortcuts .keys").evaluate_all(
        "(all) => all.map((keys) => [...keys.children].map((key) => key.textContent))"
    )
    return {"+".join(NAMES.get(key, key.lower() if len(key) == 1 else key) for key in each) for each in keys}


def test_no_others_are_known() -> None:
    """The script's table, and the links that have a key."""
    script = (ROOT / "static/js/shop.js").read_text("utf-8")
    table = script[script.index("const KEYS = {") : script.index("\n  };")]
    pages = "".join(path.read_text("utf-8") for path in (ROOT / "templates").rglob("*.html"))
    known = re.findall(r'"(\S+)": ', table) + re.findall(r'data[-_]key="(.)"', pages)
    assert set(known) == DOES.keys() | ON_A_TICKET


def test_a_canned_job_is_inserted_by_two_keys(open_as: Open, demo_shop: LiveShop) -> None:
    ticket = demo_shop.number("SELECT max(id) FROM ticket WHERE status = 'in_progress'")
    page = open_as("desk")
    page.goto(f"/desk/tickets/{ticket}")
    jobs = page.locator(".job")
    before = jobs.count()
    third = page.locator("select[data-figures] option", has_text=re.compile(r"\(3\)$")).inner_text()
    page.keyboard.press("c")
    page.keyboard.press("3")
    expect(jobs).to_have_count(before + 1)
    expect(jobs.last).to_contain_text(third.removesuffix(" (3)"))


class TestACarThatWasFound:
    def test_leads_by_key_to_its_new_ticket(self, open_as: Open) -> None:
        page = open_as("desk")
        page.goto("/desk/")
        find(page, "toyota")
        offer = page.locator("#search-results .found__offer").first
        words = offer.inner_text().removeprefix("New ticket for ").strip()
        presses = page.locator("#search-results a:is(.row-link, .found__offer)").evaluate_all(
            "(links) => links.findIndex((link) => link.matches('.found__offer')) + 1"
        )
        for _ in range(presses):
            page.keyboard.press("ArrowDown")
        expect(offer).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="New ticket")).to_be_visible()
        chosen = page.locator(".match__choice", has=page.locator("input[name='whose']:checked"))
        expect(chosen.locator(".plate")).to_have_text(words)

    def test_is_jumped_to_by_its_plate(self, open_as: Open, demo_shop: LiveShop) -> None:
        ticket = demo_shop.number("SELECT max(id) FROM ticket WHERE status = 'in_progress' AND vehicle_id > 6")
        page = open_as("desk")
        page.goto(f"/desk/tickets/{ticket}")
        plate = page.locator(".ticket-head .plate").inner_text()
        page.goto("/desk/")
        page.keyboard.press("Control+k")
        page.keyboard.type(plate)
        page.keyboard.press("Enter")
        expect(page.locator(".ticket-head .plate")).to_have_text(plate)

    def test_is_the_one_that_n_is_for(self, open_as: Open) -> None:
        page = open_as("desk")
        page.goto("/desk/vehicles/9")
        plate = page.locator("h1 .plate").inner_text()
        page.keyboard.press("n")
        chosen = page.locator(".match__choice", has=page.locator("input[name='whose']:checked"))
        expect(chosen.locator(".plate")).to_have_text(plate)


class TestWhatIsOffered:
    def test_for_a_new_ticket_is_chosen_by_the_arrows(self, open_as: Open) -> None:
        page = open_as("desk")
        page.goto("/desk/tickets/new")
        page.keyboard.type("ma", delay=300)  # a slow machine has the script a moment after the page
        choices = page.locator("#new-ticket-matches [name='whose']")
        expect(choices.first).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(choices.first).to_be_focused()
        expect(choices.first).to_be_checked()
        page.keyboard.press("ArrowDown")
        expect(choices.nth(1)).to_be_checked()

    def test_is_what_fits_by_now_and_not_what_was_chosen(self, open_as: Open) -> None:
        page = open_as("desk")
        page.goto("/desk/tickets/new?vehicle=9")
        chosen = page.locator("[name='whose']:checked")
        before = chosen.get_attribute("value")
        page.get_by_label("Name, telephone or plate").fill("0142")
        page.keyboard.press("Enter")
        focused_is(page, "[name='whose'][value^='2-']")
        assert chosen.get_attribute("value") != before
        page.keyboard.press("Enter")
        expect(page.get_by_label("What is wrong?")).to_have_attribute("aria-invalid", "true")

    def test_is_nobody_yet(self, open_as: Open) -> None:
        page = open_as("desk")
        page.goto("/desk/tickets/new")
        page.get_by_label("Name, telephone or plate").fill("Zebedee")
        expect(page.get_by_text("Nobody is like “Zebedee”.")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Name", exact=True)).to_have_value("Zebedee")

    def test_for_a_job_is_taken_by_enter(self, open_as: Open, queued: int) -> None:
        page = open_as("desk")
        page.goto(f"/desk/tickets/{queued}")
        job = page.locator(".job").first
        job.get_by_role("searchbox").fill("oil")
        page.keyboard.press("Enter")
        expect(job.locator(".pick [name='quantity']").first).to_be_focused()

    def test_for_a_job_is_gone_through_by_the_arrows(self, open_as: Open, queued: int) -> None:
        page = open_as("desk")
        page.goto(f"/desk/tickets/{queued}")
        job = page.locator(".job").first
        search, quantities = job.get_by_role("searchbox"), job.locator(".pick [name='quantity']")
        search.fill("oil")
        expect(quantities.nth(1)).to_be_visible()
        for keys, place in (
            ("ArrowDown", quantities.first),
            ("ArrowDown", quantities.nth(1)),
            ("ArrowUp", quantities.first),
            ("ArrowUp", search),
        ):
            page.keyboard.press(keys)
            expect(place).to_be_focused()


def find(page: Page, words: str) -> None:
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    with page.expect_response(lambda answer: urlsplit(answer.url).query == f"q={words}", timeout=SLOW):
        page.keyboard.type(words)
    expect(page.locator("#search-results .row-link").first).to_be_visible()
