"""What a ticket costs: the same to the cent in the arithmetic, the database, the page and JSON."""

from __future__ import annotations

import ast
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Integer

from shop.common import pricing
from shop.common.base import Base
from shop.common.money import decimal_of
from shop.common.pricing import Charge, Charges, Rules
from shop.config import ROOT
from shop.extensions import db
from shop.settings.models import Rates
from shop.tickets.api import row_of
from shop.tickets.commands.shared import settle
from shop.tickets.lifecycle import Approval
from shop.tickets.models import Job, Line, LineKind, Ticket
from shop.web.filters import money
from tests.factories import make_ticket

ppm = st.one_of(st.just(0), st.integers(0, 1_000_000))
cents = st.integers(0, 5_000_00)

rates = st.builds(
    dict,
    labour_tax_ppm=ppm,
    part_tax_ppm=ppm,
    fee_tax_ppm=ppm,
    sublet_tax_ppm=ppm,
    includes_tax=st.booleans(),
    supplies_ppm=ppm,
    supplies_on_labour=st.booleans(),
    supplies_on_parts=st.booleans(),
    supplies_cap_cents=st.none() | cents,
)
lines = st.one_of(
    st.builds(dict, kind=st.just(LineKind.LABOUR), minutes=st.integers(0, 6_000), price_cents=cents),
    st.builds(
        dict, kind=st.just(LineKind.PART), quantity=st.integers(1, 99), price_cents=cents, core_cents=st.just(0) | cents
    ),
    st.builds(
        dict, kind=st.sampled_from([LineKind.FEE, LineKind.SUBLET]), quantity=st.integers(1, 9), price_cents=cents
    ),
)
discounts = st.one_of(
    st.just({}), st.builds(dict, discount_ppm=st.integers(1, 1_000_000)), st.builds(dict, discount_cents=cents)
)
jobs = st.tuples(st.lists(lines, max_size=6), discounts, st.sampled_from(Approval))
tickets = st.tuples(st.lists(jobs, min_size=1, max_size=4), rates)


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def line_cents(line: dict[str, Any]) -> int:
    if "minutes" in line:
        return half_up(Fraction(line["minutes"] * line["price_cents"], 60))
    return line["quantity"] * line["price_cents"]


Described = tuple[list[tuple[list[dict[str, Any]], dict[str, int], Approval]], dict[str, Any]]


@pytest.mark.single
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(tickets, min_size=50, max_size=50))
def test_lines_and_tax_and_fees_less_discounts_are_the_total_everywhere(app: Flask, batch: list[Described]) -> None:
    """40 times 50 random tickets; what is expected is worked out in fractions and shares no code with the shop."""
    with app.app_context(), app.test_request_context():
        first = make_ticket()
        for number, (described, prices) in enumerate(batch, start=first.number + 1):
            ticket = _ticket(number, first.customer_id, described, prices)
            charged = [
                (job_lines, discount)
                for job_lines, discount, approval in described
                if approval in (Approval.PENDING, Approval.APPROVED)
            ]
            sums = sum(line_cents(line) + core_cents(line) for job_lines, _ in charged for line in job_lines)
            off = sum(_discount(*job) for job in charged)
            bill = ticket.bill
            expected = sums - off + bill.supplies + (0 if prices["includes_tax"] else bill.tax)
            assert (bill.total, bill.discount, ticket.total_cents) == (expected, off, expected)
            assert Decimal(repr(row_of(ticket)["total"])) == decimal_of(expected)
            page = render_template("tickets/_money.html", ticket=ticket, tolerance_cents=0)
            assert f'<dt>Total</dt><dd class="money">{money(expected)}</dd>' in page
        db.session.rollback()


def _ticket(number: int, customer_id: int, described: Any, prices: dict[str, Any]) -> Ticket:
    ticket = Ticket(number=number, customer_id=customer_id, complaint="x", rates=Rates(**prices))
    db.session.add(ticket)
    for position, (job_lines, discount, approval) in enumerate(described, start=1):
        job = Job(position=position, complaint="x", approval=approval, discount_ppm=0, discount_cents=0)
        for name, value in discount.items():
            setattr(job, name, value)
        ticket.every_job.append(job)
        for line in job_lines:
            job.every_line.append(Line(ticket=ticket, description="x", **line))
    db.session.flush()
    settle(ticket)
    db.session.flush()
    return ticket


def core_cents(line: dict[str, Any]) -> int:
    return line.get("quantity", 0) * line.get("core_cents", 0)


def _discount(job_lines: list[dict[str, Any]], discount: dict[str, int]) -> int:
    base = sum(line_cents(line) for line in job_lines)
    if "discount_ppm" in discount:
        return half_up(Fraction(base * discount["discount_ppm"], 1_000_000))
    return min(base, discount.get("discount_cents", 0))


@given(
    st.lists(st.tuples(st.sampled_from(Charge), cents), max_size=8),
    ppm,
    st.builds(lambda values: Rules(**values), rates),
)
@pytest.mark.single
def test_a_discount_is_laid_over_the_lines_to_the_cent(
    items: list[tuple[Charge, int]], discount: int, rules: Rules
) -> None:
    job = Charges(items, discount_ppm=discount)
    bill = pricing.bill([job], rules)
    assert 0 <= job.discount <= sum(cents for charge, cents in items if charge is not Charge.CORE)
    assert bill.net == sum(cents for _, cents in items) - job.discount + bill.supplies
    untaxed = pricing.bill([job], Rules())
    assert untaxed.total == job.net


@given(
    st.lists(st.tuples(st.sampled_from(Charge), cents), max_size=4),
    st.integers(1, 1_000_000),
    st.builds(lambda values: Rules(**values), rates),
)
@example(
    [(Charge.LABOUR, 17_550), (Charge.PART, 7_780), (Charge.SUBLET, 11_900)],
    40_290,  # 15.00 off
    Rules(part_tax_ppm=500_000),
)
@pytest.mark.single
def test_lines_come_to_the_same_in_any_order(items: list[tuple[Charge, int]], discount: int, rules: Rules) -> None:
    """A part that was swapped stands last, and the customer owes not a cent more for that."""
    written = pricing.bill([Charges(items, discount_ppm=discount)], rules)
    for otherwise in permutations(items):
        assert pricing.bill([Charges(otherwise, discount_ppm=discount)], rules) == written


@pytest.mark.single
@pytest.mark.parametrize(
    ("minutes", "rate", "expected"), [(60, 12000, 12000), (1, 30, 1), (1, 29, 0), (72, 13500, 16200), (10, 9995, 1666)]
)
def test_labour_is_rounded_half_up_once_a_line(minutes: int, rate: int, expected: int) -> None:
    assert pricing.labour(minutes, rate) == expected


@pytest.mark.single
def test_tax_is_taken_once_for_each_rate_and_the_supplies_fee_has_its_cap() -> None:
    rules = Rules(
        labour_tax_ppm=0,
        part_tax_ppm=86_250,
        fee_tax_ppm=86_250,
        supplies_ppm=30_000,
        supplies_on_labour=True,
        supplies_cap_cents=4500,
    )
    job = Charges([(Charge.LABOUR, 150_000), (Charge.PART, 49_900), (Charge.CORE, 8_000)])
    bill = pricing.bill([job], rules)
    assert (bill.supplies, bill.taxes) == (4500, ((86_250, 5382),))
    assert bill.total == 150_000 + 49_900 + 8_000 + 4_500 + 5_382
    inclusive = pricing.bill([job], Rules(part_tax_ppm=190_000, includes_tax=True))
    assert (inclusive.total, inclusive.tax) == (207_900, 9245)


@pytest.mark.single
@pytest.mark.parametrize(
    ("rate", "cents", "added", "within"),
    [(88_750, 400, 36, 33), (99_750, 2_000, 200, 181), (88_750, 100_000, 8_875, 8_152)],
)
def test_three_decimals_of_a_percent_are_exact_and_a_half_cent_goes_up(
    rate: int, cents: int, added: int, within: int
) -> None:
    assert (pricing.share(cents, rate), pricing.tax_within(cents, rate)) == (added, within)


@pytest.mark.parametrize(
    ("rate", "includes_tax", "total", "tax", "told"),
    [
        (88_750, False, 331_969, 27_061, "<dt>Tax 8.875 %</dt>"),
        (99_750, False, 335_323, 30_415, "<dt>Tax 9.975 %</dt>"),
        (88_750, True, 304_908, 24_855, "Includes $248.55 tax at 8.875 %."),
        (99_750, True, 304_908, 27_656, "Includes $276.56 tax at 9.975 %."),
    ],
)
def test_rates_of_three_decimals_are_the_same_in_the_database_the_page_and_json(
    app: Flask, rate: int, includes_tax: bool, total: int, tax: int, told: str
) -> None:
    """Three lines of 1016.3617 come to 3 times 1016.36, as each is rounded before the tax."""
    with app.app_context(), app.test_request_context():
        first = make_ticket()
        lines = [{"kind": LineKind.LABOUR, "minutes": 610, "price_cents": 9_997}] * 3
        prices = {"labour_tax_ppm": rate, "includes_tax": includes_tax}
        ticket = _ticket(first.number + 1, first.customer_id, [(lines, {}, Approval.APPROVED)], prices)
        db.session.expire(ticket)
        assert (ticket.total_cents, ticket.tax_cents, ticket.bill.taxes) == (total, tax, ((rate, tax),))
        row = row_of(ticket)
        assert [Decimal(repr(row[name])) for name in ("total", "tax")] == [decimal_of(total), decimal_of(tax)]
        assert told in render_template("tickets/_money.html", ticket=ticket, tolerance_cents=0)
        db.session.rollback()


@pytest.mark.single
def test_no_float_comes_near_money() -> None:
    """Columns of money are whole numbers, and the modules that reckon use neither floats nor true division."""
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if column.name.endswith(("_cents", "_ppm")):
                assert isinstance(column.type, (Integer, BigInteger)), f"{table.name}.{column.name}"
    for name in ("common/pricing.py", "tickets/estimate.py", *_domain_of("tickets"), *_domain_of("settings")):
        for node in ast.walk(ast.parse((ROOT / "shop" / name).read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Constant) and type(node.value) is float), f"{name}:{node.lineno}"
            assert not (isinstance(node, ast.Name) and node.id == "float"), f"{name}:{node.lineno}"
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)), f"{name}:{node.lineno}"


def _domain_of(feature: str) -> list[str]:
    shop = ROOT / "shop"
    found = [*(shop / feature / "models").glob("*.py"), *(shop / feature / "commands").glob("*.py")]
    found += [path for path in (shop / feature / "models.py", shop / feature / "commands.py") if path.exists()]
    return [Path(path).relative_to(shop).as_posix() for path in found]
