"""What a ticket's page does besides its forms."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.chromium.conftest import Open


def test_a_link_is_copied_whole(open_as: Open) -> None:
    page = open_as("desk")
    page.context.grant_permissions(["clipboard-read"])
    page.goto("/desk/tickets/1")
    page.get_by_text("The customer’s link").click()
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_role("button", name="Copy")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(".handed-over__text").text_content()
