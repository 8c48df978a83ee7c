"""Estimates and consents through the API: what was offered stays, and what was said takes effect."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.accounts.models import Account
from shop.extensions import db
from shop.settings.models import Rates
from shop.tickets.models import Consent
from tests import factories
from tests.cast import Cast
from tests.clients import Api, Caller


@pytest.fixture
def desk(api: Api) -> Caller:
    return api.as_("desk")


@pytest.fixture
def ids(app: Flask, cast: Cast, desk: Caller) -> dict[str, int]:
    """Joy's ticket with two jobs: brakes with two parts of five, and an oil change at 80."""
    joy = cast.account_id("customer")
    with app.app_context():
        ticket = factories.make_ticket(customer=db.session.get_one(Account, joy).customer, complaint="Brakes grind.")
        ids = {"ticket": ticket.id, "brakes": ticket.jobs[0].id, "part": factories.make_part(on_hand=5).id}
    jobs = f"/service_tickets/{ids['ticket']}/jobs"
    ids["oil"] = desk.post(jobs, {"complaint": "Change the oil"}).get_json()["id"]
    desk.post(f"{jobs}/{ids['brakes']}/lines", {"kind": "part", "inventory_id": ids["part"], "quantity": 2, "core": 3})
    desk.post(f"{jobs}/{ids['oil']}/lines", {"kind": "fee", "description": "Oil", "price": 100})
    desk.put(f"{jobs}/{ids['oil']}", {"discount_percent": 20, "cause": "Long due"})
    return ids


@pytest.fixture
def ticket(ids: dict[str, int]) -> str:
    return f"/service_tickets/{ids['ticket']}"


@pytest.fixture
def mine(ids: dict[str, int]) -> str:
    return f"/customers/my-tickets/{ids['ticket']}"


def said(ids: dict[str, int], number: int = 1, *, brakes: str = "approved", oil: str = "declined") -> dict[str, Any]:
    answers = [{"job_id": ids["brakes"], "answer": brakes}, {"job_id": ids["oil"], "answer": oil}]
    return {"estimate": number, "name": "Joy Customer", "answers": answers}


def test_an_estimate_is_written_down_for_good(desk: Caller, ids: dict[str, int], ticket: str) -> None:
    made = desk.post(f"{ticket}/estimates")
    assert made.status_code == 201
    assert made.headers["Location"] == f"{ticket}/estimates/1"
    row = made.get_json()
    assert {key: row[key] for key in ("number", "total", "tax", "supplies", "answered", "consents")} == {
        "number": 1,
        "total": 115.98,
        "tax": 0.0,
        "supplies": 0.0,
        "answered": False,
        "consents": [],
    }
    brakes, oil = row["jobs"]
    assert oil == {
        "id": ids["oil"],
        "complaint": "Change the oil",
        "cause": "Long due",
        "approval": "pending",
        "asked": True,
        "charge": 80.0,
        "discounted": 20.0,
        "lines": [
            {
                "kind": "fee",
                "description": "Oil",
                "quantity": 1,
                "minutes": None,
                "price": 100.0,
                "core": 0.0,
                "total": 100.0,
            }
        ],
    }
    assert (brakes["charge"], brakes["lines"][0]["core"]) == (35.98, 3.0)
    assert "cost" not in made.get_data(as_text=True)
    assert desk.get(ticket).get_json()["status"] == "estimate"
    assert desk.get(f"{ticket}/estimates/1").headers["ETag"] == made.headers["ETag"]

    desk.put(f"{ticket}/jobs/{ids['oil']}", {"complaint": "Change oil and filter"})
    assert desk.get(f"{ticket}/estimates/1").get_json() == row
    assert desk.post(f"{ticket}/estimates").get_json()["number"] == 2
    listed = desk.get(f"{ticket}/estimates")
    assert listed.headers["X-Total-Count"] == "2"
    assert [(each["number"], each["total"], each["answered"]) for each in listed.get_json()] == [
        (2, 115.98, False),
        (1, 115.98, False),
    ]
    assert desk.get(f"{ticket}/estimates/3").status_code == 404


def test_what_the_customer_said_takes_effect_and_is_kept(desk: Caller, ids: dict[str, int], ticket: str) -> None:
    desk.post(f"{ticket}/estimates")
    made = desk.post(f"{ticket}/consents", {**said(ids), "channel": "phone", "words": "Call when done."})
    assert (made.status_code, made.headers["Location"]) == (201, f"{ticket}/estimates/1")
    (consent,) = made.get_json()["consents"]
    assert consent.pop("at").endswith("Z")
    assert consent == {
        "name": "Joy Customer",
        "words": "Call when done.",
        "channel": "phone",
        "answers": [
            {"job_id": ids["brakes"], "answer": "approved", "amount": 35.98},
            {"job_id": ids["oil"], "answer": "declined", "amount": 80.0},
        ],
    }
    row = desk.get(ticket).get_json()
    assert (row["status"], row["total"]) == ("approved", 35.98)
    assert [(job["approval"], job["approved"]) for job in desk.get(f"{ticket}/jobs").get_json()] == [
        ("approved", 35.98),
        ("declined", None),
    ]
    assert desk.get(f"{ticket}/estimates").get_json()[0]["answered"] is True
    again = desk.post(f"{ticket}/consents", {**said(ids), "channel": "counter"})
    assert again.status_code == 409
    assert desk.post(f"{ticket}/estimates").status_code == 422


def test_parts_of_what_is_declined_go_back(desk: Caller, ids: dict[str, int], ticket: str) -> None:
    desk.post(f"{ticket}/estimates")
    assert desk.get(f"/inventory/{ids['part']}").get_json()["available"] == 3
    answers = said(ids, brakes="deferred", oil="approved")
    assert desk.post(f"{ticket}/consents", {**answers, "channel": "counter"}).status_code == 201
    part = desk.get(f"/inventory/{ids['part']}").get_json()
    assert (part["on_hand"], part["available"]) == (5, 5)


def test_consent_to_a_newer_estimate_goes_over_what_was_approved(
    desk: Caller, ids: dict[str, int], ticket: str
) -> None:
    desk.post(f"{ticket}/estimates")
    desk.post(f"{ticket}/consents", {**said(ids), "channel": "phone"})
    desk.post(f"{ticket}/jobs/{ids['brakes']}/lines", {"kind": "fee", "description": "Discs", "price": 50})
    assert desk.get(f"{ticket}/jobs/{ids['brakes']}").get_json()["over_approved"] == 50.0
    assert desk.put(ticket, {"status": "in_progress"}).status_code == 409
    (brakes,) = desk.post(f"{ticket}/estimates").get_json()["jobs"]
    assert (brakes["approval"], brakes["asked"], brakes["charge"]) == ("approved", True, 85.98)
    body = {**said(ids, 2), "channel": "phone", "answers": [{"job_id": ids["brakes"], "answer": "approved"}]}
    assert desk.post(f"{ticket}/consents", body).status_code == 201
    assert desk.get(f"{ticket}/jobs/{ids['brakes']}").get_json()["over_approved"] == 0.0
    assert desk.put(ticket, {"status": "in_progress"}).status_code == 200


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"estimate": 2}, "estimate"),
        ({"estimate": "1"}, "estimate"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"words": "x" * 1001}, "words"),
        ({"channel": "account"}, "channel"),
        ({"channel": "link"}, "channel"),
        ({"channel": None}, "channel"),
        ({"channel": 5}, "channel"),
        ({"by": 1}, "by"),
        ({"answers": []}, "answers"),
        ({"answers": {}}, "answers"),
        ({"answers": [5]}, "answers.0"),
        ({"answers": [{"job_id": 1, "answer": "pending"}]}, "answers.0.answer"),
        ({"answers": [{"job_id": 1}]}, "answers.0.answer"),
        ({"answers": [{"job_id": 1, "answer": "approved", "amount": 5}]}, "answers.0.amount"),
        ({"answers": [{"job_id": 99999, "answer": "approved"}]}, "answers"),
        ({"answers": [{"job_id": "{brakes}", "answer": "approved"}]}, "answers"),
        ({"answers": [{"job_id": "{brakes}", "answer": "approved"}] * 2}, "answers"),
    ],
)
def test_a_consent_that_will_not_do_is_refused_by_name(
    values: dict[str, Any], field: str, app: Flask, desk: Caller, ids: dict[str, int], ticket: str
) -> None:
    desk.post(f"{ticket}/estimates")
    if isinstance(values.get("answers"), list):
        values = {"answers": [_with_ids(answer, ids) for answer in values["answers"]]}
    answer = desk.post(f"{ticket}/consents", {**said(ids), "channel": "phone", **values})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    with app.app_context():
        assert db.session.scalar(select(Consent)) is None
    assert desk.get(ticket).get_json()["status"] == "estimate"


def test_an_older_estimate_is_not_answered_any_more(
    api: Api, desk: Caller, ids: dict[str, int], ticket: str, mine: str
) -> None:
    for _ in range(2):
        desk.post(f"{ticket}/estimates")
    assert desk.post(f"{ticket}/consents", {**said(ids), "channel": "phone"}).status_code == 409
    assert api.as_("customer").post(f"{mine}/consents", said(ids)).status_code == 409
    assert api.as_("customer").post(f"{mine}/consents", said(ids, 2)).status_code == 201


def test_customers_read_and_answer_their_own_estimate(
    app: Flask, api: Api, cast: Cast, desk: Caller, ids: dict[str, int], ticket: str, mine: str
) -> None:
    joy = api.as_("customer")
    assert joy.get(f"{mine}/estimate").status_code == 404
    written = desk.post(f"{ticket}/estimates")
    read = joy.get(f"{mine}/estimate")
    assert (read.status_code, read.get_json()) == (200, written.get_json())
    assert joy.get(f"{mine}/estimate", If_None_Match=read.headers["ETag"]).status_code == 304
    made = joy.post(f"{mine}/consents", said(ids), User_Agent="Phone")
    assert (made.status_code, made.headers["Location"]) == (201, f"{mine}/estimate")
    assert made.get_json()["consents"][0]["channel"] == "account"
    assert joy.get(f"{mine}/estimate").headers["ETag"] == made.headers["ETag"]
    assert desk.get(ticket).get_json()["status"] == "approved"
    with app.app_context():
        consent = db.session.scalars(select(Consent)).one()
        assert (consent.by_id, consent.agent, bool(consent.address)) == (cast.account_id("customer"), "Phone", True)
    assert joy.post(f"{mine}/consents", {**said(ids), "channel": "phone"}).status_code == 422
    assert joy.post(f"{mine}/consents", said(ids)).status_code == 409


def test_an_estimate_is_nobody_elses(api: Api, desk: Caller, ids: dict[str, int], ticket: str, mine: str) -> None:
    desk.post(f"{ticket}/estimates")
    for who in ("stranger", "mechanic", "desk", "owner"):
        assert api.as_(who).get(f"{mine}/estimate").status_code == 404
        assert api.as_(who).post(f"{mine}/consents", said(ids)).status_code == 404
    assert api.as_("customer").get(f"{ticket}/estimates").status_code == 403
    assert api.as_("mechanic").get(f"{ticket}/estimates/1").status_code == 200
    assert api.as_("mechanic").post(f"{ticket}/consents", {**said(ids), "channel": "phone"}).status_code == 403
    assert api.nobody.get(f"{mine}/estimate").status_code == 401


def _with_ids(answer: Any, ids: dict[str, int]) -> Any:
    """The answer with ids in place of their names."""
    if not isinstance(answer, dict) or not isinstance(answer.get("job_id"), str):
        return answer
    return {**answer, "job_id": ids[answer["job_id"][1:-1]]}


def test_a_ticket_tells_how_far_it_is_over_by_its_tax_alone(
    app: Flask, api: Api, desk: Caller, ids: dict[str, int], ticket: str
) -> None:
    with app.app_context():
        factories.keep(Rates(labour_tax_ppm=88_750))
    desk.post(f"{ticket}/estimates")
    assert desk.post(f"{ticket}/consents", {**said(ids, oil="approved"), "channel": "phone"}).status_code == 201
    assert desk.get(ticket).get_json()["over_approved"] == 0.0
    lines = f"{ticket}/jobs/{ids['oil']}/lines"
    (fee,) = desk.get(f"{ticket}/jobs/{ids['oil']}").get_json()["lines"]
    desk.put(f"{lines}/{fee['id']}", {"price": 50})
    desk.post(lines, {"kind": "labour", "description": "Change the oil", "minutes": 60, "price": 50})
    assert [job["over_approved"] for job in desk.get(f"{ticket}/jobs").get_json()] == [0.0, 0.0]
    row = desk.get(ticket).get_json()
    assert (row["over_approved"], row["tax"]) == (3.55, 3.55)
    for everywhere in ("/service_tickets/", "/customers/my-tickets"):
        caller = api.as_("customer") if "my" in everywhere else desk
        assert [each["over_approved"] for each in caller.get(everywhere).get_json()] == [3.55]
    assert desk.post(f"{ticket}/estimates").status_code == 201
    assert desk.post(f"{ticket}/consents", {**said(ids, 2, oil="approved"), "channel": "phone"}).status_code == 201
    assert desk.get(ticket).get_json()["over_approved"] == 0.0
