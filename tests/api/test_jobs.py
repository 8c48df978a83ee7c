"""Jobs and their lines through the API: what they come to, what the shelf keeps for them, and who may do what."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from shop.accounts.models import Account
from shop.common.clock import now
from shop.extensions import db
from shop.inventory.models import Part
from shop.tickets import commands
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Supply, Ticket
from tests import factories
from tests.cast import Cast
from tests.clients import Api, Caller
from tests.statements import counted

PARTS = 8950


@pytest.fixture
def ids(app: Flask, cast: Cast) -> dict[str, int]:
    """A ticket with one job, worked on by the mechanic, and nine of a part at 89.50."""
    mechanic_id = cast.account_id("mechanic")
    with app.app_context():
        rui = db.session.get_one(Account, mechanic_id).mechanic
        ticket = factories.make_ticket(mechanics=[rui])
        part = factories.make_part(name="Pads", price_cents=PARTS, cost_cents=4000, on_hand=9)
        return {"ticket": ticket.id, "job": ticket.jobs[0].id, "part": part.id, "mechanic": rui.id}


@pytest.fixture
def desk(api: Api) -> Caller:
    return api.as_("desk")


@pytest.fixture
def jobs(ids: dict[str, int]) -> str:
    return f"/service_tickets/{ids['ticket']}/jobs"


@pytest.fixture
def job(ids: dict[str, int], jobs: str) -> str:
    return f"{jobs}/{ids['job']}"


def approve(desk: Caller, ids: dict[str, int]) -> None:
    answer = desk.put(f"/service_tickets/{ids['ticket']}", {"status": "approved"})
    assert answer.status_code == 200, answer.get_data(as_text=True)


def start(desk: Caller, ids: dict[str, int]) -> None:
    approve(desk, ids)
    assert desk.put(f"/service_tickets/{ids['ticket']}", {"status": "in_progress"}).status_code == 200


def shelf(desk: Caller, ids: dict[str, int]) -> tuple[int, int]:
    """What is on hand, and how many of them are available."""
    row = desk.get(f"/inventory/{ids['part']}").get_json()
    return row["on_hand"], row["available"]


def test_a_job_is_told_with_its_lines_and_sums(desk: Caller, ids: dict[str, int], job: str, jobs: str) -> None:
    labour = {"kind": "labour", "description": "Fit pads", "minutes": 90, "price": 100, "mechanic_id": ids["mechanic"]}
    assert desk.post(f"{job}/lines", labour).status_code == 201
    part = {"kind": "part", "inventory_id": ids["part"], "quantity": 2, "core": 10}
    assert desk.post(f"{job}/lines", part).status_code == 201
    answer = desk.get(jobs)
    assert answer.headers["X-Total-Count"] == "1"
    (row,) = answer.get_json()
    assert row == desk.get(job).get_json()
    labour_row, part_row = row.pop("lines")
    assert labour_row == {
        "id": labour_row["id"],
        "kind": "labour",
        "description": "Fit pads",
        "quantity": 1,
        "minutes": 90,
        "price": 100.0,
        "cost": 0.0,
        "core": 0.0,
        "total": 150.0,
        "inventory_id": None,
        "mechanic_id": ids["mechanic"],
        "supply": None,
    }
    assert part_row == {
        "id": part_row["id"],
        "kind": "part",
        "description": "Pads",
        "quantity": 2,
        "minutes": None,
        "price": 89.5,
        "cost": 40.0,
        "core": 10.0,
        "total": 199.0,
        "inventory_id": ids["part"],
        "mechanic_id": None,
        "supply": "reserved",
    }
    assert row == {
        "id": ids["job"],
        "complaint": "Grinding from the front left when braking.",
        "cause": "",
        "correction": "",
        "approval": "pending",
        "approved": None,
        "over_approved": 0.0,
        "charge": 349.0,
        "cost": 100.0,
        "discount_percent": 0.0,
        "discount": 0.0,
        "discounted": 0.0,
        "done_at": None,
    }
    assert desk.get(f"/service_tickets/{ids['ticket']}").get_json()["total"] == 349.0


def test_what_things_cost_the_shop_is_not_for_mechanics(api: Api, desk: Caller, ids: dict[str, int], job: str) -> None:
    line = desk.post(f"{job}/lines", {"kind": "part", "inventory_id": ids["part"]}).headers["Location"]
    mechanic = api.as_("mechanic")
    row = mechanic.get(job).get_json()
    assert (row["cost"], row["lines"][0]["cost"], row["lines"][0]["price"]) == (None, None, 89.5)
    assert mechanic.get(line).get_json()["cost"] is None
    assert mechanic.put(job, {"cause": "Worn"}).get_json()["cost"] is None
    assert api.as_("owner").get(line).get_json()["cost"] == 40.0


def test_jobs_cost_the_same_statements_however_many_there_are(app: Flask, desk: Caller, ids: dict[str, int]) -> None:
    def cost() -> int:
        with counted(app) as statements:
            assert desk.get(f"/service_tickets/{ids['ticket']}/jobs").status_code == 200
        return len(statements)

    def fill() -> None:
        with app.app_context():
            ticket = db.session.get_one(Ticket, ids["ticket"])
            job = factories.make_job(ticket)
            factories.make_part_line(ticket, factories.make_part(), job=job, supply=Supply.RESERVED)

    fill()
    few = cost()
    for _ in range(4):
        fill()
    assert cost() == few <= 8


def test_a_job_comes_and_goes_and_comes_back(desk: Caller, ids: dict[str, int], jobs: str) -> None:
    made = desk.post(jobs, {"complaint": "Change the oil"})
    assert (made.status_code, made.get_json()["approval"]) == (201, "pending")
    path = made.headers["Location"]
    assert desk.get(path).headers["ETag"] == made.headers["ETag"]
    desk.post(f"{path}/lines", {"kind": "part", "inventory_id": ids["part"], "quantity": 4})
    assert shelf(desk, ids) == (9, 5)

    assert desk.delete(path).status_code == 204
    assert shelf(desk, ids) == (9, 9)
    for method, step in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/finish"), ("POST", "/ask-again")):
        assert desk.send(method, path + step, json={} if method == "PUT" else None).status_code == 404, (method, step)
    assert len(desk.get(jobs).get_json()) == 1

    back = desk.post(f"{path}/restore")
    assert (back.status_code, back.get_json()["lines"][0]["supply"]) == (200, "reserved")
    assert shelf(desk, ids) == (9, 5)
    assert desk.post(f"{path}/restore").status_code == 200


def test_a_line_comes_and_goes_and_comes_back(desk: Caller, ids: dict[str, int], job: str) -> None:
    made = desk.post(f"{job}/lines", {"kind": "part", "inventory_id": ids["part"], "quantity": 4})
    path = made.headers["Location"]
    assert desk.get(path).headers["ETag"] == made.headers["ETag"]
    assert desk.put(path, {"quantity": 6, "price": 80}).get_json()["total"] == 480.0
    assert shelf(desk, ids) == (9, 3)
    answer = desk.put(path, {"quantity": 10})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["quantity"])
    assert desk.put(path, {"quantity": 2}).status_code == 200
    assert shelf(desk, ids) == (9, 7)

    assert desk.delete(path).status_code == 204
    assert shelf(desk, ids) == (9, 9)
    for method, step in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/fit"), ("POST", "/take-out")):
        assert desk.send(method, path + step, json={} if method == "PUT" else None).status_code == 404
    assert desk.get(job).get_json()["lines"] == []
    assert desk.post(f"{path}/restore").get_json()["supply"] == "reserved"
    assert shelf(desk, ids) == (9, 7)


def test_a_line_that_is_put_back_on_a_declined_job_keeps_nothing(app: Flask, desk: Caller, job: str) -> None:
    with app.app_context():
        part = factories.make_part(on_hand=3).id
    path = desk.post(f"{job}/lines", {"kind": "part", "inventory_id": part}).headers["Location"]
    desk.delete(path)
    decline(desk, job)
    assert desk.post(f"{path}/restore").get_json()["supply"] == "wanted"
    assert desk.get(f"/inventory/{part}").get_json()["available"] == 3


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, ["kind"]),
        ({"kind": "wish", "description": "x"}, ["kind"]),
        ({"kind": "labour"}, ["description", "minutes"]),
        ({"kind": "labour", "description": "x", "minutes": -1}, ["minutes"]),
        ({"kind": "labour", "description": "x", "minutes": 60_001}, ["minutes"]),
        ({"kind": "labour", "description": "x", "minutes": 60, "quantity": 2}, ["quantity"]),
        ({"kind": "labour", "description": "x", "minutes": 60, "cost": 2, "core": 1}, ["core", "cost"]),
        ({"kind": "labour", "description": "x", "minutes": 60, "mechanic_id": 99999}, ["mechanic_id"]),
        ({"kind": "labour", "description": "x", "minutes": 60_000, "price": 99_999_999.99}, ["minutes"]),
        ({"kind": "fee", "description": "x"}, ["price"]),
        ({"kind": "fee", "description": " ", "price": 1}, ["description"]),
        ({"kind": "fee", "description": "x", "price": 1, "core": 1}, ["core"]),
        ({"kind": "fee", "description": "x", "price": 1, "minutes": 1}, ["minutes"]),
        ({"kind": "fee", "description": "x", "price": 1, "inventory_id": 1}, ["inventory_id"]),
        ({"kind": "sublet", "description": "x", "price": 99_999_999.99, "quantity": 2}, ["price"]),
        ({"kind": "part", "description": "x"}, ["price"]),
        ({"kind": "part", "inventory_id": 99999}, ["inventory_id"]),
        ({"kind": "part", "inventory_id": "{part}", "price": 1}, ["price"]),
        ({"kind": "part", "inventory_id": "{part}", "quantity": 0}, ["quantity"]),
        ({"kind": "part", "inventory_id": "{part}", "quantity": 10}, ["quantity"]),
        ({"kind": "part", "description": "x", "price": 1, "mechanic_id": 1}, ["mechanic_id"]),
    ],
)
def test_a_line_that_will_not_do_is_refused_by_name(
    values: dict[str, Any], fields: list[str], desk: Caller, ids: dict[str, int], job: str
) -> None:
    filled = {key: ids["part"] if value == "{part}" else value for key, value in values.items()}
    answer = desk.post(f"{job}/lines", filled)
    assert (answer.status_code, sorted(answer.get_json()["errors"])) == (422, fields)
    assert desk.get(job).get_json()["lines"] == []


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("labour", {"quantity": 2}),
        ("labour", {"cost": 1}),
        ("labour", {"core": 1}),
        ("fee", {"minutes": 5}),
        ("fee", {"core": 1}),
        ("fee", {"mechanic_id": "{mechanic}"}),
    ],
)
def test_a_change_that_does_not_go_with_the_kind_is_refused(
    kind: str, values: dict[str, Any], desk: Caller, ids: dict[str, int], job: str
) -> None:
    said = {"minutes": 60} if kind == "labour" else {"price": 5}
    path = desk.post(f"{job}/lines", {"kind": kind, "description": "x", **said}).headers["Location"]
    filled = {key: ids["mechanic"] if value == "{mechanic}" else value for key, value in values.items()}
    answer = desk.put(path, filled)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, list(values))


def test_every_other_kind_of_line(desk: Caller, job: str) -> None:
    for kind in ("part", "fee", "sublet"):
        values = {"kind": kind, "description": "Odd", "price": 12.5, "quantity": 3, "cost": 4}
        row = desk.post(f"{job}/lines", values).get_json()
        assert (row["kind"], row["total"], row["cost"], row["supply"]) == (kind, 37.5, 4.0, None)
    labour = desk.post(f"{job}/lines", {"kind": "labour", "description": "Look", "minutes": 30}).get_json()
    assert (labour["price"], labour["total"]) == (120.0, 60.0)


def test_a_discount_is_in_percent_or_an_amount(desk: Caller, job: str) -> None:
    desk.post(f"{job}/lines", {"kind": "fee", "description": "x", "price": 80})

    def put(**values: Any) -> tuple[float, ...]:
        row = desk.put(job, values).get_json()
        return row["discount_percent"], row["discount"], row["discounted"], row["charge"]

    assert put(discount_percent=12.5) == (12.5, 0.0, 10.0, 70.0)
    assert put(discount_percent=8.875) == (8.875, 0.0, 7.1, 72.9)
    assert put(discount_percent=0.0001) == (0.0001, 0.0, 0.0, 80.0)
    assert put(discount=5) == (0.0, 5.0, 5.0, 75.0)
    assert put(discount=500) == (0.0, 500.0, 80.0, 0.0)
    assert put(discount_percent=0) == (0.0, 0.0, 0.0, 80.0)
    answer = desk.put(job, {"discount": 1, "discount_percent": 1})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["discount"])
    for wrong in (100.0001, -1, "5", 1.00001, 1e300, True, None):
        answer = desk.put(job, {"discount_percent": wrong})
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["discount_percent"])


def test_text_of_a_job_can_be_emptied_but_for_the_complaint(desk: Caller, job: str) -> None:
    row = desk.put(job, {"complaint": "Brakes", "cause": "Worn\n\nto 1 mm", "correction": "New pads"}).get_json()
    assert (row["complaint"], row["cause"], row["correction"]) == ("Brakes", "Worn\n\nto 1 mm", "New pads")
    row = desk.put(job, {"cause": ""}).get_json()
    assert (row["cause"], row["correction"]) == ("", "New pads")
    for values in ({"complaint": ""}, {"complaint": "x" * 201}, {"cause": None}, {"cause": "x" * 2001}):
        assert list(desk.put(job, values).get_json()["errors"]) == list(values)


def test_mechanics_write_findings_finish_and_fit_on_their_own_tickets(
    app: Flask, api: Api, desk: Caller, ids: dict[str, int], job: str
) -> None:
    first, second = (
        desk.post(f"{job}/lines", {"kind": "part", "inventory_id": ids["part"]}).headers["Location"] for _ in range(2)
    )
    mechanic = api.as_("mechanic")
    assert mechanic.post(f"{job}/finish").status_code == 409
    start(desk, ids)
    assert shelf(desk, ids) == (9, 7)
    assert mechanic.put(job, {"cause": "Worn", "correction": "New pads"}).get_json()["cause"] == "Worn"
    answer = mechanic.put(job, {"correction": "More", "complaint": "Something else"})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["complaint"])
    answer = mechanic.put(job, {"discount": 5})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["discount"])

    assert mechanic.post(f"{first}/fit").get_json()["supply"] == "fitted"
    assert mechanic.post(f"{first}/fit").status_code == 409
    assert mechanic.post(f"{first}/take-out").get_json()["supply"] == "reserved"
    assert mechanic.post(f"{first}/take-out").status_code == 409
    assert mechanic.post(f"{first}/fit").get_json()["supply"] == "fitted"
    assert shelf(desk, ids) == (8, 7)
    row = mechanic.post(f"{job}/finish").get_json()
    assert row["done_at"].endswith("Z")
    assert [line["supply"] for line in row["lines"]] == ["fitted", "fitted"]
    assert shelf(desk, ids) == (7, 7)
    assert desk.get(f"/service_tickets/{ids['ticket']}").get_json()["status"] == "quality_check"
    assert mechanic.post(f"{job}/reopen").get_json()["done_at"] is None
    assert desk.get(second).get_json()["supply"] == "fitted"

    for method, path in (("POST", f"{job}/lines"), ("PUT", second), ("DELETE", second), ("DELETE", job)):
        assert mechanic.send(method, path, json={}).status_code == 403
    with app.app_context():
        other = factories.make_ticket(status=Status.IN_PROGRESS)
        line = factories.make_part_line(other, db.session.get_one(Part, ids["part"]), supply=Supply.RESERVED)
        path = f"/service_tickets/{other.id}/jobs/{other.jobs[0].id}"
        fit = f"{path}/lines/{line.id}/fit"
    assert mechanic.get(path).status_code == 200
    assert mechanic.put(path, {"cause": "x"}).status_code == 404
    for step in (f"{path}/finish", f"{path}/reopen", fit):
        assert mechanic.post(step).status_code == 404


def test_what_the_customer_has_not_approved_is_neither_fitted_nor_finished(
    desk: Caller, ids: dict[str, int], jobs: str, job: str
) -> None:
    start(desk, ids)
    more = desk.post(jobs, {"complaint": "Change the oil"}).headers["Location"]
    line = desk.post(f"{more}/lines", {"kind": "part", "inventory_id": ids["part"]}).headers["Location"]
    assert desk.post(f"{line}/fit").status_code == 409
    assert desk.post(f"{more}/finish").status_code == 409
    desk.post(f"{job}/lines", {"kind": "fee", "description": "x", "price": 3.5})
    assert desk.get(job).get_json()["over_approved"] == 3.5
    assert desk.post(f"{job}/finish").status_code == 409


def test_work_that_has_grown_is_not_started_before_it_is_approved(desk: Caller, ids: dict[str, int], job: str) -> None:
    approve(desk, ids)
    desk.post(f"{job}/lines", {"kind": "fee", "description": "x", "price": 3.5})
    ticket = f"/service_tickets/{ids['ticket']}"
    answer = desk.put(ticket, {"status": "in_progress"})
    assert (answer.status_code, "3.50" in answer.get_json()["detail"]) == (409, True)
    desk.put(ticket, {"status": "estimate"})
    approve(desk, ids)
    assert desk.put(ticket, {"status": "in_progress"}).status_code == 200


@pytest.mark.parametrize(
    ("status", "what"),
    [
        (Status.APPROVED, "in_progress"),
        (Status.IN_PROGRESS, "fit"),
        (Status.IN_PROGRESS, "finish"),
        (Status.READY, "invoiced"),
    ],
    ids=["start", "fit", "finish", "invoice"],
)
def test_above_what_was_approved_nothing_goes_on(app: Flask, desk: Caller, status: Status, what: str) -> None:
    with app.app_context():
        ticket = factories.make_ticket(status=status)
        line = factories.make_part_line(ticket, factories.make_part(), supply=Supply.RESERVED)
        path = f"/service_tickets/{ticket.id}"
        job = f"{path}/jobs/{line.job_id}"
        was_done = line.job.is_done
        steps = {"fit": f"{job}/lines/{line.id}/fit", "finish": f"{job}/finish"}
    desk.post(f"{job}/lines", {"kind": "labour", "description": "A seized bolt", "minutes": 30, "price": 100})
    answer = desk.post(steps[what]) if what in steps else desk.put(path, {"status": what})
    assert answer.status_code == 409
    assert "50.00 over what the customer approved" in answer.get_json()["detail"]
    row = desk.get(job).get_json()
    assert (row["done_at"] is not None, row["lines"][0]["supply"]) == (was_done, "reserved")
    assert desk.get(path).get_json()["status"] == status.value


def test_jobs_that_were_declined_can_be_asked_about_again(desk: Caller, ids: dict[str, int], job: str) -> None:
    desk.post(f"{job}/lines", {"kind": "part", "inventory_id": ids["part"], "quantity": 2})
    assert desk.post(f"{job}/ask-again").status_code == 409
    decline(desk, job)
    assert shelf(desk, ids) == (9, 9)
    row = desk.post(f"{job}/ask-again").get_json()
    assert (row["approval"], row["lines"][0]["supply"]) == ("pending", "reserved")


def test_canned_jobs_are_listed_by_name_with_what_is_fixed_of_their_lines(
    app: Flask, cast: Cast, api: Api, ids: dict[str, int]
) -> None:
    with app.app_context():
        part, gone = db.session.get_one(Part, ids["part"]), factories.make_part(archived_at=now())
        last, first = (factories.make_canned_job(part, name=name).id for name in ("oil", "Brakes"))
        factories.make_canned_job(gone, name="Gone part")
        commands.archive_canned(factories.make_canned_job(part, name="Archived"), by=cast.account("desk"))
    answer = api.as_("mechanic").get("/service_tickets/canned-jobs")
    brakes, gone_row, oil = answer.get_json()
    assert answer.headers["X-Total-Count"] == "3"
    labour = {
        "kind": "labour",
        "description": "Replace them",
        "quantity": 1,
        "minutes": 60,
        "price": None,
        "core": 0.0,
        "inventory_id": None,
    }
    part_row = {"kind": "part", "description": "Some part", "core": 10.0, "inventory_id": ids["part"]}
    taken = {**labour, **part_row, "minutes": None}
    fee = {**labour, "kind": "fee", "description": "Disposal", "quantity": 2, "minutes": None, "price": 4.5}
    assert brakes == {"id": first, "name": "Brakes", "lines": [labour, taken, fee]}
    assert oil == {"id": last, "name": "oil", "lines": [labour, taken, fee]}
    assert gone_row["lines"][1] == {**taken, "price": 0.01, "inventory_id": None}


def test_canned_jobs_cost_the_same_statements_however_many_there_are(app: Flask, desk: Caller) -> None:
    def cost() -> int:
        with counted(app) as statements:
            assert desk.get("/service_tickets/canned-jobs").status_code == 200
        return len(statements)

    def fill() -> None:
        with app.app_context():
            factories.make_canned_job(factories.make_part())

    fill()
    few = cost()
    for _ in range(4):
        fill()
    assert cost() == few <= 5


def test_a_canned_job_comes_with_its_lines_at_the_prices_of_the_day(
    app: Flask, desk: Caller, ids: dict[str, int], jobs: str
) -> None:
    with app.app_context():
        canned = factories.make_canned_job(db.session.get_one(Part, ids["part"]), name="Brakes").id
    made = desk.post(f"/service_tickets/{ids['ticket']}/canned-jobs", {"canned_job_id": canned})
    row = made.get_json()
    path = f"{jobs}/{row['id']}"
    assert (made.status_code, made.headers["Location"]) == (201, path)
    assert desk.get(path).get_json() == row == desk.get(jobs).get_json()[1]
    assert desk.get(path).headers["ETag"] == made.headers["ETag"]
    assert (row["complaint"], row["approval"], row["charge"]) == ("Brakes", "pending", 228.5)
    lines = [(line["description"], line["price"], line["quantity"], line["supply"]) for line in row["lines"]]
    assert lines == [("Replace them", 120.0, 1, None), ("Pads", 89.5, 1, "reserved"), ("Disposal", 4.5, 2, None)]
    assert [line["core"] for line in row["lines"]] == [0, 10.0, 0]
    assert shelf(desk, ids) == (9, 8)


def test_a_canned_job_that_will_not_do_is_refused_by_name(
    app: Flask, cast: Cast, desk: Caller, ids: dict[str, int]
) -> None:
    with app.app_context():
        part = db.session.get_one(Part, ids["part"])
        canned, archived = (factories.make_canned_job(part) for _ in range(2))
        commands.archive_canned(archived, by=cast.account("desk"))
        known, gone = canned.id, archived.id
    path = f"/service_tickets/{ids['ticket']}"
    for values in ({}, *({"canned_job_id": each} for each in (gone, 99999, 0, str(known), None))):
        answer = desk.post(f"{path}/canned-jobs", values)
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["canned_job_id"]), values
    assert desk.post("/service_tickets/99999/canned-jobs", {"canned_job_id": known}).status_code == 404
    assert len(desk.get(f"{path}/jobs").get_json()) == 1


def test_closed_work_is_not_changed(app: Flask, desk: Caller) -> None:
    with app.app_context():
        ticket = factories.make_ticket(status=Status.INVOICED)
        canned = {"canned_job_id": factories.make_canned_job(factories.make_part()).id}
        line = factories.make_part_line(ticket, factories.make_part())
        ticket_id = ticket.id
        jobs = f"/service_tickets/{ticket_id}/jobs"
        job, path = f"{jobs}/{line.job_id}", f"{jobs}/{line.job_id}/lines/{line.id}"
    fee = {"kind": "fee", "description": "x", "price": 1}
    for method, url, body in (
        ("POST", jobs, {"complaint": "x"}),
        ("POST", f"/service_tickets/{ticket_id}/canned-jobs", canned),
        ("PUT", job, {"cause": "x"}),
        ("DELETE", job, None),
        ("POST", f"{job}/reopen", None),
        ("POST", f"{job}/lines", fee),
        ("PUT", path, {"price": 1}),
        ("DELETE", path, None),
        ("POST", f"{path}/restore", None),
    ):
        assert desk.send(method, url, json=body).status_code == 409, (method, url)


def test_things_are_found_below_their_own_ticket_and_job_alone(app: Flask, desk: Caller, ids: dict[str, int]) -> None:
    with app.app_context():
        other = factories.make_ticket()
        line = factories.make_part_line(other, factories.make_part())
        job_id, line_id, other_id = line.job_id, line.id, other.id
    for path in (
        f"/service_tickets/{ids['ticket']}/jobs/{job_id}",
        f"/service_tickets/{ids['ticket']}/jobs/{job_id}/lines/{line_id}",
        f"/service_tickets/{ids['ticket']}/jobs/{ids['job']}/lines/{line_id}",
        f"/service_tickets/{other_id}/jobs/{job_id}/lines/99999",
        "/service_tickets/99999/jobs",
    ):
        assert desk.get(path).status_code == 404


def test_parts_go_to_the_job_that_is_named_or_to_the_first(desk: Caller, ids: dict[str, int], jobs: str) -> None:
    path = desk.post(jobs, {"complaint": "Change the oil"}).headers["Location"]
    job_id = int(path.rpartition("/")[2])
    parts = f"/service_tickets/{ids['ticket']}/parts"
    assert desk.post(parts, {"inventory_id": ids["part"]}).status_code == 201
    assert desk.post(parts, {"inventory_id": ids["part"], "quantity": 2, "job_id": job_id}).status_code == 201
    assert [[line["quantity"] for line in job["lines"]] for job in desk.get(jobs).get_json()] == [[1], [2]]
    answer = desk.post(parts, {"inventory_id": ids["part"], "job_id": 99999})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["job_id"])
    desk.delete(path)
    answer = desk.post(parts, {"inventory_id": ids["part"], "job_id": job_id})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["job_id"])


def decline(desk: Caller, job: str) -> None:
    ticket, _, job_id = job.partition("/jobs/")
    number = desk.post(f"{ticket}/estimates").get_json()["number"]
    answers = [{"job_id": int(job_id), "answer": Approval.DECLINED.value}]
    body = {"estimate": number, "name": "Ada", "channel": "phone", "answers": answers}
    assert desk.post(f"{ticket}/consents", body).status_code == 201
