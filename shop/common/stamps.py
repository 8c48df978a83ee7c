"""Change stamps: a random text per subject, which is drawn anew with every committed change, whichever process made it.

It is drawn by UPDATE as the last statement of the writing transaction and read before the rows it speaks of, so rows
kept under a stamp are never older than it says. And no two changes anywhere draw the same one. So shops that share one
Redis never meet, nor do a new database and the one that was there before it, nor the two lives of one that went back
to a backup, whose stamps are all drawn anew then. A subject that nobody changed yet has no stamp, and nothing is kept
of it.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from blinker import signal
from sqlalchemy import BigInteger, String, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.common.base import Base, table_args
from shop.common.seen import seen
from shop.extensions import cache, db

T = TypeVar("T")

#: Sent by each look into the cache, with the topic and ``is_there``.
cache_asked = signal("cache-asked")


class Topic(StrEnum):
    """What lists are about. A change names every topic whose lists it shows in."""

    ACCOUNTS = "accounts"
    BACKUPS = "backups"
    CUSTOMERS = "customers"
    MECHANICS = "mechanics"
    PARTS = "parts"
    TICKETS = "tickets"
    LOCATIONS = "locations"
    SETTINGS = "settings"  # prices, rules and canned jobs
    LOW_PARTS = "low parts"  # this and the next are there for their sum alone
    OPEN_TICKETS = "open tickets"
    SHELF_COST = "shelf cost"  # in cents


class ChangeStamp(Base):
    __tablename__ = "change_stamp"
    __table_args__ = table_args()

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    mark: Mapped[str] = mapped_column(String(22))
    # How many are on the list, or another sum, kept because adding up a million is slow.
    listed: Mapped[int] = mapped_column(BigInteger, default=0)


#: Made once, for every page asks it.
_ALL = select(ChangeStamp.name, ChangeStamp.mark, ChangeStamp.listed)
_STAMPS = Base.metadata.tables[ChangeStamp.__tablename__]
_RENEW = (
    update(_STAMPS)
    .where(_STAMPS.c.name == bindparam("topic"))
    .values(mark=bindparam("mark"), listed=_STAMPS.c.listed + bindparam("more"))
)
_FIRST = insert(_STAMPS).values(name=bindparam("topic"), mark=bindparam("mark"), listed=bindparam("more"))


def touch(*topics: Topic, listed: int = 0) -> None:
    """Say that the running transaction changes what lists of these topics show, and how many more the first one has."""
    touched = db.session().info.setdefault("stamps", {})
    for topic in topics:
        touched[topic] = touched.get(topic, 0) + (listed if topic is topics[0] else 0)


def renew_stamps(session: Session) -> None:
    """Give the touched topics other stamps: the last statements before the commit, in one fixed order."""
    session.flush()
    touched = sorted(session.info.get("stamps", {}).items())
    if not touched:
        return
    renewed = [{"topic": topic.value, "mark": secrets.token_urlsafe(16), "more": more} for topic, more in touched]
    connection = session.connection()
    if connection.execute(_RENEW, renewed).rowcount < len(renewed):
        there = set(connection.scalars(select(ChangeStamp.name)))
        connection.execute(_FIRST, [each for each in renewed if each["topic"] not in there])


def stamp(topic: Topic) -> str:
    """The topic's stamp as a reader's transaction first saw it; empty before the first change."""
    return _seen(topic)[0]


def listed(topic: Topic) -> int:
    """How many are on the topic's list, archived ones not counted."""
    return _seen(topic)[1]


def _seen(topic: Topic) -> tuple[str, int]:
    """Stamp and count. All topics are read at once, so that a page of several kept lists asks a single time."""
    return seen("stamps", _read_all).get(topic.value, ("", 0))


def _read_all() -> dict[str, tuple[str, int]]:
    return {name: (mark, count) for name, mark, count in db.session().connection().execute(_ALL)}


def kept(topic: Topic, name: str, *key: object, build: Callable[[], T]) -> T:
    """Plain rows from the cache when nothing about ``topic`` changed since they were built, else ``build()``.

    ``name`` and ``key`` say which rows; they must hold everything that the rows depend on besides the stored data:
    the page, the filter, the shop's date where time matters. Rows that depend on who asks do not belong here.
    """
    if db.session().info.get("in_transaction"):
        return build()  # rows of an uncommitted change are nobody else's
    if not (present := stamp(topic)):
        return build()
    full_key = f"{topic}:{name}:{present}:{key!r}"
    rows: T | None = _from_cache(full_key)
    cache_asked.send(topic.value, is_there=rows is not None)
    if rows is None:
        rows = build()
        _to_cache(full_key, rows)
    return rows


def remembered(topic: Topic, name: str, *, build: Callable[[], T]) -> T:
    """As ``kept``, for the few small things that every page needs: in this process alone, at the cost of a look-up."""
    session = db.session()
    if session.info.get("in_transaction") or not (present := stamp(topic)):
        return build()
    known: tuple[str, T] | None = _remembered.get((topic, name))
    if known is None or known[0] != present:
        known = present, build()
        _remembered[topic, name] = known
    return known[1]


_SECONDS_BEFORE_ANOTHER_TRY = 5.0
_cache_away_until = 0.0

_remembered: dict[tuple[Topic, str], Any] = {}


def _from_cache(key: str) -> T | None:
    if time.monotonic() < _cache_away_until:
        return None
    try:
        value: T | None = cache.get(key)
    except cache_away():
        _leave_cache_alone()
        return None
    return value


def _to_cache(key: str, rows: object) -> None:
    if time.monotonic() < _cache_away_until:
        return
    try:
        cache.set(key, rows)
    except cache_away():
        _leave_cache_alone()


def _leave_cache_alone() -> None:
    """A Redis that hangs costs half a second now and then, not at every look-up."""
    global _cache_away_until  # noqa: PLW0603 - each process finds out for itself
    _cache_away_until = time.monotonic() + _SECONDS_BEFORE_ANOTHER_TRY


def cache_away() -> tuple[type[Exception], ...]:
    """What a look-up raises with Redis away. It is a miss then: slower, never wrong."""
    redis = sys.modules.get("redis")  # not loaded where it is not used: 4 MB
    return (OSError, redis.RedisError) if redis else (OSError,)
