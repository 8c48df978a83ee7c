"""Writing through the API: two at once, and the events that stay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import select

from shop.audit.models import Event
from shop.extensions import db
from shop.tickets.models import Supply
from tests import factories
from tests.cast import Cast
from tests.clients import Api


def test_of_those_who_saw_the_same_thing_one_may_change_it(app: Flask, api: Api) -> None:
    with app.app_context():
        path = f"/service_tickets/{factories.make_ticket().id}"
    desk = api.as_("desk")
    seen = desk.get(path).headers["ETag"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: desk.put(path, {"description": f"Version {n}."}, If_Match=seen), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
    (winner,) = (answer for answer in answers if answer.status_code == 200)
    assert desk.get(path).get_json() == winner.get_json()


def test_of_those_who_take_the_last_part_one_gets_it(app: Flask, api: Api) -> None:
    with app.app_context():
        tickets = [factories.make_ticket().id for _ in range(4)]
        part = factories.make_part(on_hand=1).id
    desk = api.as_("desk")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda ticket: desk.post(f"/service_tickets/{ticket}/add-part/{part}"), tickets))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]
    row = desk.get(f"/inventory/{part}").get_json()
    assert (row["on_hand"], row["available"]) == (1, 0)


def test_of_those_who_saw_the_same_line_one_may_change_it(app: Flask, api: Api) -> None:
    with app.app_context():
        line = factories.make_part_line(factories.make_ticket(), factories.make_part(), supply=Supply.RESERVED)
        job = f"/service_tickets/{line.ticket_id}/jobs/{line.job_id}"
        path = f"{job}/lines/{line.id}"
    desk = api.as_("desk")
    seen, job_seen = desk.get(path).headers["ETag"], desk.get(job).headers["ETag"]

    def change(number: int) -> int:
        if number % 2:
            return desk.put(job, {"cause": f"Cause {number}."}, If_Match=job_seen).status_code
        return desk.put(path, {"price": 20 + number}, If_Match=seen).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(change, range(6)))
    assert answers[::2].count(200) == 1
    assert answers[1::2].count(200) <= 1  # a job that has another line is another job
    assert set(answers) == {200, 412}


def test_of_those_who_answer_an_estimate_one_is_heard(app: Flask, api: Api) -> None:
    with app.app_context():
        ticket = factories.make_ticket()
        factories.make_version(ticket)
        path, job_id = f"/service_tickets/{ticket.id}/consents", ticket.jobs[0].id
    desk = api.as_("desk")

    def answer(said: str) -> int:
        answers = [{"job_id": job_id, "answer": said}]
        return desk.post(path, {"estimate": 1, "name": "Ada", "channel": "phone", "answers": answers}).status_code

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(answer, ["approved", "declined", "deferred", "approved"]))
    assert sorted(codes) == [201, 409, 409, 409]


def test_of_those_who_take_the_same_name_one_gets_it(app: Flask, api: Api) -> None:
    desk = api.as_("desk")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: desk.post("/inventory/", {"name": "Oil Filter", "price": n}), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]


def test_a_change_leaves_its_event_and_nothing_else_does(app: Flask, cast: Cast, api: Api) -> None:
    desk = api.as_("desk")
    made = desk.post("/customers/", {"name": "Ada"})
    path = made.headers["Location"]
    desk.put(path, {"phone": "555"})
    desk.put(path, {"phone": "555"})
    desk.put(path, {"phone": 5})
    desk.put(path, {"phone": "556"}, If_Match='"another"')
    desk.delete(path)
    with app.app_context():
        events = db.session.scalars(
            select(Event).where(Event.subject_kind == "customer", Event.subject_id == made.get_json()["id"])
        ).all()
        assert [event.action for event in events] == ["customer.added", "customer.changed", "customer.archived"]
        assert {event.by_id for event in events} == {cast.account_id("desk")}
