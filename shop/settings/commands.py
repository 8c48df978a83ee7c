"""What the owner decides about prices, taxes and what the shop insists on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.record import apply_changes, record
from shop.common.errors import RuleBroken, StaleEdit, refuse
from shop.common.money import MAX_CENTS
from shop.common.pricing import WHOLE
from shop.common.transaction import lock, transaction
from shop.extensions import db
from shop.settings.models import MAX_HOURS, MAX_LINK_DAYS, Rates, ShopRules
from shop.settings.queries import present_rates, rates_or_standard, shop_rules


class RatesValues(TypedDict, total=False):
    """What a change may replace; ``_ppm`` are parts per million, ``labour_cents`` is an hour's price."""

    labour_cents: int
    labour_tax_ppm: int
    part_tax_ppm: int
    fee_tax_ppm: int
    sublet_tax_ppm: int
    includes_tax: bool
    supplies_ppm: int
    supplies_on_labour: bool
    supplies_on_parts: bool
    supplies_cap_cents: int | None


class RulesValues(TypedDict, total=False):
    """What a change may replace."""

    tolerance_cents: int
    needs_odometer_in: bool
    needs_odometer_out: bool
    needs_mechanic: bool
    needs_correction: bool
    untouched_hours: int
    link_days: int


_AMOUNT = (0, MAX_CENTS, "Enter an amount of zero or more.")
_PERCENT = (0, WHOLE, "Enter a percentage from 0 to 100.")

#: The least and the most of each number, and what is said of any other.
_LIMITS = {
    "labour_cents": _AMOUNT,
    "labour_tax_ppm": _PERCENT,
    "part_tax_ppm": _PERCENT,
    "fee_tax_ppm": _PERCENT,
    "sublet_tax_ppm": _PERCENT,
    "supplies_ppm": _PERCENT,
    "supplies_cap_cents": _AMOUNT,
    "tolerance_cents": _AMOUNT,
    "untouched_hours": (1, MAX_HOURS, f"Enter a number from 1 to {MAX_HOURS}."),
    "link_days": (1, MAX_LINK_DAYS, f"Enter a number from 1 to {MAX_LINK_DAYS}."),
}


def objections(values: Mapping[str, Any]) -> list[RuleBroken]:
    """Every number that is out of its limits, so that all can be told at once."""
    broken = []
    for field, (least, most, words) in _LIMITS.items():
        value = values.get(field)
        if value is not None and not least <= value <= most:
            broken.append(RuleBroken(words, field=field))
    return broken


def change_rates(*, by: Account, version: int | None = None, **values: Unpack[RatesValues]) -> Rates:
    """Charge by other prices and taxes from now on: new rates with the values given, the others as they were.

    The standard ones become the shop's own when they are saved for the first time.
    ``version`` is that of the rates that the editor saw; raises StaleEdit when there are newer ones, RuleBroken at
    the field that is out of its limits.
    """
    with transaction():
        _locked_rules()
        present = present_rates()
        before = rates_or_standard(present)
        if version is not None and version != before.version:
            raise StaleEdit("Somebody changed the prices before you.")
        refuse(objections(values))
        rates = Rates(by_id=by.id, **{field: getattr(before, field) for field in RatesValues.__annotations__})
        changes = apply_changes(rates, values)
        if present is not None and not changes:
            return before
        db.session.add(rates)
        record(Action.RATES_CHANGED, rates, by=by, changes=changes or {"labour_cents": (None, rates.labour_cents)})
        return rates


def change_rules(*, by: Account, version: int | None = None, **values: Unpack[RulesValues]) -> ShopRules:
    """Insist on other things from now on; raises StaleEdit, and RuleBroken at the field that is out of its limits."""
    with transaction():
        rules = _locked_rules()
        if version is not None and version != rules.version:
            raise StaleEdit("Somebody changed the rules before you.")
        refuse(objections(values))
        changes = apply_changes(rules, values)
        if changes:
            rules.version += 1
            record(Action.SHOP_RULES_CHANGED, rules, by=by, changes=changes)
        return rules


def _locked_rules() -> ShopRules:
    """The one row of rules, held until the transaction ends: whoever changes settings does it one after the other.

    The first change writes it down. Of two who do so at the same moment one fails at its key and is run again.
    """
    rules = shop_rules()
    if rules in db.session:
        lock(rules)
    else:
        db.session.add(rules)
        db.session.flush()
    return rules
