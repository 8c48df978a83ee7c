"""Who was turned away, in the history: the first time at once, and how many more times when the hour is over.

Events stay for ever, and whoever guesses could write as many as they like. So within an hour the same refusal leaves
two events at most, and all refusals together no more than a few hundred.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from shop.accounts.models import Account, Refusal
from shop.audit.actions import Action
from shop.audit.record import record
from shop.common.clock import now
from shop.common.transaction import transaction
from shop.extensions import db

WINDOW = timedelta(hours=1)
MOST_APART = 100  # refusals of one hour that are told apart; the others count together
_CLOSED_AT_ONCE = 20


class Why(Enum):
    PASSWORD = "password"  # noqa: S105 - the password was wrong
    CODE = "code"
    TOO_MANY = "too_many"  # tries of one account
    PLACE = "place"  # too many tries from one place
    ROLE = "role"
    MANY = "many"  # refusals of all kinds, so many that they are only counted


@dataclass(frozen=True, slots=True)
class _AccountOf:
    """The subject of a refusal: the account that somebody wanted to be, 0 for one that nobody has."""

    id: int
    __tablename__ = Account.__tablename__


def note(
    why: Why, about: str, *, account_id: int | None, address: str, by: Account | None = None, at: str = ""
) -> None:
    """Count a refusal in a transaction of its own, and leave its event when it is the first of its hour.

    ``about`` is what counts as the same, such as the e-mail address that was typed; it is not kept. Whether an account
    is known makes no difference to what is done. ``at`` is the page that was refused.
    """
    facts = {"at": at} if at else {}
    try:
        _note(why, _bucket(why, about), account_id or 0, address, by, facts)
    except IntegrityError:  # somebody else was the first at the same moment
        _note(why, _bucket(why, about), account_id or 0, address, by, facts)


def tell_the_rest() -> int:
    """Leave the events of how often it happened again, for hours that are over; answers how many were looked at."""
    with transaction():
        return _close(now() - WINDOW)


def _note(why: Why, bucket: str, account_id: int, address: str, by: Account | None, facts: dict[str, str]) -> None:
    with transaction():
        if _counted(bucket):
            return
        _close(now() - WINDOW)
        if (db.session.scalar(select(func.count()).select_from(Refusal)) or 0) >= MOST_APART:
            why, bucket, account_id, address, by, facts = Why.MANY, _bucket(Why.MANY, ""), 0, "", None, {}
            if _counted(bucket):
                return
        values = {"bucket": bucket, "why": why.value, "account_id": account_id, "since": now(), "more": 0}
        db.session.execute(insert(Refusal).values(values))
        changes = {"address": (None, address)} if address else {}
        record(Action.REFUSED, _AccountOf(account_id), by=by, changes=changes, why=why.value, **facts)


def _counted(bucket: str) -> bool:
    """Whether the same was refused before within the hour, and is counted now."""
    same = update(Refusal).where(Refusal.bucket == bucket, Refusal.since > now() - WINDOW)
    counted = db.session.execute(same.values(more=Refusal.more + 1).execution_options(synchronize_session=False))
    return bool(counted.rowcount)  # type: ignore[attr-defined]


def _close(before: object) -> int:
    columns = (Refusal.id, Refusal.why, Refusal.account_id, Refusal.more)
    over = select(*columns).where(Refusal.since <= before).order_by(Refusal.since).limit(_CLOSED_AT_ONCE)
    rows = db.session.execute(over.with_for_update()).all()
    for _, why, account_id, more in rows:
        if more:
            record(Action.REFUSED, _AccountOf(account_id), by=None, why=why, more=more)
    if rows:
        db.session.execute(delete(Refusal).where(Refusal.id.in_([row.id for row in rows])))
    return len(rows)


def _bucket(why: Why, about: str) -> str:
    return hashlib.sha256(f"{why.value}\0{about}".encode(errors="surrogatepass")).hexdigest()
