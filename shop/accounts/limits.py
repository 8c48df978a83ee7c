"""What may be done only so often. Counted in the database, so that processes and restarts do not add up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request
from sqlalchemy import delete, select

from shop.accounts import refusals
from shop.accounts.models import Attempt
from shop.accounts.refusals import Why
from shop.common.addresses import place_of
from shop.common.clock import now
from shop.common.errors import TooManyTries
from shop.common.transaction import transaction
from shop.extensions import db, limiter

View = TypeVar("View", bound=Callable[..., Any])

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` attempts of one kind within ``window``, and ``a_day``, counted apart for each bucket."""

    kind: str
    most: int
    window: timedelta
    a_day: int | None = None

    def take(self, *bucket: str) -> int:
        """Count an attempt before it is tried; answers its id, or raises TooManyTries.

        It is kept first and counted again afterwards, so however many try at the same moment, no more than ``most``
        get through. A refusal at the first look leaves no trace: waiting always helps.
        """
        key = self._key(bucket)
        self._refuse(key, before=True)
        with transaction():
            attempt = Attempt(bucket=key)
            db.session.add(attempt)
            db.session.flush()
            attempt_id = attempt.id
        self._refuse(key, before=False)
        return attempt_id

    def _refuse(self, key: str, *, before: bool) -> None:
        """Raise TooManyTries when there were too many, ``before`` one more is counted or with it."""
        moment = now()
        most_of_all, longest = (self.a_day, A_DAY) if self.a_day else (self.most, self.window)
        newest = db.session.scalars(
            select(Attempt.at)
            .where(Attempt.bucket == key, Attempt.at > moment - longest)
            .order_by(Attempt.at.desc())
            .limit(most_of_all + 1)
        ).all()
        waits = []
        for most, window in {(self.most, self.window), (most_of_all, longest)}:
            within = [at for at in newest if at > moment - window]
            if len(within) >= most + (not before):
                waits.append(within[most - 1] + window - moment)
        if waits:
            raise TooManyTries(max(1, int(max(waits).total_seconds()) + 1))

    def _key(self, bucket: tuple[str, ...]) -> str:
        return hashlib.sha256("\0".join((self.kind, *bucket)).encode(errors="surrogatepass")).hexdigest()


def give_back(attempt_id: int) -> None:
    """Forget an attempt that turned out well; inside the caller's transaction."""
    db.session.execute(delete(Attempt).where(Attempt.id == attempt_id))


def write_in_vain(rows: int) -> None:
    """Write as many rows, one after another, as somebody else's request needs, so that the time tells nothing.

    They count for nothing and are forgotten with all old attempts; inside the caller's transaction.
    """
    for _ in range(rows):
        db.session.add(Attempt(bucket=_NOBODYS))
        db.session.flush()


_NOBODYS = ""

#: Where an account is not known, a guesser who never tires gets no more than this. The real person is let in from
#: where they are known, and from anywhere by a link for a new password.
WRONG_PASSWORDS = Limit("wrong password", 10, timedelta(minutes=5), a_day=100)
#: Who guesses codes knows the password already, and three in a million are right: 30 a day find one in 30 years.
WRONG_CODES = Limit("wrong code", 5, timedelta(minutes=5), a_day=30)
LETTERS_ASKED_FOR = Limit("letter asked for", 3, timedelta(hours=1))
INVITATIONS = Limit("invitation to", 5, timedelta(hours=1))
SIGN_INS_FROM_ONE_PLACE = Limit("sign-in from", 20, timedelta(minutes=5))
LETTERS_FROM_ONE_PLACE = Limit("letter asked for from", 10, timedelta(hours=1))


def _limit_of_a_place(limit: Limit, quick: Callable[[Any], Any]) -> Callable[[View], View]:
    """Count every request from one place, however many processes there are, before anything else is done.

    ``quick`` is the same limit by Flask-Limiter, which counts for this process where there is no Redis.
    """

    def limited(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            place = place_of(request.remote_addr or "")
            try:
                limit.take(place)
            except TooManyTries:
                refusals.note(Why.PLACE, f"{limit.kind} {place}", account_id=None, address=place)
                raise
            return view(*args, **kwargs)

        return cast("View", quick(counted))

    return limited


_LIMITED = ["POST"]


@limiter.request_filter
def _is_never_limited() -> bool:
    """Spare every other request that limits are looked for."""
    return request.method not in _LIMITED


#: The sign-in page and the API's sign-in count together; right passwords count as well.
sign_in_limit = _limit_of_a_place(
    SIGN_INS_FROM_ONE_PLACE, limiter.shared_limit("20 per 5 minutes", scope="sign-in", methods=_LIMITED)
)
letter_limit = _limit_of_a_place(
    LETTERS_FROM_ONE_PLACE, limiter.shared_limit("10 per hour", scope="letters", methods=_LIMITED)
)
