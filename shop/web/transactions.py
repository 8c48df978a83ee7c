"""How a request meets the database: readers read, writers begin as writers, and bad luck gets another try."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError, OperationalError

from shop.common.database import is_lost_race, is_passing, may_write
from shop.common.silence import somebody_waits
from shop.common.transaction import read_only
from shop.extensions import db
from shop.web.once import first_answer
from shop.web.templates import OwnEnvironment

TRIES = 3
_READING = {"GET", "HEAD", "OPTIONS"}


class ShopFlask(Flask):
    """Flask, whose requests are run again when the database says that a second try will do."""

    jinja_environment = OwnEnvironment

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Nothing here is a coroutine; Flask would look at each function again at each request."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view; after a deadlock, or when two people made the same thing at once, run it again.

        Nothing has been answered by then and the transaction is rolled back, so the second run sees the world as the
        other one left it: a name that was just taken is refused in plain words instead of failing. And a request that
        was done before, by its key, is not run at all.
        """
        for tries_left in reversed(range(TRIES)):
            try:
                return first_answer() or super().dispatch_request()
            except (OperationalError, IntegrityError) as error:
                read_only()
                if not tries_left or request.method in _READING or not _worth_another_try(error):
                    raise
                current_app.logger.info("Running the request again: %s", type(error.orig).__name__)
                _begin_as_the_method_says()
        raise AssertionError("unreachable")


def install_transactions(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        somebody_waits.set(True)
        _begin_as_the_method_says()

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        db.session.remove()
        may_write.set(False)
        somebody_waits.set(False)


def _begin_as_the_method_says() -> None:
    may_write.set(request.method not in _READING)


def _worth_another_try(error: OperationalError | IntegrityError) -> bool:
    return is_lost_race(error) if isinstance(error, IntegrityError) else is_passing(error)
