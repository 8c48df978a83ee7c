"""Reading the shop's prices and rules; a shop that has set nothing has the standard ones."""

from __future__ import annotations

from sqlalchemy import select

from shop.extensions import db
from shop.settings.models import Rates, ShopRules

#: A new row's defaults are given by the database layer on saving; these are for a shop that saved none.
_STANDARD_RATES = {
    column.name: column.default.arg
    for column in Rates.__table__.columns
    if column.default is not None and column.default.is_scalar
}
_STANDARD_RULES = {
    column.name: column.default.arg for column in ShopRules.__table__.columns if column.default is not None
}
ONLY = 1  # the id of the one row of rules


def present_rates() -> Rates | None:
    """The newest rates; None while the shop has not set any."""
    return next(iter(latest_rates(1)), None)


def latest_rates(limit: int) -> list[Rates]:
    """The rates of today and of the times before, newest first."""
    return list(db.session.scalars(select(Rates).order_by(Rates.id.desc()).limit(limit)))


def rates_or_standard(rates: Rates | None) -> Rates:
    """These rates, or the standard ones as an object that is not stored."""
    return rates or Rates(**_STANDARD_RATES)


def shop_rules() -> ShopRules:
    """The shop's rules, or the standard ones as an object that is not stored."""
    return db.session.get(ShopRules, ONLY) or standard_rules()


def standard_rules() -> ShopRules:
    return ShopRules(id=ONLY, **_STANDARD_RULES)
