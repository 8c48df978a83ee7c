"""Lists: pages, cursors, links, totals, search, and never a stale row."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.cast import Cast
from tests.clients import Api, Caller
from tests.statements import counted


def links(header: str | None) -> dict[str, str]:
    return {name: url for url, name in re.findall(r'<([^>]+)>; rel="(\w+)"', header or "")}


def rows_of(body: Any) -> list[dict[str, Any]]:
    return body["items"] if isinstance(body, dict) else body


def walk(caller: Caller, url: str) -> list[int]:
    """The ids of all rows, following ``next`` to the end."""
    ids = []
    while url:
        answer = caller.get(url)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        ids += [row["id"] for row in rows_of(answer.get_json())]
        url = links(answer.headers.get("Link")).get("next", "")
    return ids


@pytest.fixture
def seven(app: Flask) -> dict[str, list[int]]:
    """Seven of everything, the newest first."""
    make = {
        "customers": factories.make_customer,
        "mechanics": factories.make_mechanic,
        "inventory": factories.make_part,
    }
    with app.app_context():
        ids = {noun: [each().id for _ in range(7)][::-1] for noun, each in make.items()}
        customer = factories.make_customer()
        ids["service_tickets"] = [factories.make_ticket(customer=customer).id for _ in range(7)][::-1]
        ids["customers"].insert(0, customer.id)
    return ids


@pytest.mark.parametrize("noun", ["customers", "mechanics", "inventory", "service_tickets"])
@pytest.mark.parametrize("place", ["page=1", "after="], ids=["numbered", "by cursor"])
def test_next_leads_through_the_whole_list_newest_first(
    noun: str, place: str, seven: dict[str, list[int]], api: Api
) -> None:
    desk = api.as_("desk")
    assert walk(desk, f"/{noun}/?{place}&per_page=3") == seven[noun]
    first = desk.get(f"/{noun}/?{place}&per_page=3")
    assert first.headers["X-Total-Count"] == str(len(seven[noun]))
    assert ("after=" in links(first.headers["Link"])["next"]) == (place == "after=")


def test_a_page_links_to_all_four_sides(seven: dict[str, list[int]], api: Api) -> None:
    answer = api.as_("desk").get("/inventory/?page=2&per_page=3&q=Part")
    assert links(answer.headers["Link"]) == {
        "first": "/inventory/?page=1&per_page=3&q=Part",
        "prev": "/inventory/?page=1&per_page=3&q=Part",
        "next": "/inventory/?page=3&per_page=3&q=Part",
        "last": "/inventory/?page=3&per_page=3&q=Part",
    }


def test_beyond_the_end_there_are_no_rows(seven: dict[str, list[int]], api: Api) -> None:
    answer = api.as_("desk").get("/inventory/?page=9&per_page=3")
    assert answer.get_json() == []
    assert set(links(answer.headers["Link"])) == {"first", "prev", "last"}
    assert links(answer.headers["Link"])["prev"].startswith("/inventory/?page=3")


def test_where_numbers_end_the_cursor_goes_on(
    seven: dict[str, list[int]], api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.web.api_answers.MAX_DEPTH", 4)
    answer = api.as_("desk").get("/inventory/?page=2&per_page=2")
    assert "after=" in links(answer.headers["Link"])["next"]
    assert "last" not in links(answer.headers["Link"])
    assert walk(api.as_("desk"), "/inventory/?page=1&per_page=2") == seven["inventory"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/customers/?q=lovelace", 1),
        ("/mechanics/?q=lovelace", 0),
        ("/service_tickets/?q=squeal", 1),
        ("/inventory/?q=zebra", 1),
        ("/inventory/?q=%25", 0),
        ("/inventory/?q=", 2),
    ],
)
def test_q_searches(path: str, found: int, app: Flask, api: Api) -> None:
    with app.app_context():
        customer = factories.make_customer(name="Ada Lovelace")
        factories.make_ticket(customer=customer, complaint="Squeals.")
        factories.make_ticket(complaint="Rattles.")
        factories.make_part(name="Zebra stripe kit")
        factories.make_part(name="Oil pan")
    answer = api.as_("desk").get(path)
    assert len(rows_of(answer.get_json())) == int(answer.headers["X-Total-Count"]) == found


def test_the_ranking_shares_ranks_and_lists_zeros(app: Flask, api: Api) -> None:
    from shop.tickets.lifecycle import Status

    with app.app_context():
        ann, bob, cid, dee = (factories.make_mechanic(name=name) for name in ("Ann", "Bob", "Cid", "Dee"))
        for people in ([ann, bob], [ann, bob], [cid]):
            factories.make_ticket(status=Status.READY, mechanics=people)
        factories.make_ticket(status=Status.IN_PROGRESS, mechanics=[dee])
    ranking = api.as_("mechanic").get("/mechanics/top").get_json()
    assert [(row["name"], row["rank"], row["tickets_completed"]) for row in ranking][:4] == [
        ("Ann", 1, 2),
        ("Bob", 1, 2),
        ("Cid", 3, 1),
        ("Dee", 4, 0),
    ]
    assert set(ranking[0]) == {"id", "name", "rank", "tickets_completed", "tickets_worked", "tickets_came_back"}
    assert api.as_("desk").get("/mechanics/leaderboard?limit=2").get_json() == ranking[:2]


def test_a_change_in_one_process_is_in_the_next_read_of_another(
    app: Flask, cast: Cast, api: Api, another_process: Callable[..., Flask]
) -> None:
    here = api.as_("owner")
    there = Caller(another_process(), here.token)
    for path, body in (
        ("/customers/", {"name": "Ada"}),
        ("/mechanics/", {"name": "Rosa"}),
        ("/inventory/", {"name": "Oil Filter", "price": 14.99}),
    ):
        for reader, writer in ((here, there), (there, here)):
            for _ in range(2):  # the second reading comes from the cache
                before = rows_of(reader.get(path).get_json())
            made = writer.post(path, {**body, "name": f"{body['name']} {id(writer)}"}).get_json()
            after = rows_of(reader.get(path).get_json())
            assert after == [made, *before]

    customer = rows_of(here.get("/customers/").get_json())[0]
    part = here.get("/inventory/").get_json()[0]
    ticket = there.post("/service_tickets/", {"description": "Squeals.", "customer_id": customer["id"]}).get_json()
    assert here.get("/service_tickets/").get_json()[0] == ticket
    there.put(f"/inventory/{part['id']}", {"on_hand": 5})
    assert here.get("/inventory/").get_json()[0]["on_hand"] == 5
    there.post(f"/service_tickets/{ticket['id']}/add-part/{part['id']}")
    assert here.get("/inventory/").get_json()[0]["available"] == 4
    assert here.get("/service_tickets/").get_json()[0]["parts"][0]["id"] == part["id"]
    there.delete(f"/service_tickets/{ticket['id']}")
    assert here.get("/service_tickets/").get_json() == []


@pytest.mark.parametrize("path", ["/customers/", "/mechanics/", "/inventory/", "/service_tickets/", "/mechanics/top"])
def test_a_list_costs_the_same_however_much_is_in_it(path: str, app: Flask, api: Api) -> None:
    desk = api.as_("desk")

    def cost() -> int:
        with counted(app) as statements:
            assert desk.get(path).status_code == 200
        return len(statements)

    def fill() -> None:
        with app.app_context():
            vehicle, part = factories.make_vehicle(), factories.make_part()
            ticket = factories.make_ticket(vehicle=vehicle, mechanics=[factories.make_mechanic()])
            factories.make_part_line(ticket, part)

    fill()
    few = cost()
    for _ in range(8):
        fill()
    assert cost() == few
    assert few <= 12
