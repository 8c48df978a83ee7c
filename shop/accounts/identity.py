"""A sign-in is a row. The browser's cookie and the API's token are two envelopes for its key.

Signing out, a new password, a changed role or a disabled account end the row, and with it both envelopes at once.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from flask import Response, after_this_request, g, request, session
from flask_login import UserMixin, current_user, login_user, logout_user
from sqlalchemy import Select, bindparam, exists, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from shop.accounts import tokens
from shop.accounts.devices import device_name
from shop.accounts.models import Account, LoginSession
from shop.accounts.tokens import Audience
from shop.common.addresses import place_of
from shop.common.clock import now
from shop.common.database import may_write
from shop.extensions import db, login_manager
from shop.web.guards import Carrier
from shop.web.resend import new_seal

TOKEN_LIFETIME = timedelta(hours=1)
STAFF_LIFETIME = timedelta(hours=20)
CUSTOMER_LIFETIME = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)
FRESH_FOR = timedelta(minutes=15)
KNOWN_DEVICE_FOR = timedelta(days=400)  # as long as browsers keep a cookie
ON_ITS_WAY = timedelta(seconds=10)  # what a browser has sent with its former key still arrives


@dataclass(frozen=True, slots=True)
class SignedIn(UserMixin):
    """What Flask-Login holds: the row, its account, and the key that the cookie carries."""

    login_session: LoginSession
    key: str

    def get_id(self) -> str:
        return self.key


def start(
    account: Account, carrier: Carrier, *, address: str, agent: str, device: str = "", is_new_device: bool = False
) -> tuple[LoginSession, str]:
    """A new sign-in inside the running transaction; answers its row and the key that is shown this once.

    ``device`` is what the device is known by; nothing for one that is not to be known again.
    """
    key = secrets.token_urlsafe(32)
    login_session = LoginSession(
        account_id=account.id,
        key_hash=_hash(key),
        carrier=carrier.value,
        address=address[:45],
        agent=agent[:200],
        device=_hash(device) if device else "",
        is_new_device=is_new_device,
        expires_at=now() + _lifetime(account, carrier),
    )
    db.session.add(login_session)
    db.session.flush()
    return login_session, key


def _lifetime(account: Account, carrier: Carrier) -> timedelta:
    if carrier is Carrier.BEARER:
        return TOKEN_LIFETIME
    return STAFF_LIFETIME if account.is_staff else CUSTOMER_LIFETIME


def resolve(key: str) -> LoginSession | None:
    """The live sign-in behind a key, with its account: the one way in for cookie and token alike."""
    login_session = db.session.scalar(_live(), {"key_hash": _hash(key), "moment": now()})
    if login_session is None or not login_session.account.is_active:
        return None
    return login_session


@cache
def _live() -> Select[LoginSession]:
    """Built once, for it is asked at every request."""
    return (
        select(LoginSession)
        .options(joinedload(LoginSession.account, innerjoin=True))
        .where(
            LoginSession.key_hash == bindparam("key_hash"),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > bindparam("moment"),
        )
    )


def renew(former: LoginSession) -> tuple[LoginSession, str]:
    """The same sign-in under a key of its own, inside the running transaction, for somebody who has just proved that it
    is still them. The former key never counts as proved, and ends in a moment; who sent their proof twice by it gets
    two that last.
    """
    key = secrets.token_urlsafe(32)
    kept = ("account_id", "carrier", "address", "agent", "device", "is_new_device", "created_at")
    login_session = LoginSession(key_hash=_hash(key), **{name: getattr(former, name) for name in kept})
    login_session.expires_at = former.created_at + _lifetime(former.account, Carrier(former.carrier))
    former.expires_at = min(former.expires_at, now() + ON_ITS_WAY)
    db.session.add(login_session)
    db.session.flush()
    return login_session, key


def revoke_all(account: Account, *, but: LoginSession | None = None) -> None:
    """End every sign-in of an account, perhaps but the present one."""
    ending = update(LoginSession).where(LoginSession.account_id == account.id, LoginSession.revoked_at.is_(None))
    if but is not None:
        ending = ending.where(LoginSession.id != but.id)
    db.session.execute(ending.values(revoked_at=now()))


def was_here_before(account: Account, device: str) -> bool:
    """Whether this account has signed in on the device, as long as sign-ins are kept."""
    here = exists().where(LoginSession.account_id == account.id, LoginSession.device == _hash(device))
    return bool(db.session.scalar(select(here)))


def is_fresh(login_session: LoginSession) -> bool:
    """Whether the password was typed so lately that the right person is still there."""
    return login_session.proved_at is not None and login_session.proved_at > now() - FRESH_FOR


def token_for(login_session: LoginSession, key: str) -> str:
    """The bearer token in which an API sign-in travels."""
    return tokens.issue(
        Audience.API,
        subject=login_session.account_id,
        lifetime=TOKEN_LIFETIME,
        jti=secrets.token_urlsafe(12),
        sid=key,
    )


def device_by_cookie() -> str:
    """What this browser is known by: a cookie of its own, which outlives every sign-in and opens nothing."""
    if "device" not in g:
        g.device = request.cookies.get(_device_cookie()) or secrets.token_urlsafe(24)
    return str(g.device)


def device_by_name(agent: str, address: str) -> str:
    """What a program is known by, which keeps no cookies: its own name and the place where it runs."""
    return f"{device_name(agent)} at {place_of(address)}"


def open_cookie(login_session: LoginSession, key: str) -> None:
    """Put the sign-in into the browser's cookie; a customer's survives closing the browser."""
    session.clear()  # nothing from before comes along, the forms' seal included
    session.permanent = not login_session.account.is_staff
    session["csrf_token"] = new_seal(login_session.account)
    g.pop("csrf_token", None)  # the one that a form of this request has made for before
    login_user(SignedIn(login_session, key))
    after_this_request(_keep_device)
    g.actor, g.login_session = login_session.account, login_session
    g.account_id = login_session.account_id


def change_key(login_session: LoginSession, key: str) -> None:
    """Let the browser go on with a renewed sign-in; the forms that lie open stay good."""
    login_user(SignedIn(login_session, key))
    g.login_session = login_session


def close_cookie() -> None:
    logout_user()
    session.clear()
    g.pop("actor", None)
    g.pop("login_session", None)


def present_session() -> LoginSession:
    """The sign-in that this request came by."""
    login_session: LoginSession = g.login_session
    return login_session


def account_in_cookie() -> Account | None:
    """Who the cookie speaks for."""
    if not current_user.is_authenticated:
        return None
    return _arrived(current_user.login_session)


def account_in_token() -> Account | None:
    """Who the bearer token speaks for."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    claims = tokens.read(Audience.API, token.strip()) if scheme.lower() == "bearer" else None
    if claims is None or not isinstance(claims.get("sid"), str):
        return None
    login_session = resolve(claims["sid"])
    if login_session is None or str(login_session.account_id) != claims["sub"]:
        return None
    return _arrived(login_session)


@login_manager.user_loader
def _load(key: str) -> SignedIn | None:
    login_session = resolve(key)
    return SignedIn(login_session, key) if login_session else None


def _arrived(login_session: LoginSession) -> Account:
    g.login_session = login_session
    _note_seen(login_session)
    return login_session.account


def _keep_device(response: Response) -> Response:
    response.set_cookie(
        _device_cookie(),
        device_by_cookie(),
        max_age=KNOWN_DEVICE_FOR,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _device_cookie() -> str:
    return "__Host-device" if request.is_secure else "device"


def _note_seen(login_session: LoginSession) -> None:
    """Write when this sign-in was last used: at most every few minutes, in a transaction of its own.

    Nobody's page fails because of it: when the database is busy, the next request writes it.
    """
    if now() - login_session.last_seen_at < SEEN_EVERY or may_write.get():
        return
    seen = (
        update(LoginSession)
        .where(LoginSession.id == login_session.id, LoginSession.last_seen_at < now() - SEEN_EVERY)
        .values(last_seen_at=now())
    )
    may_write.set(True)
    try:
        with suppress(OperationalError), db.engine.begin() as connection:
            connection.execute(seen)
    finally:
        may_write.set(False)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
