"""What the desk's pages do besides their forms."""

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


def test_only_a_chevron_turns_when_a_fold_opens(open_as: Open) -> None:
    page = open_as("desk")
    page.goto("/desk/patterns")
    turned = page.locator(".disclosure").evaluate_all(
        """folds => folds.map(fold => {
            fold.open = true;
            const icon = fold.querySelector("summary > .icon");
            return [icon.querySelector("use").getAttribute("href").split("#")[1], getComputedStyle(icon).rotate];
        })"""
    )
    assert {tuple(each) for each in turned} >= {("chevron-right", "90deg"), ("phone", "none")}
    assert {picture for picture, angle in turned if angle != "none"} == {"chevron-right"}
