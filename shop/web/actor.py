"""Who is acting in this request, whichever way they signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import g
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from shop.accounts.models import Account


def acting_account() -> Account | None:
    """The signed-in account, or None for a stranger and before anybody was looked up."""
    return cast("Account | None", g.get("actor"))


def _actor() -> Account:
    account = acting_account()
    if account is None:
        raise RuntimeError("Nobody is signed in here; the route's guard should have said so.")
    return account


#: The signed-in account, for views behind a guard that asks for one.
actor = cast("Account", LocalProxy(_actor))
