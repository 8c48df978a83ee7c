"""What holds on every page: axe finds nothing, the console stays quiet, a phone need not scroll sideways."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.routing import Rule

from shop.web.guards import Carrier, guard_of
from tests.chromium.conftest import DESKTOP, PHONE, Open
from tests.chromium.live import LiveShop
from tests.chromium.pages import EVERY_PAGE, IN_AN_EMPTY_SHOP, NO_PAGES, ON_A_PHONE, REFUSED, PageAs

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
EVERYTHING = {"type": "tag", "values": WCAG}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
#: Colours take three quarters of the time, and a page has the same ones at every width.
COLOURS_LEFT_OUT = {"color-contrast": {"enabled": False}}


@pytest.mark.parametrize("each", EVERY_PAGE, ids=str)
def test_every_page(open_as: Open, demo_shop: LiveShop, each: PageAs) -> None:
    page = open_as(each.role)
    page.goto(each.address(demo_shop))
    page.evaluate(AXE_SCRIPT)
    found = in_both_lights(page, "at the desk")
    page.set_viewport_size(PHONE)
    found += sideways(page)
    if each.is_for_phones:
        found += [f"on a phone: {violation}" for violation in violations(page, EVERYTHING, rules=COLOURS_LEFT_OUT)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("role", "path", "button"), REFUSED)
def test_a_form_that_was_refused(open_as: Open, demo_shop: LiveShop, role: str, path: str, button: str) -> None:
    page = open_as(role)
    page.goto(PageAs(role, path).address(demo_shop))
    page.get_by_role("button", name=button, exact=True).first.click()
    expect(page.locator("[aria-invalid='true']").first).to_be_focused()
    page.evaluate(AXE_SCRIPT)
    assert in_both_lights(page, "refused") == []


def test_a_form_that_somebody_saved_before(open_as: Open, demo_shop: LiveShop) -> None:
    page = open_as("desk")
    page.goto(PageAs("desk", "/desk/customers/{customer}?edit=1").address(demo_shop))
    page.locator("[name='version']").evaluate("(field) => { field.value = '99'; }")
    page.get_by_label("Notes").fill("Rings twice.\nHas a dog.")
    page.get_by_label("Telephone").fill("+1 555 0199")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Somebody saved this before you")).to_be_focused()
    page.evaluate(AXE_SCRIPT)
    found = in_both_lights(page, "at the desk")
    page.set_viewport_size(PHONE)
    assert found + sideways(page) + in_both_lights(page, "on a phone") == []


def test_an_empty_shop(open_window: Open, empty_shop: LiveShop) -> None:
    """A new owner comes by the link that the command prints, sets up an app as has to be, and looks around."""
    link = empty_shop.command("create-owner", "--name", "Nora New", "--email", "nora@example.com").splitlines()[-1]
    page = open_window(empty_shop)
    page.goto(link)
    page.get_by_label("New password").fill("seven green umbrellas")
    page.get_by_label("The same once more").fill("seven green umbrellas")
    page.get_by_role("button", name="Keep it and sign in").click()
    page.evaluate(AXE_SCRIPT)
    found = in_both_lights(page, "setting up")
    secret = "".join(page.locator(".secret span").all_inner_texts())
    page.get_by_label("The code that the app shows").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.evaluate(AXE_SCRIPT)
    assert found + in_both_lights(page, "recovery codes") == []
    recovery_code = page.locator(".recovery-codes code").first.inner_text()
    page.goto("/desk/")
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    for path in IN_AN_EMPTY_SHOP:
        page.set_viewport_size(DESKTOP)
        page.goto(path)
        page.evaluate(AXE_SCRIPT)
        found = in_both_lights(page, "at the desk")
        page.set_viewport_size(PHONE)
        assert found + sideways(page) == [], path

    _come_back_by(recovery_code, open_window(empty_shop))


def _come_back_by(recovery_code: str, page: Page) -> None:
    """In another browser, without the phone."""
    page.goto("/login?next=/desk/staff")
    page.get_by_label("E-mail").fill("nora@example.com")
    page.get_by_label("Password").fill("seven green umbrellas")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("I don’t have my phone").click()
    page.evaluate(AXE_SCRIPT)
    found = in_both_lights(page, "the code")
    page.set_viewport_size(PHONE)
    assert found + sideways(page) + in_both_lights(page, "the code on a phone") == []
    page.get_by_label("Recovery code").fill(recovery_code)
    page.get_by_role("button", name="Sign in with it").click()
    expect(page.get_by_role("heading", name="Staff")).to_be_visible()


def test_no_page_is_forgotten(shop: Flask) -> None:
    """Every route that a browser can open is in the list of pages or excused, and no excuse is out of date."""
    looked_at = {each.endpoint(shop) for each in EVERY_PAGE}
    there = {rule.endpoint for rule in shop.url_map.iter_rules() if _is_for_people(shop, rule)}
    assert there - looked_at == set(NO_PAGES)
    assert set(ON_A_PHONE) <= {each.path for each in EVERY_PAGE}


def in_both_lights(page: Page, where: str) -> list[str]:
    """What axe finds by day, and in the dark, which changes nothing but the colours."""
    found = []
    for light, asked in (("dark", CONTRAST), ("light", EVERYTHING)):
        page.emulate_media(color_scheme=light)
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        found += [f"{where}, {light}: {violation}" for violation in violations(page, asked)]
    return found


def violations(page: Page, asked: dict[str, Any], **more: Any) -> list[str]:
    """What axe finds: rule, element and reason of each."""
    options = {"runOnly": asked, "resultTypes": ["violations"], "preload": False, **more}  # no rule reads other files
    answer: dict[str, Any] = page.evaluate("(options) => axe.run(options)", options)
    return [
        f"{rule['id']} {node['target']} {node['failureSummary']}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"scrolls sideways by {wide} px"] if wide > 0 else []


def _is_for_people(app: Flask, rule: Rule) -> bool:
    guard = guard_of(app, rule.endpoint)
    return "GET" in (rule.methods or ()) and guard is not None and guard.carrier is Carrier.COOKIE
