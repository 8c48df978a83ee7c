"""The contract of the JSON API, row by row: who may, what it answers, and in which shape."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from shop.accounts.models import Account
from shop.common.clock import now
from shop.common.transaction import transaction
from shop.extensions import db
from shop.inventory.models import Part
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Supply
from shop.web.api import ApiBlueprint
from tests import factories
from tests.cast import Cast
from tests.clients import Api

ROLES = ("nobody", "customer", "mechanic", "desk", "owner")

CUSTOMER = {"id", "name", "email", "phone"}
MECHANIC = {"id", "name", "email"}
PART = {"id", "name", "sku", "price", "on_hand", "available", "minimum"}
TICKET = {
    "id",
    "number",
    "description",
    "status",
    "waiting_for_parts",
    "customer_id",
    "vehicle_id",
    "promised_at",
    "created_at",
    "completed_at",
    "mechanics",
    "parts",
    "total",
    "tax",
    "over_approved",
    "odometer_in",
    "odometer_out",
    "comeback_of_id",
}
JOB = {
    "id",
    "complaint",
    "cause",
    "correction",
    "approval",
    "approved",
    "over_approved",
    "charge",
    "cost",
    "discount_percent",
    "discount",
    "discounted",
    "done_at",
    "lines",
}


@dataclass(frozen=True)
class Route:
    """A row of the contract; ``codes`` are for nobody, customer, mechanic, desk and owner."""

    method: str
    path: str
    codes: tuple[int, int, int, int, int]
    body: Any = None


READ_BY_STAFF = (401, 403, 200, 200, 200)
READ_BY_DESK = (401, 403, 403, 200, 200)
MADE_BY_DESK = (401, 403, 403, 201, 201)
MADE_BY_THOSE_ON_IT = (401, 403, 404, 201, 201)  # this mechanic is not
DONE_BY_THOSE_ON_IT = (401, 403, 404, 200, 200)
DONE_BY_DESK = (401, 403, 403, 204, 204)
DONE_BY_OWNER = (401, 403, 403, 403, 204)

FEE = {"kind": "fee", "description": "Disposal", "price": 4.5}
ANSWERS = {"estimate": 1, "name": "Ada", "answers": [{"job_id": "{job}", "answer": "approved"}]}
CONSENT = {**ANSWERS, "channel": "phone"}

ROUTES = (
    Route("POST", "/customers/login", (401, 401, 401, 401, 401), {"email": "x@example.com", "password": "wrong"}),
    Route("GET", "/customers/my-tickets", (401, 200, 200, 200, 200)),
    Route("GET", "/customers/", READ_BY_DESK),
    Route("POST", "/customers/", MADE_BY_DESK, {"name": "Ada Lovelace"}),
    Route("GET", "/customers/{customer}", READ_BY_DESK),
    Route("PUT", "/customers/{customer}", READ_BY_DESK, {"phone": "+1 555 010 0142"}),
    Route("DELETE", "/customers/{customer}", DONE_BY_DESK),
    Route("GET", "/mechanics/top", READ_BY_STAFF),
    Route("GET", "/mechanics/leaderboard", READ_BY_STAFF),
    Route("GET", "/mechanics/", READ_BY_STAFF),
    Route("POST", "/mechanics/", (401, 403, 403, 403, 201), {"name": "Rosa Diaz"}),
    Route("GET", "/mechanics/{mechanic}", READ_BY_STAFF),
    Route("PUT", "/mechanics/{mechanic}", (401, 403, 403, 403, 200), {"name": "Rosa Diaz"}),
    Route("DELETE", "/mechanics/{mechanic}", DONE_BY_OWNER),
    Route("GET", "/service_tickets/", READ_BY_STAFF),
    Route("POST", "/service_tickets/", MADE_BY_DESK, {"description": "Squeals.", "customer_id": "{customer}"}),
    Route("GET", "/service_tickets/{ticket}", READ_BY_STAFF),
    Route("PUT", "/service_tickets/{ticket}", READ_BY_DESK, {"description": "Squeals louder."}),
    Route("DELETE", "/service_tickets/{ticket}", DONE_BY_DESK),
    Route("PUT", "/service_tickets/{ticket}/edit", READ_BY_DESK, {"add_ids": ["{mechanic}"], "remove_ids": []}),
    Route("POST", "/service_tickets/{ticket}/add-part/{part}", MADE_BY_THOSE_ON_IT),
    Route("POST", "/service_tickets/{ticket}/parts", MADE_BY_THOSE_ON_IT, {"inventory_id": "{part}", "quantity": 2}),
    Route("GET", "/service_tickets/{ticket}/jobs", READ_BY_STAFF),
    Route("POST", "/service_tickets/{ticket}/jobs", MADE_BY_DESK, {"complaint": "Change the oil"}),
    Route("GET", "/service_tickets/canned-jobs", READ_BY_STAFF),
    Route("POST", "/service_tickets/{ticket}/canned-jobs", MADE_BY_DESK, {"canned_job_id": "{canned}"}),
    Route("GET", "/service_tickets/{ticket}/jobs/{job}", READ_BY_STAFF),
    Route("PUT", "/service_tickets/{ticket}/jobs/{job}", DONE_BY_THOSE_ON_IT, {"cause": "Worn"}),
    Route("DELETE", "/service_tickets/{ticket}/jobs/{job}", DONE_BY_DESK),
    Route("POST", "/service_tickets/{ticket}/jobs/{gone}/restore", READ_BY_DESK),
    Route("POST", "/service_tickets/{work}/jobs/{doable}/finish", DONE_BY_THOSE_ON_IT),
    Route("POST", "/service_tickets/{work}/jobs/{doable}/reopen", DONE_BY_THOSE_ON_IT),
    Route("POST", "/service_tickets/{ticket}/jobs/{declined}/ask-again", READ_BY_DESK),
    Route("POST", "/service_tickets/{ticket}/jobs/{job}/lines", MADE_BY_DESK, FEE),
    Route("GET", "/service_tickets/{work}/jobs/{doable}/lines/{line}", READ_BY_STAFF),
    Route("PUT", "/service_tickets/{work}/jobs/{doable}/lines/{line}", READ_BY_DESK, {"price": 5}),
    Route("DELETE", "/service_tickets/{work}/jobs/{doable}/lines/{line}", DONE_BY_DESK),
    Route("POST", "/service_tickets/{work}/jobs/{doable}/lines/{line}/restore", READ_BY_DESK),
    Route("POST", "/service_tickets/{work}/jobs/{doable}/lines/{line}/fit", DONE_BY_THOSE_ON_IT),
    Route("POST", "/service_tickets/{work}/jobs/{doable}/lines/{fitted}/take-out", DONE_BY_THOSE_ON_IT),
    Route("GET", "/service_tickets/{ticket}/estimates", READ_BY_STAFF),
    Route("POST", "/service_tickets/{ticket}/estimates", MADE_BY_DESK),
    Route("GET", "/service_tickets/{ticket}/estimates/1", READ_BY_STAFF),
    Route("POST", "/service_tickets/{ticket}/consents", MADE_BY_DESK, CONSENT),
    Route("GET", "/customers/my-tickets/{ticket}/estimate", (401, 404, 404, 404, 404)),
    Route("POST", "/customers/my-tickets/{ticket}/consents", (401, 404, 404, 404, 404), ANSWERS),
    Route("GET", "/inventory/", READ_BY_STAFF),
    Route("POST", "/inventory/", MADE_BY_DESK, {"name": "Oil Filter", "price": 14.99}),
    Route("GET", "/inventory/{part}", READ_BY_STAFF),
    Route("PUT", "/inventory/{part}", READ_BY_DESK, {"price": 15.5}),
    Route("DELETE", "/inventory/{spare}", DONE_BY_DESK),
    Route("GET", "/openapi.json", (200, 200, 200, 200, 200)),
    Route("GET", "/docs", (200, 200, 200, 200, 200)),
    Route("GET", "/healthz", (200, 200, 200, 200, 200)),
    Route("GET", "/readyz", (200, 200, 200, 200, 200)),
)


@pytest.fixture
def ids(app: Flask) -> dict[str, int]:
    """One of everything; ``spare`` is a part of which none is left, ``work`` a ticket in progress."""
    with app.app_context(), transaction():
        ticket, work = factories.make_ticket(), factories.make_ticket(status=Status.IN_PROGRESS)
        factories.make_version(ticket)
        line = factories.make_part_line(work, factories.make_part(), supply=Supply.RESERVED)
        return {
            "customer": factories.make_customer().id,
            "mechanic": factories.make_mechanic().id,
            "part": factories.make_part().id,
            "spare": factories.make_part(on_hand=0).id,
            "canned": factories.make_canned_job(factories.make_part()).id,
            "job": ticket.jobs[0].id,
            "gone": factories.make_job(ticket, removed_at=now()).id,
            "declined": factories.make_job(ticket, approval=Approval.DECLINED).id,
            "work": work.id,
            "doable": line.job_id,
            "line": line.id,
            "fitted": factories.make_part_line(work, factories.make_part()).id,
            "ticket": ticket.id,
        }


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_answers_its_code_to_every_role(
    route: Route, slash: str, role: str, ids: dict[str, int], api: Api
) -> None:
    caller = api.nobody if role == "nobody" else api.as_(role)
    path = route.path.format(**ids).rstrip("/") + slash
    answer = caller.send(route.method, path, json=_filled(route.body, ids))
    assert answer.status_code == route.codes[ROLES.index(role)], answer.get_data(as_text=True)
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["status"] == answer.status_code
    if answer.status_code == 401 and route.path != "/customers/login":
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/customers/{customer}", CUSTOMER),
        ("/mechanics/{mechanic}", MECHANIC),
        ("/inventory/{part}", PART),
        ("/service_tickets/{work}", TICKET),
        ("/service_tickets/{ticket}/jobs/{job}", JOB),
    ],
)
def test_a_row_is_the_same_alone_and_in_its_list(path: str, shape: set[str], ids: dict[str, int], api: Api) -> None:
    row = api.as_("desk").get(path.format(**ids)).get_json()
    assert set(row) == shape
    rows = api.as_("desk").get(path.format(**ids).rpartition("/")[0] + "/").get_json()
    rows = rows["items"] if isinstance(rows, dict) else rows
    assert row in rows


def test_customers_come_in_an_object_with_the_totals(app: Flask, api: Api) -> None:
    with app.app_context():
        ids = [factories.make_customer().id for _ in range(5)]
    page = api.as_("desk").get("/customers/?page=2&per_page=2").get_json()
    assert {key: page[key] for key in ("page", "per_page", "total", "pages")} == {
        "page": 2,
        "per_page": 2,
        "total": 5,
        "pages": 3,
    }
    assert [row["id"] for row in page["items"]] == [ids[2], ids[1]]


def test_a_ticket_tells_who_and_what_is_on_it(app: Flask, api: Api) -> None:
    with app.app_context():
        mechanic, part = factories.make_mechanic(name="Rosa Diaz"), factories.make_part(name="Pads", price_cents=8950)
        ticket = factories.make_ticket(mechanics=[mechanic])
        factories.make_part_line(ticket, part, quantity=2)
        ticket_id, mechanic_id, part_id = ticket.id, mechanic.id, part.id
    row = api.as_("mechanic").get(f"/service_tickets/{ticket_id}").get_json()
    assert row["mechanics"] == [{"id": mechanic_id, "name": "Rosa Diaz"}]
    assert row["parts"] == [{"id": part_id, "name": "Pads", "quantity": 2, "price": 89.5}]
    assert row["status"] == "draft"
    assert row["waiting_for_parts"] is False
    assert row["created_at"].endswith("Z")


def test_signing_in_gives_a_token_to_every_role_and_tells_no_secret(cast: Cast, api: Api) -> None:
    for role in ("customer", "mechanic", "desk", "owner"):
        assert api.as_(role).get("/customers/my-tickets").status_code == 200
    known, unknown = (
        api.nobody.post("/customers/login", {"email": email, "password": "wrong"})
        for email in (cast.email("desk"), "nobody@example.com")
    )
    assert known.status_code == unknown.status_code == 401
    assert known.get_json()["detail"] == unknown.get_json()["detail"]


def test_too_many_wrong_passwords_are_told_when_to_come_back(api: Api) -> None:
    answers = [api.nobody.post("/customers/login", {"email": "a@example.com", "password": "wrong"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert answers[-1].mimetype == "application/problem+json"


def test_my_tickets_are_mine_alone(app: Flask, cast: Cast, api: Api) -> None:
    joy, tom = cast.account_id("customer"), cast.account_id("stranger")
    with app.app_context():
        own, _ = (factories.make_ticket(customer=db.session.get_one(Account, each).customer).id for each in (joy, tom))
    assert [row["id"] for row in api.as_("customer").get("/customers/my-tickets").get_json()] == [own]
    assert api.as_("desk").get("/customers/my-tickets").get_json() == []


def test_a_mechanic_supplies_only_the_tickets_they_are_on(app: Flask, cast: Cast, api: Api) -> None:
    with app.app_context():
        own = factories.make_ticket(mechanics=[cast.account("mechanic").mechanic]).id
        other = factories.make_ticket().id
        part = factories.make_part().id
    assert api.as_("mechanic").post(f"/service_tickets/{own}/add-part/{part}").status_code == 201
    assert api.as_("mechanic").post(f"/service_tickets/{other}/add-part/{part}").status_code == 404
    assert api.as_("mechanic").post(f"/service_tickets/{own}/parts", {"inventory_id": part}).status_code == 201


def test_add_part_takes_from_the_shelf_at_the_price_of_the_day(app: Flask, ids: dict[str, int], api: Api) -> None:
    path = f"/service_tickets/{ids['ticket']}/add-part/{ids['part']}"
    answer = api.as_("desk").post(path, {"quantity": 2})
    assert answer.status_code == 201
    assert answer.get_json()["line"] == {
        "id": ids["part"],
        "name": answer.get_json()["parts"][0]["name"],
        "quantity": 2,
        "price": 14.99,
    }
    assert answer.headers["Location"] == f"/service_tickets/{ids['ticket']}"
    api.as_("desk").put(f"/inventory/{ids['part']}", {"price": 99})
    assert api.as_("desk").get(f"/service_tickets/{ids['ticket']}").get_json()["parts"][0]["price"] == 14.99
    part = api.as_("desk").get(f"/inventory/{ids['part']}").get_json()
    assert (part["on_hand"], part["available"]) == (5, 3)

    answer = api.as_("desk").post(path, {"quantity": 4})
    assert answer.status_code == 422
    assert "3" in answer.get_json()["errors"]["quantity"][0]
    assert api.as_("desk").post(f"/service_tickets/{ids['ticket']}/add-part/99999").status_code == 404


def test_an_unknown_mechanic_changes_nothing(app: Flask, ids: dict[str, int], api: Api) -> None:
    path = f"/service_tickets/{ids['ticket']}/edit"
    for body, field in (
        ({"add_ids": [ids["mechanic"], 99999]}, "add_ids"),
        ({"add_ids": [ids["mechanic"]], "remove_ids": [99999]}, "remove_ids"),
    ):
        answer = api.as_("desk").put(path, body)
        assert answer.status_code == 422
        assert list(answer.get_json()["errors"]) == [field]
        assert api.as_("desk").get(f"/service_tickets/{ids['ticket']}").get_json()["mechanics"] == []
    row = api.as_("desk").put(path, {"add_ids": [ids["mechanic"]]}).get_json()
    assert [mechanic["id"] for mechanic in row["mechanics"]] == [ids["mechanic"]]
    assert api.as_("desk").put(path, {"remove_ids": [ids["mechanic"]]}).get_json()["mechanics"] == []


def test_put_changes_only_what_is_given(app: Flask, api: Api) -> None:
    desk = api.as_("desk")
    made = desk.post("/customers/", {"name": "Ada", "email": "ada@example.com", "phone": "555"})
    assert made.status_code == 201
    changed = desk.put(made.headers["Location"], {"phone": None}).get_json()
    assert changed == {**made.get_json(), "phone": None}


def test_a_status_and_other_values_change_together_or_not_at_all(ids: dict[str, int], api: Api) -> None:
    desk, path = api.as_("desk"), f"/service_tickets/{ids['ticket']}"
    answer = desk.put(path, {"description": "Rattles.", "status": "picked_up"})
    assert answer.status_code == 409
    answer = desk.put(path, {"description": "Rattles.", "status": "cancelled"})
    assert list(answer.get_json()["errors"]) == ["reason"]
    assert desk.get(path).get_json()["description"] != "Rattles."
    row = desk.put(path, {"description": "Rattles.", "status": "cancelled", "reason": "Sold it"}).get_json()
    assert (row["description"], row["status"]) == ("Rattles.", "cancelled")


def test_the_odometer_is_read_on_arrival_and_at_the_end(app: Flask, api: Api) -> None:
    with app.app_context():
        ticket = factories.make_ticket(vehicle=factories.make_vehicle(odometer=84_000))
        path = f"/service_tickets/{ticket.id}"
    desk = api.as_("desk")
    row = desk.put(path, {"odometer_in": 84_500, "odometer_out": 84_510}).get_json()
    assert (row["odometer_in"], row["odometer_out"]) == (84_500, 84_510)
    for values, field in (
        ({"odometer_out": 84_499}, "odometer_out"),
        ({"odometer_in": 10_000_000}, "odometer_in"),
        ({"odometer_in": -1}, "odometer_in"),
        ({"odometer_in": 80_000, "odometer_out": 80_000}, "odometer_reason"),
        ({"odometer_reason": "A new dashboard"}, "odometer_reason"),
    ):
        assert list(desk.put(path, values).get_json()["errors"]) == [field], values
    values = {"odometer_in": 10, "odometer_out": None, "odometer_reason": "A new dashboard"}
    row = desk.put(path, values).get_json()
    assert (row["odometer_in"], row["odometer_out"]) == (10, None)


def test_the_customer_of_a_ticket_stays(ids: dict[str, int], api: Api) -> None:
    answer = api.as_("desk").put(f"/service_tickets/{ids['ticket']}", {"customer_id": ids["customer"]})
    assert list(answer.get_json()["errors"]) == ["customer_id"]


def test_on_hand_is_recorded_as_a_count(app: Flask, ids: dict[str, int], api: Api) -> None:
    row = api.as_("desk").put(f"/inventory/{ids['part']}", {"on_hand": 9, "price": 1.5}).get_json()
    assert (row["on_hand"], row["available"], row["price"]) == (9, 9, 1.5)
    with app.app_context():
        part = db.session.get_one(Part, ids["part"])
        assert part.on_hand == 9


def test_what_is_archived_is_gone(ids: dict[str, int], api: Api) -> None:
    for path in (f"/customers/{ids['customer']}", f"/service_tickets/{ids['ticket']}", f"/inventory/{ids['spare']}"):
        assert api.as_("desk").delete(path).status_code == 204
        assert api.as_("desk").delete(path).status_code == 404
        assert api.as_("desk").get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/customers/0", "/customers/007", "/mechanics/2147483648", "/inventory/١٢", "/service_tickets/x/y"]
)
def test_unknown_addresses_under_the_nouns_are_problems(path: str, api: Api) -> None:
    for caller, method in ((api.nobody, "GET"), (api.as_("owner"), "GET"), (api.as_("owner"), "DELETE")):
        answer = caller.send(method, path)
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_method_that_is_not_there_names_those_that_are(ending: str, app: Flask, api: Api) -> None:
    there: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if isinstance(app.blueprints.get(rule.endpoint.rpartition(".")[0]), ApiBlueprint):
            path = re.sub("<id:.*?>", "5", rule.rule).rstrip("/")
            there.setdefault(path, set()).update(rule.methods or ())
    assert "/customers/5" in there
    for path, methods in there.items():
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"} - methods:
            answer = api.nobody.send(method, path + ending)
            assert (answer.status_code, answer.mimetype) == (405, "application/problem+json"), f"{method} {path}"
            assert set(answer.headers["Allow"].split(", ")) == methods, f"{method} {path}"


@pytest.mark.parametrize("path", ["/openapi.json", "/healthz", "/readyz"])
def test_the_addresses_about_the_service_speak_json_too(path: str, api: Api) -> None:
    answer = api.nobody.post(path)
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")


def test_the_api_ignores_cookies_and_pages_ignore_tokens(app: Flask, cast: Cast, api: Api) -> None:
    browser = cast.browser("desk")
    assert browser.client.get("/customers/").status_code == 401
    assert api.as_("desk").get("/desk/").status_code in (302, 303)


def _filled(body: Any, ids: dict[str, int]) -> Any:
    """The body with ids in place of their names."""
    if isinstance(body, dict):
        return {key: _filled(value, ids) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, ids) for value in body]
    return ids[body[1:-1]] if isinstance(body, str) and body.startswith("{") else body
