"""What every later test stands on: the cast signs in, transactions hold, stamps change."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from shop.common.errors import RuleBroken
from shop.common.stamps import Topic, kept, stamp
from shop.common.transaction import transaction
from shop.customers.models import Customer
from shop.extensions import db
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import make_customer


def test_everybody_signs_in(cast: Cast) -> None:
    for who in ("owner", "desk", "mechanic", "customer", "stranger"):
        assert cast.browser(who)


def test_a_broken_rule_leaves_nothing_behind(context: None) -> None:
    def add_and_refuse() -> None:
        with transaction():
            db.session.add(Customer(name="Half done"))
            db.session.flush()
            raise RuleBroken("No.")

    with pytest.raises(RuleBroken):
        add_and_refuse()
    assert db.session.scalar(select(Customer)) is None


def test_inner_transactions_join_the_outer(context: None) -> None:
    def leave_after_adding() -> None:
        with transaction():
            with transaction():
                db.session.add(Customer(name="Inner"))
            raise RuleBroken("Changed my mind.")

    with pytest.raises(RuleBroken):
        leave_after_adding()
    assert db.session.scalar(select(Customer)) is None


def test_a_change_is_seen_by_every_process(app: Flask, another_process: object) -> None:
    def names() -> list[str]:
        return kept(Topic.CUSTOMERS, "names", build=lambda: list(db.session.scalars(select(Customer.name))))

    with app.app_context():
        make_customer(name="First")
        assert names() == ["First"]
        before = stamp(Topic.CUSTOMERS)
    with another_process().app_context():  # type: ignore[operator]
        make_customer(name="Second")
    with app.app_context():
        assert stamp(Topic.CUSTOMERS) != before
        assert sorted(names()) == ["First", "Second"]


def test_nothing_here_is_a_page(visitor: Browser) -> None:
    page = visitor.get("/nowhere")
    assert page.status == 404
    assert page.headers["X-Request-Id"] in page.text


def test_nothing_under_the_nouns_is_a_problem(visitor: Browser) -> None:
    page = visitor.get("/customers/5/nowhere")
    assert (page.status, page.response.mimetype) == (404, "application/problem+json")
