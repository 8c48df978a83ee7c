"""A page whose sign-in has ended stays, with what is half typed on it, and says so."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.chromium.conftest import EMAILS, Open
from tests.chromium.live import PASSWORD

NOTICE = "[data-signed-out]"


def test_searching_leaves_what_is_typed_elsewhere(open_as: Open) -> None:
    page = open_as("desk")
    page.goto("/desk/customers/new")
    page.get_by_label("Name").fill("Half ty")
    page.context.clear_cookies()
    for words in ("joy", "joy bl"):
        with page.expect_response(re.compile("/desk/search")):
            page.locator("[data-search]").press_sequentially(words)
        expect(page.locator(NOTICE)).to_have_count(1)
    expect(page).to_have_url(re.compile("/desk/customers/new$"))
    expect(page.get_by_label("Name")).to_have_value("Half ty")

    with page.expect_popup() as opened:
        page.get_by_role("link", name="Sign in again in another tab").click()
    sign_in(opened.value)
    page.locator("[data-search]").fill("joy")
    expect(page.locator(NOTICE)).to_have_count(0)
    expect(page.get_by_label("Name")).to_have_value("Half ty")


def test_the_board_says_so_once_and_goes_on_after_signing_in(open_as: Open) -> None:
    page = open_as("desk")
    page.clock.install()
    page.goto("/desk/")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    for _ in range(2):
        poll(page)
        expect(page.locator(NOTICE)).to_have_count(1)
    expect(page.locator("#board")).to_be_visible()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    poll(page)
    expect(page.locator(NOTICE)).to_have_count(0)


def poll(page: Page) -> None:
    with page.expect_response(re.compile(r"/desk/\?")):
        page.clock.run_for(6_000)


def sign_in(page: Page) -> None:
    page.get_by_label("E-mail").fill(EMAILS["desk"])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").first.wait_for()
