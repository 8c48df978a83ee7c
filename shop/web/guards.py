"""Default deny: every route says who may use it, or nobody may.

A route is guarded by its blueprint (a ``Door``, an ``ApiBlueprint``) and may be narrowed by ``@allow(...)``; a route
outside them declares ``@anyone``. One hook before every request holds to that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from blinker import signal
from flask import Blueprint, Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized

from shop.common.roles import EVERYONE, Role
from shop.web.resend import hand_back

if TYPE_CHECKING:
    from shop.accounts.models import Account

View = TypeVar("View", bound=Callable[..., Any])
Thing = TypeVar("Thing")
FindAccount = Callable[[], "Account | None"]


#: Sent when somebody who is signed in is turned away because of their role, with their account.
turned_away = signal("turned-away")


class Carrier(Enum):
    """How a sign-in travels: pages look at the cookie alone, JSON at the bearer token alone."""

    COOKIE = "cookie"
    BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may pass. ``roles`` None lets anyone in; ``customers_only`` asks for an account linked to a customer."""

    carrier: Carrier = Carrier.COOKIE
    roles: frozenset[Role] | None = EVERYONE
    customers_only: bool = False

    def lets_in(self, account: Account) -> bool:
        return self.lets_in_role(account) and (account.customer_id is not None or not self.customers_only)

    def lets_in_role(self, account: Account) -> bool:
        return self.roles is None or account.role in self.roles


class NotACustomer(Forbidden):
    """The role would do, but the account is linked to no customer whose pages it could see."""


class GuardedBlueprint(Blueprint):
    """A blueprint whose routes are all behind one guard unless they say otherwise."""

    guard: Guard


class Door(GuardedBlueprint):
    """One of the product's doors: a URL prefix, a layout of its own, and the roles that may pass."""

    def __init__(self, name: str, *, url_prefix: str, guard: Guard, layout: str) -> None:
        super().__init__(name, __name__, url_prefix=url_prefix)
        self.guard = guard
        self.layout = layout
        self.home = f"{url_prefix}/"


def anyone(view: View) -> View:
    """Declare a route open to everybody, signed in or not."""
    view.allowed_roles = None  # type: ignore[attr-defined]
    return view


def allow(roles: frozenset[Role]) -> Callable[[View], View]:
    """Narrow a guarded route to some of the roles that its blueprint lets in."""

    def mark(view: View) -> View:
        view.allowed_roles = roles  # type: ignore[attr-defined]
        return view

    return mark


def fresh(view: View) -> View:
    """Declare a route that wants to know that the right person is still there: the password was typed just now.

    When it was not, it is asked for and what was sent is kept (see ``accounts.proof``).
    """
    view.needs_fresh = True  # type: ignore[attr-defined]
    return view


def guard_of(app: Flask, endpoint: str) -> Guard | None:
    """The guard that a route declared, or None for a route that forgot to."""
    view = app.view_functions[endpoint]
    blueprint = app.blueprints.get(endpoint.rpartition(".")[0])
    inherited: Guard | None = getattr(blueprint, "guard", None)
    if not hasattr(view, "allowed_roles"):
        return inherited
    carrier = inherited.carrier if inherited else Carrier.COOKIE
    customers_only = inherited.customers_only if inherited and view.allowed_roles is not None else False
    return Guard(carrier, view.allowed_roles, customers_only)


def install_guards(app: Flask, *, cookie: FindAccount, bearer: FindAccount) -> None:
    """Ask every request's guard; ``cookie`` and ``bearer`` find the account behind each kind of envelope."""
    finders = {Carrier.COOKIE: cookie, Carrier.BEARER: bearer}
    app.extensions["shop_account_in_cookie"] = cookie

    @app.before_request
    def check_guard() -> ResponseReturnValue | None:
        if request.endpoint is None or request.routing_exception is not None:
            return None
        guard = guard_of(app, request.endpoint)
        if guard is None:
            current_app.logger.error("The route %s declares no guard.", request.endpoint)
            raise Forbidden
        if guard.roles is None:
            return None
        g.actor = account = finders[guard.carrier]()
        g.account_id = account.id if account else None  # for the log, where the account itself may be gone
        if account is None:
            return _ask_to_sign_in(guard)
        if not guard.lets_in_role(account):
            turned_away.send(account)
            raise Forbidden
        if not guard.lets_in(account):
            raise NotACustomer
        return None


def account_at_the_door() -> Account | None:
    """Who is signed in by cookie, for what is refused before any guard was asked."""
    account: Account | None = current_app.extensions["shop_account_in_cookie"]()
    return account


def _ask_to_sign_in(guard: Guard) -> ResponseReturnValue:
    if guard.carrier is Carrier.BEARER:
        raise Unauthorized
    is_reading = request.method in ("GET", "HEAD")
    if (handed_back := hand_back(None)) is not None:
        return handed_back
    if request.headers.get("HX-Request") == "true":
        # A page that reads on by itself stays, with all that is typed on it, and says so (static/js/shop.js).
        return "", 401, {} if is_reading else {"HX-Redirect": url_for("accounts.login")}
    here = request.full_path.rstrip("?") if is_reading else None
    return redirect(url_for("accounts.login", next=here), 303)


def found(thing: Thing | None) -> Thing:
    """The thing that a query found, or a 404: what somebody may not see does not exist for them."""
    if thing is None:
        raise NotFound
    return thing
