"""Whose paper it is that a page becomes when it is printed, and where the customer signs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from shop.common.transaction import transaction
from tests.browser import Browser
from tests.factories import make_ticket, make_version

ADDRESS = "12 Example Street, Springfield"


@pytest.fixture
def address(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], shop_address=ADDRESS))


@pytest.fixture
def ticket(app: Flask) -> str:
    with app.app_context(), transaction():
        ticket = make_ticket()
        make_version(ticket)
        return f"/desk/tickets/{ticket.id}"


def head(browser: Browser, url: str) -> str:
    (tag,) = browser.get(url).soup.select(".paper-head.print-only")
    return tag.get_text(" ", strip=True)


@pytest.mark.usefixtures("address")
def test_the_shops_name_address_and_telephone_stand_at_the_top(desk: Browser, customer: Browser, ticket: str) -> None:
    for browser, url in ((desk, ticket), (desk, f"{ticket}/estimates/1"), (customer, "/my/")):
        assert head(browser, url) == f"Test Garage {ADDRESS} +1 555 010 0100"


@pytest.mark.usefixtures("address")
def test_customers_read_the_address_under_their_pages(customer: Browser) -> None:
    foot = customer.get("/my/").soup.select_one(".customer__foot")
    assert foot
    assert ADDRESS in foot.get_text()


def test_a_shop_without_an_address_has_none(desk: Browser, customer: Browser, ticket: str) -> None:
    assert head(desk, ticket) == "Test Garage +1 555 010 0100"
    assert customer.get("/my/").soup.select(".customer__foot .quiet") == []


@pytest.mark.parametrize(("page", "what"), [("", "repair order"), ("/estimates/1", "estimate")])
def test_there_is_a_place_to_sign(desk: Browser, ticket: str, page: str, what: str) -> None:
    (place,) = desk.get(ticket + page).soup.select(".signature.print-only")
    assert place.get_text(" ", strip=True) == f"I have read this {what} and agree to it. Signature Name Date"
