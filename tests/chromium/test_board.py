"""The board of two desks: what one does the other sees, and cards that are dragged."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.chromium.conftest import Open
from tests.chromium.live import LiveShop

#: A poll every five seconds, and a slow machine.
SOON = 9_000  # milliseconds
POLL = "**/desk/?seen=*"

#: Tickets long promised, which stand at the top of their columns; the one that has grown is over its consent.
OPEN_TICKETS = """
import json
from datetime import timedelta
from shop.accounts.models import Account
from shop.common.clock import now
from shop.extensions import db
from shop.tickets import commands
from shop.tickets.lifecycle import Status
from tests.factories import make_ticket

promised = now() - timedelta(days=400)
tickets = {name: make_ticket(status=status, promised_at=promised) for name, status in (
    ("moved", Status.APPROVED), ("dragged", Status.APPROVED), ("held", Status.APPROVED), ("beside", Status.APPROVED),
    ("grown", Status.APPROVED), ("asked", Status.DRAFT), ("far", Status.DRAFT),
)}
desk = db.session.get_one(Account, 1)
commands.add_labour(tickets["grown"].jobs[0], description="A seized bolt", minutes=60, by=desk)
print(json.dumps({name: ticket.id for name, ticket in tickets.items()}))
"""


@pytest.fixture(scope="module")
def tickets(demo_shop: LiveShop) -> dict[str, int]:
    """Their ids, by what becomes of them."""
    return dict(json.loads(demo_shop.run(OPEN_TICKETS)))


@pytest.fixture
def page(open_as: Open) -> Page:
    page = open_as("desk")
    page.goto("/desk/")
    return page


def column(page: Page, title: str) -> Locator:
    return page.locator(".board-column", has=page.get_by_role("heading", name=title, exact=True))


def card(place: Page | Locator, ticket: int) -> Locator:
    return place.locator(f"#board-card-{ticket}")


def take(page: Page, ticket: int, to: str) -> None:
    """Take a card with the mouse and carry it over another column, without letting go."""
    card(page, ticket).hover(position={"x": 20, "y": 40})
    page.wait_for_function("() => Boolean(window.Sortable)")  # comes when the pointer is moved
    page.mouse.down()
    target = column(page, to).locator(".board-column__cards").bounding_box()
    assert target
    carried = card(column(page, to), ticket)
    for step in range(20):  # a slow browser needs another nudge before it lets the column know
        page.mouse.move(target["x"] + 60 + step, target["y"] + 30, steps=8)
        if carried.count():
            break
        page.wait_for_timeout(100)
    expect(carried).to_contain_class("is-dragged")


def drag(page: Page, ticket: int, to: str) -> None:
    take(page, ticket, to)
    page.mouse.up()


def test_what_one_does_the_other_sees(page: Page, open_as: Open, tickets: dict[str, int]) -> None:
    other = open_as("owner")
    other.goto("/desk/")
    expect(card(column(other, "Approved"), tickets["moved"])).to_be_visible()
    other.evaluate("window.stayed = true")
    card(page, tickets["moved"]).locator("summary").click()
    card(page, tickets["moved"]).get_by_role("button", name="Start work").click()
    expect(card(column(page, "In progress"), tickets["moved"])).to_be_visible()
    expect(card(column(other, "In progress"), tickets["moved"])).to_be_visible(timeout=SOON)
    assert other.evaluate("window.stayed") is True


def test_a_card_is_dragged_to_where_it_goes(page: Page, tickets: dict[str, int]) -> None:
    drag(page, tickets["dragged"], "In progress")
    expect(page.locator("#board .notice")).to_contain_text("moved to In progress.")
    expect(card(column(page, "In progress"), tickets["dragged"])).to_be_visible()


def test_what_stands_in_the_way_is_said_and_the_card_goes_back(page: Page, tickets: dict[str, int]) -> None:
    drag(page, tickets["grown"], "In progress")
    expect(page.locator("#board .notice")).to_contain_text("over what the customer approved")
    expect(card(column(page, "Approved"), tickets["grown"])).to_be_visible()


@pytest.mark.parametrize(
    ("to", "words"), [("Ready", "No single step leads from there to “Ready”"), ("Waiting for parts", "by itself")]
)
def test_where_no_step_leads_the_card_goes_back(page: Page, tickets: dict[str, int], to: str, words: str) -> None:
    drag(page, tickets["far"], to)
    expect(page.locator("#flash")).to_contain_text(words)
    expect(card(column(page, "Not approved"), tickets["far"])).to_be_visible()


def test_what_a_move_stands_for_is_asked_first(page: Page, tickets: dict[str, int]) -> None:
    question = page.get_by_text("Note that the customer approved everything on")
    drag(page, tickets["asked"], "Approved")
    expect(question).to_be_visible()
    page.get_by_role("button", name="Leave it as it is").click()
    expect(card(column(page, "Not approved"), tickets["asked"])).to_be_visible()
    drag(page, tickets["asked"], "Approved")
    expect(question).to_be_visible()
    page.locator("#confirm").get_by_role("button", name="Approve at the counter").click()
    expect(card(column(page, "Approved"), tickets["asked"])).to_be_visible()


def test_news_do_not_tear_a_card_out_of_the_hand(page: Page, open_as: Open, tickets: dict[str, int]) -> None:
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    page.route(POLL, hold)
    page.wait_for_event("request", lambda request: "seen=" in request.url)
    other = open_as("owner")
    other.goto("/desk/")
    drag(other, tickets["beside"], "In progress")
    expect(card(column(other, "In progress"), tickets["beside"])).to_be_visible()

    take(page, tickets["held"], "In progress")
    with page.expect_response(POLL) as news:
        asked[0].continue_()
    assert news.value.status == 200
    news.value.finished()
    expect(card(page, tickets["held"])).to_contain_class("is-dragged")
    page.mouse.up()
    expect(page.locator("#board .notice")).to_contain_text("moved to In progress.")
    for name in ("held", "beside"):
        expect(card(column(page, "In progress"), tickets[name])).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize(("width", "height"), [(1440, 700), (1100, 700), (820, 900), (390, 700)])
def test_the_heads_of_the_columns_stay(open_as: Open, width: int, height: int) -> None:
    page = open_as("desk", viewport={"width": width, "height": height})
    page.goto("/desk/")
    first = page.locator(".board-column").first
    head = first.locator(".board-column__head")
    first.locator(".board-card").last.scroll_into_view_if_needed()
    bar, box = page.locator(".desk__bar").bounding_box(), head.bounding_box()
    assert bar
    assert box
    assert bar["y"] + bar["height"] - 2 <= box["y"] < height / 2
    on_top = """head => {
        const { x, y } = head.getBoundingClientRect();
        return head.contains(document.elementFromPoint(x + 4, y + 9));
    }"""
    assert head.evaluate(on_top)
