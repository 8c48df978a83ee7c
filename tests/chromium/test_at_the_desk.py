"""What the desk's pages do besides their forms."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.chromium.conftest import Open
from tests.chromium.live import LiveShop
from tests.chromium.pages import IDS


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


def test_a_ticket_prints_as_a_repair_order(open_as: Open, demo_shop: LiveShop) -> None:
    page = open_as("desk", viewport={"width": 680, "height": 950})
    page.goto(f"/desk/tickets/{demo_shop.number(IDS['ticket'])}")
    page.locator(".ticket-head summary").click()
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    page.get_by_role("button", name="Print").click()
    expect(page).to_have_title("printed")
    page.emulate_media(media="print")
    for shown in (
        ".ticket-head__number",
        ".call-link",
        ".plate",
        ".complaint",
        ".job",
        ".ticket-lines",
        "[id$='-mechanics']",
        ".paper-head",
        ".signature",
    ):
        expect(page.locator(f"main {shown}").first).to_be_visible()
    assert "Odometer " in page.locator(".ticket-head").inner_text()
    for hidden in ("button", "form", "summary", "nav", "input", "#timeline", ".steps", ".desk__bar"):
        assert not [each for each in page.locator(hidden).all() if each.is_visible()], hidden


def test_an_estimate_prints_without_the_desk_around_it(open_as: Open, demo_shop: LiveShop) -> None:
    page = open_as("desk")
    page.goto(f"/desk/tickets/{demo_shop.number(IDS['ticket'])}/estimates/1")
    expect(page.locator(".signature")).to_be_hidden()
    page.emulate_media(media="print")
    for shown in (".paper-head", ".paper h1", ".plate", ".call-link", ".paper__sum", ".signature"):
        expect(page.locator(shown).first).to_be_visible()
    for hidden in ("button", "form", "nav", "input", ".desk__bar"):
        assert not [each for each in page.locator(hidden).all() if each.is_visible()], hidden


@pytest.mark.parametrize("width", [390, 1440])
def test_what_somebody_is_found_by_is_shown_whole(open_as: Open, width: int) -> None:
    page = open_as("desk", viewport={"width": width, "height": 800})
    for address, found in (("/desk/", "#search-results"), ("/desk/tickets/new", "#new-ticket-matches")):
        page.goto(address)
        page.locator("main input[name='q'], #search").last.fill("schallenberger@post")
        words = page.locator(f"{found} .quiet", has_text="fw.schallenberger@post.example").last
        expect(words).to_be_visible()
        assert words.evaluate(
            "words => words.scrollWidth <= words.clientWidth && words.scrollHeight <= words.clientHeight"
        )


def test_who_was_not_found_is_the_new_customer(open_as: Open) -> None:
    page = open_as("desk")
    page.goto("/desk/tickets/new")
    page.get_by_label("Name, telephone or plate").fill("Zebedee Unknown")
    expect(page.get_by_text("Nobody is like “Zebedee Unknown”.")).to_be_visible()
    page.get_by_text("A new customer", exact=True).click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Zebedee Unknown")


def test_the_figures_of_all_jobs_stand_below_one_another(open_as: Open, demo_shop: LiveShop) -> None:
    page = open_as("desk")
    of_several_jobs = """
        SELECT ticket_id FROM line JOIN ticket ON ticket.id = ticket_id WHERE status = 'estimate' AND removed_at IS NULL
        GROUP BY ticket_id ORDER BY count(DISTINCT job_id) DESC
    """
    page.goto(f"/desk/tickets/{demo_shop.number(of_several_jobs)}")

    def places() -> set[tuple[int, ...]]:
        heads = page.locator(".ticket-lines thead tr").evaluate_all(
            "rows => rows.map(row => [...row.children].map(cell => Math.round(cell.getBoundingClientRect().right)))"
        )
        assert len(heads) > 1
        return {tuple(each) for each in heads}

    before = places()
    assert len(before) == 1
    page.locator(".ticket-lines a[title^='Change ']").first.click()
    expect(page.locator(".row-edit")).to_be_visible()
    widths = page.locator(".row-edit .input").evaluate_all(
        "fields => fields.map(field => [field.getBoundingClientRect().width, field.name])"
    )
    assert max(widths)[1] == "description"
    assert places() == before


def test_a_backup_that_is_asked_for_appears_when_it_is_made(open_as: Open, demo_shop: LiveShop) -> None:
    page = open_as("owner")
    page.goto("/desk/settings/backups")
    page.get_by_role("button", name="Back up now").click()
    expect(page.get_by_text("A backup is asked for.")).to_be_visible()
    demo_shop.run("from shop.ops.asked import backup_if_asked; backup_if_asked()")
    expect(page.get_by_text("restored aside, the books agree")).to_be_visible(timeout=10_000)
    expect(page.get_by_role("button", name="Back up now")).to_be_visible()


def test_what_stays_leaves_room_in_a_low_window(open_as: Open, demo_shop: LiveShop) -> None:
    page = open_as("desk", viewport={"width": 1024, "height": 700})
    page.goto(f"/desk/tickets/{demo_shop.number(IDS['ticket'])}")
    page.mouse.wheel(0, 400)
    page.wait_for_function("scrollY > 200")
    stays = page.locator(".ticket-head").bounding_box()
    assert stays
    assert stays["y"] + stays["height"] <= 140
    expect(page.locator(".ticket-head .call-link")).to_be_in_viewport()


@pytest.mark.parametrize("width", [700, 820, 1024, 1240, 1440])
def test_the_list_of_tickets_shows_the_complaint(open_as: Open, width: int) -> None:
    page = open_as("desk", viewport={"width": width, "height": 800})
    page.goto("/desk/tickets")
    complaint = page.locator("td.is-below").first
    assert (complaint.bounding_box() or {"width": 0})["width"] > 200
    labels = page.locator("th:has(.row-link), td:has(> .pill)").evaluate_all(
        "cells => cells.slice(0, 8).map(cell => Math.round(cell.getBoundingClientRect().left))"
    )
    assert len(set(labels)) == 2


@pytest.mark.parametrize("width", [641, 700, 800, 820, 900, 1000, 1080, 1100, 1200, 1279])
def test_the_board_alone_scrolls_sideways_and_ends_within_a_column(open_as: Open, width: int) -> None:
    page = open_as("desk", viewport={"width": width, "height": 900})
    page.goto("/desk/")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    shares = page.locator(".board-column").evaluate_all(
        """columns => columns.map(each => {
            const { left, width } = each.getBoundingClientRect();
            return (innerWidth - left) / width;
        })"""
    )
    assert [share for share in shares if 0.3 < share < 0.9]


def test_the_menu_counts_anew_what_changes_on_a_page(open_as: Open, demo_shop: LiveShop) -> None:
    page = open_as("desk")
    low = "SELECT max(id) FROM part WHERE archived_at IS NULL AND on_hand - reserved < minimum"
    page.goto(f"/desk/inventory/{demo_shop.number(low)}")
    count = page.locator(".main-nav__link", has_text="Inventory").locator(".main-nav__count")
    before = int(count.inner_text())
    page.get_by_label("Receive").first.fill("500")
    page.get_by_role("button", name="Receive").click()
    expect(count).to_have_text(str(before - 1))
