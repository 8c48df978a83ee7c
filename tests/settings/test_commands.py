"""What the owner decides about prices and rules, called directly."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from shop.accounts.models import Account
from shop.audit.models import Event
from shop.audit.queries import timeline
from shop.common.errors import RuleBroken, StaleEdit
from shop.common.money import MAX_CENTS
from shop.extensions import db
from shop.settings import commands, queries
from shop.settings.models import MAX_HOURS, MAX_LINK_DAYS, Rates
from tests.cast import Cast
from tests.factories import make_ticket


@pytest.fixture
def by(context: None, cast: Cast) -> Account:
    return cast.account("owner")


def how_many(kind: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


class TestRates:
    def test_works_and_leaves_an_event(self, by: Account) -> None:
        rates = commands.change_rates(labour_cents=13_500, part_tax_ppm=72_500, includes_tax=True, by=by)
        assert queries.present_rates() is rates
        assert (rates.by_id, rates.labour_cents, rates.part_tax_ppm) == (by.id, 13_500, 72_500)
        (entry,) = timeline(rates)
        assert entry.sentence == "changed the shop’s labour rate, tax on parts and prices with tax"
        assert entry.note == "Labour rate: 120.00 → 135.00; Tax on parts: 0 % → 7.25 %; Prices with tax: no → yes"

    def test_are_never_altered(self, by: Account) -> None:
        first = commands.change_rates(labour_cents=13_500, supplies_cap_cents=3_500, by=by)
        second = commands.change_rates(labour_tax_ppm=190_000, supplies_cap_cents=None, by=by)
        assert [rates.id for rates in queries.latest_rates(5)] == [second.id, first.id]
        assert (first.labour_tax_ppm, first.supplies_cap_cents) == (0, 3_500)
        assert (second.labour_cents, second.labour_tax_ppm, second.supplies_cap_cents) == (13_500, 190_000, None)
        first.labour_cents = 1
        with pytest.raises(RuntimeError):
            db.session.flush()

    def test_a_ticket_keeps_those_of_its_day(self, by: Account) -> None:
        first = commands.change_rates(labour_cents=13_500, by=by)
        ticket = make_ticket(rates_id=first.id)
        commands.change_rates(labour_cents=99_000, by=by)
        db.session.expire_all()
        assert ticket.rates.labour_cents == 13_500

    def test_nothing_changed_is_nothing_written(self, by: Account) -> None:
        first = commands.change_rates(labour_cents=13_500, by=by)
        assert commands.change_rates(labour_cents=13_500, version=first.id, by=by) is first
        assert (how_many(Rates), how_many(Event)) == (1, 1)

    def test_the_standard_ones_are_the_shops_own_once_they_are_saved(self, by: Account) -> None:
        rates = commands.change_rates(labour_cents=12_000, by=by)
        assert queries.present_rates() is rates
        assert [entry.sentence for entry in timeline(rates)] == ["changed the shop’s labour rate"]

    def test_of_an_older_version_are_refused(self, by: Account) -> None:
        first = commands.change_rates(labour_cents=13_500, version=0, by=by)
        for old in (0, first.id + 1):
            with pytest.raises(StaleEdit):
                commands.change_rates(labour_cents=14_000, version=old, by=by)
        commands.change_rates(labour_cents=14_000, version=first.id, by=by)

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("labour_cents", -1, "Enter an amount of zero or more."),
            ("supplies_cap_cents", -1, "Enter an amount of zero or more."),
            ("labour_cents", MAX_CENTS + 1, "Enter an amount of zero or more."),
            ("labour_tax_ppm", -1, "Enter a percentage from 0 to 100."),
            ("part_tax_ppm", 1_000_001, "Enter a percentage from 0 to 100."),
            ("fee_tax_ppm", -1, "Enter a percentage from 0 to 100."),
            ("sublet_tax_ppm", 1_000_001, "Enter a percentage from 0 to 100."),
            ("supplies_ppm", 1_000_001, "Enter a percentage from 0 to 100."),
        ],
    )
    def test_out_of_their_limits_are_refused(self, by: Account, field: str, value: int, words: str) -> None:
        with pytest.raises(RuleBroken, match=words) as refused:
            commands.change_rates(by=by, **{field: value})
        assert refused.value.field == field
        assert how_many(Rates) == 0


class TestRules:
    def test_works_and_leaves_an_event(self, by: Account) -> None:
        rules = commands.change_rules(tolerance_cents=5_000, needs_mechanic=True, link_days=14, by=by)
        assert queries.shop_rules() is rules
        (entry,) = timeline(rules)
        assert entry.sentence == "changed what the shop insists on"
        assert entry.note == (
            "Amount over what was approved: 0.00 → 50.00; Mechanic before work starts: no → yes; "
            "Days a customer’s link works: 30 → 14"
        )

    def test_are_one_row(self, by: Account) -> None:
        first = commands.change_rules(needs_mechanic=True, version=1, by=by)
        second = commands.change_rules(untouched_hours=48, version=2, by=by)
        assert first is second
        assert (second.needs_mechanic, second.untouched_hours, second.version) == (True, 48, 3)

    def test_nothing_changed_is_no_event(self, by: Account) -> None:
        assert commands.change_rules(needs_mechanic=False, link_days=30, by=by).version == 1
        assert how_many(Event) == 0

    def test_prices_leave_them_as_they_were(self, by: Account) -> None:
        commands.change_rates(labour_cents=13_500, by=by)
        assert commands.change_rules(needs_mechanic=True, version=1, by=by).link_days == 30

    def test_of_an_older_version_are_refused(self, by: Account) -> None:
        commands.change_rules(needs_mechanic=True, version=1, by=by)
        with pytest.raises(StaleEdit):
            commands.change_rules(needs_mechanic=False, version=1, by=by)

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("tolerance_cents", -1, "Enter an amount of zero or more."),
            ("untouched_hours", 0, f"Enter a number from 1 to {MAX_HOURS}."),
            ("untouched_hours", MAX_HOURS + 1, f"Enter a number from 1 to {MAX_HOURS}."),
            ("link_days", 0, f"Enter a number from 1 to {MAX_LINK_DAYS}."),
            ("link_days", MAX_LINK_DAYS + 1, f"Enter a number from 1 to {MAX_LINK_DAYS}."),
        ],
    )
    def test_out_of_their_limits_are_refused(self, by: Account, field: str, value: int, words: str) -> None:
        with pytest.raises(RuleBroken, match=words) as refused:
            commands.change_rules(by=by, **{field: value})
        assert refused.value.field == field
        assert queries.shop_rules().version == 1


def test_a_shop_that_has_set_nothing_has_the_standard_ones(context: None) -> None:
    assert queries.present_rates() is None
    assert queries.rates_or_standard(None).version == 0
    assert (queries.shop_rules().link_days, queries.shop_rules().version) == (30, 1)
