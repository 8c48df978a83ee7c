"""House fields: blanks are nothing, digits are ASCII, and a clock has no offset."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms.validators import DataRequired, InputRequired

from shop.web.fields import LongTextField, MomentField, MoneyField, TextField, WholeNumberField
from shop.web.forms import FilterForm
from tests.browser import Browser
from tests.clients import Api
from tests.factories import make_part

BLANKS = ("", " ", "\t", "\u2003", " \n ")
INVISIBLE = ("\u200b", "\u202e", "\u00ad \u2060")


class Everything(FilterForm):
    text = TextField(validators=[InputRequired("Say it.")])
    lines = LongTextField(validators=[DataRequired("Say it.")])
    price = MoneyField(validators=[InputRequired("Say it.")])
    number = WholeNumberField(validators=[InputRequired("Say it.")], most=99)
    moment = MomentField(validators=[InputRequired("Say it.")])


GOOD = {"text": "Joy", "lines": "Joy", "price": "5", "number": "5", "moment": "2026-03-09T17:00"}


@pytest.fixture
def errors(app: Flask) -> Any:
    def of(**typed: str) -> dict[str, Any]:
        with app.test_request_context():
            form = Everything(MultiDict({**GOOD, **typed}))
            form.validate()
            return dict(form.errors)

    return of


def test_all_is_well(errors: Any) -> None:
    assert errors() == {}


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("name", GOOD)
def test_blanks_are_nothing(errors: Any, name: str, blank: str) -> None:
    assert errors(**{name: blank}) == {name: ["Say it."]}


@pytest.mark.parametrize("typed", INVISIBLE)
@pytest.mark.parametrize("name", ["text", "lines"])
def test_neither_is_what_nobody_sees(errors: Any, name: str, typed: str) -> None:
    assert errors(**{name: typed}) == {name: ["Say it."]}


@pytest.mark.parametrize("typed", ["--5", "-", "5-", "५", "٣", "5.0", "1e1", "+5", "1_0", "99999999999", "\u200b5"])
def test_a_whole_number_is_ascii_digits(errors: Any, typed: str) -> None:
    assert errors(number=typed) == {"number": ["Enter a whole number."]}


@pytest.mark.parametrize("offset", ["Z", "+05:00", "-08", "+00:00"])
def test_an_offset_is_refused_and_not_forgotten(errors: Any, offset: str) -> None:
    (said,) = errors(moment=f"2026-03-09T17:00{offset}")["moment"]
    assert "without an offset" in said


@pytest.mark.parametrize(("path", "field"), [("receive", "quantity"), ("count", "quantity"), ("scrap", "quantity")])
def test_a_quantity_of_blanks_is_refused_at_its_field(app: Flask, desk: Browser, path: str, field: str) -> None:
    with app.app_context():
        part = make_part().id
    page = desk.post(f"/desk/inventory/{part}/{path}", {field: " ", "reason": "Because"})
    assert page.status == 422
    assert any(error.startswith("Enter") for error in page.errors)


@pytest.mark.parametrize("price", [" ", "--5", "५5"])
def test_a_price_of_blanks_is_refused_at_its_field(desk: Browser, price: str) -> None:
    page = desk.post("/desk/inventory", {"name": "Bolt", "price_cents": price})
    assert page.status == 422
    assert page.errors


@pytest.mark.parametrize("name", [*BLANKS, *INVISIBLE])
def test_a_customer_has_a_name_that_can_be_seen(desk: Browser, api: Api, name: str) -> None:
    assert desk.post("/desk/customers", {"name": name}).status == 422
    answer = api.as_("desk").post("/customers/", {"name": name})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["name"])
