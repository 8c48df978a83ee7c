"""The numbers in the menu, on pages and beside the parts of them that are swapped."""

from __future__ import annotations

import json

import pytest
from sqlalchemy.exc import OperationalError

from shop.tickets.lifecycle import Status
from shop.web import nav
from tests.browser import Browser, Page
from tests.factories import make_part, make_ticket

OPEN, LOW = "/desk/tickets", "/desk/inventory"


def told(page: Page) -> dict[str, int]:
    return dict(json.loads(page.headers.get("Menu-Counts", "{}")))


def test_come_with_what_changes_them(desk: Browser) -> None:
    with desk.app.app_context():
        ticket_id, part_id = make_ticket(status=Status.INVOICED).id, make_part(on_hand=0, minimum=1).id
    page = desk.get(f"/desk/tickets/{ticket_id}")
    assert told(page) == {}
    assert [each.get_text() for each in page.soup.select(".main-nav__count")] == ["1", "1"]
    assert told(page.form("Hand over the keys").submit(htmx=True)) == {OPEN: 0, LOW: 1}
    page = desk.get(f"{LOW}/{part_id}").form("Receive").fill(quantity="5").submit(htmx=True)
    assert told(page) == {OPEN: 0, LOW: 0}


def test_come_with_the_board_when_it_is_new_and_not_else(desk: Browser) -> None:
    poll = str(desk.get("/desk/").fragment("board")["data-hx-get"])  # type: ignore[index]
    page = desk.get(poll, htmx=True)
    assert (page.status, told(page)) == (204, {})
    with desk.app.app_context():
        make_ticket()
    assert told(desk.get(poll, htmx=True)) == {OPEN: 1, LOW: 0}


def test_what_was_done_is_told_without_them_where_they_cannot_be_read(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        raise OperationalError("SELECT 1", None, Exception("away"))

    with desk.app.app_context():
        part_id = make_part(on_hand=0).id
    form = desk.get(f"{LOW}/{part_id}").form("Receive").fill(quantity="5")
    monkeypatch.setattr(nav, "navigation", fail)
    page = form.submit(htmx=True)
    assert (page.status, told(page)) == (200, {})


def test_are_told_to_nobody_else(customer: Browser, mechanic: Browser) -> None:
    for browser in (customer, mechanic):
        page = browser.get(OPEN, htmx=True)
        assert (page.status, told(page)) == (403, {})
    assert told(mechanic.get("/floor/wall", htmx=True)) == {}
