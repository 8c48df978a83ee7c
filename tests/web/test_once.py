"""A form or a JSON request that is sent twice has one effect, one after the other or at the same moment."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict
from wtforms import PasswordField

from shop import create_app
from shop.common import handled
from shop.common.handled import HandledRequest
from shop.common.roles import Role
from shop.common.transaction import transaction
from shop.config import Settings
from shop.customers.models import Customer
from shop.extensions import db
from shop.inventory.models import Part
from shop.tickets.models import Line, Ticket
from shop.web import once
from shop.web.forms import ShopForm
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.clients import Api
from tests.factories import make_customer, make_part, make_ticket

FORMS = 50
REQUESTS = 20


def count(app: Flask, kind: Any, *conditions: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(kind).where(*conditions)) or 0


class TestForms:
    def test_sent_twice_is_done_once(self, app: Flask, desk: Browser) -> None:
        form = desk.get("/desk/customers/new").form("/desk/customers").fill(name="Joy Blank")
        first, second = form.submit(), form.submit()
        assert (second.url, second.heading) == (first.url, "Joy Blank")
        assert "Joy Blank is on the list." in second.text
        assert count(app, Customer) == 1

    def test_htmx_is_told_to_draw_the_page_anew(self, app: Flask, desk: Browser) -> None:
        with app.app_context():
            part = make_part(on_hand=5).id
        form = desk.get(f"/desk/inventory/{part}").form("/receive").fill(quantity="2")
        first, second = form.submit(htmx=True), form.submit(htmx=True)
        assert first.html
        assert (second.status, second.headers["HX-Refresh"], second.html) == (204, "true", "")
        with app.app_context():
            assert db.session.get_one(Part, part).on_hand == 7

    def test_of_a_page_nothing_is_kept_but_where_it_led(self, app: Flask, desk: Browser, visitor: Browser) -> None:
        with app.app_context():
            part, joy = make_part(on_hand=5).id, make_customer(name="Joy Secret").id
        desk.get(f"/desk/inventory/{part}").form("/receive").fill(quantity="2").submit(htmx=True)
        desk.get(f"/desk/customers/{joy}").form("/vehicles").fill(make="Honda").submit(htmx=True)
        visitor.get("/forgot-password").form("Send me the link").fill(email="joy@example.net").submit()
        with app.app_context():
            kept = db.session.scalars(select(HandledRequest)).all()
            assert len(kept) >= 3
            for row in kept:
                assert row.status == 200
                assert row.body is None
                assert "csrf" not in str(row.answer) + str(row.digest)

    def test_a_whole_page_that_was_answered_is_not_kept_either(self, app: Flask, visitor: Browser) -> None:
        form = visitor.get("/forgot-password").form("Send me the link").fill(email="joy@example.net")
        assert form.submit().status == 200
        assert form.submit().status == 200  # by way of the page before

    def test_a_refused_form_can_be_corrected_with_its_key(self, app: Flask, desk: Browser) -> None:
        form = desk.get("/desk/customers/new").form("/desk/customers").fill(name="")
        assert form.submit().status == 422
        assert form.fill(name="Joy Blank").submit().heading == "Joy Blank"
        assert count(app, Customer) == 1

    def test_other_words_under_the_same_key_are_refused(self, app: Flask, desk: Browser) -> None:
        form = desk.get("/desk/customers/new").form("/desk/customers").fill(name="Joy Blank")
        form.submit()
        answer = form.fill(name="Tom Blank").submit()
        assert answer.status == 409
        assert "sent before" in answer.text
        assert count(app, Customer) == 1

    def test_an_answer_that_was_lost_is_said_kindly(self, app: Flask, desk: Browser) -> None:
        form = desk.get("/desk/customers/new").form("/desk/customers").fill(name="Joy Blank")
        form.submit()
        lose_the_answers(app)
        assert "That was already done." in form.submit().text
        assert count(app, Customer) == 1

    def test_a_form_sent_by_script_and_without_is_done_once(self, app: Flask, desk: Browser) -> None:
        with app.app_context():
            part = make_part(on_hand=5).id
        form = desk.get(f"/desk/inventory/{part}").form("/receive").fill(quantity="2")
        form.submit(htmx=True)
        assert "That was already done." in form.submit().text
        with app.app_context():
            assert db.session.get_one(Part, part).on_hand == 7

    def test_without_a_key_everything_is_as_before(self, app: Flask, desk: Browser) -> None:
        for _ in range(2):
            desk.post("/desk/customers", {"name": "Joy Blank"})
        assert count(app, Customer) == 2
        assert count(app, HandledRequest) == 0

    def test_a_strange_key_is_refused(self, app: Flask, desk: Browser) -> None:
        for key in ("", " ", "é", "x" * 256):
            assert desk.post("/desk/customers", {"name": "Joy", "form_key": key}).status == 400
        assert count(app, Customer) == 0

    def test_signing_in_is_not_remembered(self, app: Flask, cast: Cast, visitor: Browser) -> None:
        cast.account_id("desk")
        visitor.sign_in(cast.email("desk"), PASSWORD)
        assert count(app, HandledRequest) == 0

    def test_a_day_later_it_is_forgotten(self, app: Flask, desk: Browser) -> None:
        desk.get("/desk/customers/new").form("/desk/customers").fill(name="Joy Blank").submit()
        with app.app_context(), transaction():
            assert handled.forget_old() == 0
            db.session.scalars(select(HandledRequest)).one().at -= handled.KEPT_FOR
            assert handled.forget_old() == 1


class TestJson:
    def test_sent_twice_is_done_once_and_answered_alike(self, app: Flask, api: Api) -> None:
        first, second = (
            api.as_("desk").post("/customers/", {"name": "Joy Blank"}, Idempotency_Key="a-1") for _ in range(2)
        )
        assert (first.status_code, first.data) == (second.status_code, second.data)
        assert first.headers["Location"] == second.headers["Location"]
        assert count(app, Customer) == 1

    def test_deleted_twice_is_answered_alike(self, app: Flask, api: Api) -> None:
        with app.app_context():
            ticket = make_ticket().id
        url = f"/service_tickets/{ticket}"
        assert [api.as_("desk").delete(url, Idempotency_Key="gone").status_code for _ in range(2)] == [204, 204]
        assert api.as_("desk").delete(url).status_code == 404

    def test_another_body_is_refused(self, app: Flask, api: Api) -> None:
        api.as_("desk").post("/customers/", {"name": "Joy Blank"}, Idempotency_Key="a-1")
        answer = api.as_("desk").post("/customers/", {"name": "Tom Blank"}, Idempotency_Key="a-1")
        assert answer.status_code == 422
        assert count(app, Customer) == 1

    def test_the_key_is_each_account_s_own(self, app: Flask, api: Api) -> None:
        for who in ("desk", "owner"):
            answer = api.as_(who).post("/customers/", {"name": "Joy Blank"}, Idempotency_Key="a-1")
            assert answer.status_code == 201
        assert count(app, Customer) == 2

    @pytest.mark.parametrize("key", ["", "two words", "é", "x" * 256])
    def test_a_strange_key_is_refused(self, app: Flask, api: Api, key: str) -> None:
        answer = api.as_("desk").post("/customers/", {"name": "Joy Blank"}, Idempotency_Key=key)
        assert answer.status_code == 422
        assert "Idempotency-Key" in answer.get_json()["detail"]

    def test_the_path_with_and_without_its_slash_is_one(self, app: Flask, api: Api) -> None:
        answers = [
            api.as_("desk").post(path, {"name": "Joy"}, Idempotency_Key="a-1")
            for path in ("/customers", "/customers/", "/customers")
        ]
        assert {(answer.status_code, answer.data) for answer in answers} == {(201, answers[0].data)}

    def test_is_not_told_again_to_another_role(self, app: Flask, cast: Cast, api: Api) -> None:
        caller = api.as_("desk")
        assert caller.post("/customers/", {"name": "Joy"}, Idempotency_Key="a-1").status_code == 201
        with app.app_context():
            cast.account("desk").role = Role.OWNER
            db.session.commit()
        answer = caller.post("/customers/", {"name": "Joy"}, Idempotency_Key="a-1")
        assert (answer.status_code, count(app, Customer)) == (409, 1)
        assert "Joy" not in answer.get_data(as_text=True)

    def test_is_not_told_again_to_another_sign_in(self, app: Flask, cast: Cast, api: Api) -> None:
        assert api.as_("desk").post("/customers/", {"name": "Joy"}, Idempotency_Key="a-1").status_code == 201
        answer = Api(cast).as_("desk").post("/customers/", {"name": "Joy"}, Idempotency_Key="a-1")
        assert (answer.status_code, count(app, Customer)) == (409, 1)
        assert "done before" in answer.get_json()["detail"]

    def test_a_role_that_may_no_longer_do_it_is_refused_as_ever(self, app: Flask, cast: Cast, api: Api) -> None:
        caller = api.as_("desk")
        assert caller.post("/customers/", {"name": "Joy"}, Idempotency_Key="a-1").status_code == 201
        with app.app_context():
            cast.account("desk").role = Role.MECHANIC
            db.session.commit()
        assert caller.post("/customers/", {"name": "Joy"}, Idempotency_Key="a-1").status_code == 403

    def test_a_refusal_is_not_remembered(self, app: Flask, api: Api) -> None:
        assert api.as_("desk").post("/customers/", {"name": ""}, Idempotency_Key="a-1").status_code == 422
        assert api.as_("desk").post("/customers/", {"name": "Joy"}, Idempotency_Key="a-1").status_code == 201

    def test_a_lost_answer_is_said(self, app: Flask, api: Api) -> None:
        api.as_("desk").post("/customers/", {"name": "Joy Blank"}, Idempotency_Key="a-1")
        lose_the_answers(app)
        answer = api.as_("desk").post("/customers/", {"name": "Joy Blank"}, Idempotency_Key="a-1")
        assert answer.status_code == 409
        assert count(app, Customer) == 1

    def test_too_much_is_refused_as_ever(self, app: Flask, api: Api) -> None:
        answer = api.as_("desk").post("/customers/", {"name": "x" * 70_000}, Idempotency_Key="a-1")
        assert answer.status_code == 413


class TestSecrets:
    def test_no_password_is_part_of_what_is_kept(self, app: Flask, desk: Browser) -> None:
        form = desk.get("/account").form("/account/password")
        new = "a wholly new password"
        assert form.fill(present=PASSWORD, new=new, again=new).submit().status == 200
        assert count(app, HandledRequest) == 0

    def test_no_route_whose_form_asks_for_a_password_keeps_a_key(self, app: Flask, desk: Browser) -> None:
        asking = [desk.get("/account"), Browser(app).get("/login")]
        rules = app.url_map.bind("")
        for page in asking:
            for field in page.soup.find_all("input", type="password"):
                action = str(field.find_parent("form").get("action"))
                endpoint, _ = rules.match(action.partition("?")[0], method="POST")
                assert app.view_functions[endpoint].is_repeatable, action  # type: ignore[attr-defined]
        assert app.view_functions["accounts.keep_password"].is_repeatable  # type: ignore[attr-defined]
        assert app.view_functions["sign_in.login"].is_repeatable  # type: ignore[attr-defined]

    def test_every_password_field_has_a_name_that_is_left_out(self, app: Flask) -> None:
        with app.test_request_context(method="POST"):
            forms = [kind(MultiDict()) for kind in every(ShopForm) if kind.__module__.startswith("shop.")]
            names = {field.name for form in forms for field in form if isinstance(field, PasswordField)}
        assert {"password", "present", "new", "again"} <= names <= once.SECRETS

    def test_what_was_sent_can_not_be_guessed_without_the_key(self, app: Flask, settings: Settings) -> None:
        another = create_app(replace(settings, secret_key="another secret for tests, long enough"))
        digests = set()
        for shop in (app, another):
            with shop.test_request_context("/desk/customers", method="POST", data={"name": "Joy", "present": "x"}):
                digests.add(once._digest())
        with app.test_request_context("/desk/customers", method="POST", data={"name": "Joy", "present": "y"}):
            digests.add(once._digest())
        assert len(digests) == 2


def every(kind: type[Any]) -> list[type[Any]]:
    return [one for below in kind.__subclasses__() for one in (below, *every(below))]


def test_fifty_forms_sent_by_several_at_once_have_one_effect_each(app: Flask, cast: Cast) -> None:
    """Each by two to four browsers at the same moment; all of them are answered alike."""
    cast.account_id("desk")
    browsers = [Browser(app, address=f"10.0.0.{number}") for number in range(4)]
    for browser in browsers:
        browser.sign_in(cast.email("desk"), PASSWORD)
    tokens = [browser.token() for browser in browsers]
    with app.app_context():
        shelf, used = make_part(on_hand=0).id, make_part(on_hand=100).id
        ticket, customer = make_ticket(), make_customer().id
        ticket, job = ticket.id, ticket.jobs[0].id

    def form(number: int) -> tuple[str, dict[str, str]]:
        return (
            ("/desk/customers", {"name": f"Joy {number}"}),
            (f"/desk/inventory/{shelf}/receive", {"quantity": "1"}),
            (f"/desk/tickets/{ticket}/jobs/{job}/parts", {"part_id": str(used), "quantity": "1", "supply": "reserved"}),
            ("/desk/tickets/new", {"whose": str(customer), "complaint": f"Rattles {number}."}),
            ("/desk/inventory", {"name": f"Bolt {number}", "price_cents": "1.00"}),
        )[number % 5]

    def send(number: int, twin: int) -> object:
        url, data = form(number)
        data |= {"csrf_token": tokens[twin], "form_key": f"form-{number}"}
        answer = browsers[twin].send("POST", url, data=data, follow=False)
        with browsers[twin].client.session_transaction() as kept:
            kept.pop("_flashes", None)  # the page that would show it is not opened
        return answer.status, answer.headers.get("Location")

    answers = at_once(FORMS, send)
    assert {len(set(given)) for given in answers.values()} == {1}, answers
    assert {given[0][0] for given in answers.values()} == {303}
    each = FORMS // 5
    assert count(app, Customer, Customer.name.like("Joy %")) == each
    assert count(app, Part, Part.name.like("Bolt %")) == each
    assert count(app, Line) == each
    assert count(app, Ticket) == each + 1
    with app.app_context():
        assert db.session.get_one(Part, shelf).on_hand == each
        assert db.session.get_one(Part, used).available == 100 - each


def test_json_sent_by_several_at_once_has_one_effect_each(app: Flask, api: Api) -> None:
    caller = api.as_("desk")
    with app.app_context():
        part, ticket = make_part(on_hand=100).id, make_ticket().id

    def send(number: int, twin: int) -> object:
        url, body = (
            (f"/service_tickets/{ticket}/add-part/{part}", {"quantity": 1}),
            ("/customers/", {"name": f"Joy {number}", "email": f"joy{number}@example.net"}),
        )[number % 2]
        answer = caller.post(url, body, Idempotency_Key=f"key-{number}")
        return answer.status_code, answer.data

    answers = at_once(REQUESTS, send)
    assert {len(set(given)) for given in answers.values()} == {1}, answers
    assert {given[0][0] for given in answers.values()} <= {200, 201}
    assert count(app, Line) == count(app, Customer, Customer.name.like("Joy %")) == REQUESTS // 2
    with app.app_context():
        assert db.session.get_one(Part, part).available == 100 - REQUESTS // 2


def at_once(many: int, send: Callable[[int, int], Any]) -> dict[int, list[Any]]:
    """The answers to each of many things that two to four send at the same moment."""
    answers: dict[int, list[Any]] = defaultdict(list)
    for number in range(many):
        start = threading.Barrier(2 + number % 3)

        def one(twin: int, number: int = number, start: threading.Barrier = start) -> None:
            start.wait()
            answers[number].append(send(number, twin))

        twins = [threading.Thread(target=one, args=(twin,)) for twin in range(start.parties)]
        for thread in twins:
            thread.start()
        for thread in twins:
            thread.join()
    return answers


def lose_the_answers(app: Flask) -> None:
    """As when a process is killed between its commit and its answer, some time ago."""
    with app.app_context(), transaction():
        row = db.session.scalars(select(HandledRequest)).one()
        row.status = row.body = None
        row.at -= timedelta(minutes=1)
