"""One-time links by which somebody sets a password: invitations, resets, and the first owner's set-up."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager

from shop.accounts import tokens
from shop.accounts.models import Account, SetupLink
from shop.accounts.tokens import Audience
from shop.common.clock import now
from shop.extensions import db

INVITATION_LIFETIME = timedelta(hours=24)
RESET_LIFETIME = timedelta(hours=1)


class LinkEnded(Exception):
    """The link was used, has expired, was made void or was never ours; nobody is told which."""


def make_link(account: Account, *, lifetime: timedelta) -> str:
    """A new link for the account, inside the running transaction; earlier ones go on working."""
    token_id = secrets.token_urlsafe(24)
    db.session.add(SetupLink(account_id=account.id, token_id=token_id, expires_at=now() + lifetime))
    token = tokens.issue(Audience.SETUP, subject=account.id, lifetime=lifetime, jti=token_id)
    return web_address(f"/set-password/{token}")


def open_link(token: str) -> SetupLink:
    """The link behind a token, with its account; raises LinkEnded."""
    claims = tokens.read(Audience.SETUP, token) or {}
    link = db.session.scalar(
        select(SetupLink)
        .join(SetupLink.account)
        .options(contains_eager(SetupLink.account))
        .where(
            SetupLink.token_id == str(claims.get("jti")),
            SetupLink.ended_at.is_(None),
            SetupLink.expires_at > now(),
            Account.disabled_at.is_(None),
        )
    )
    if link is None or str(link.account_id) != claims["sub"]:
        raise LinkEnded
    return link


def use_up(link: SetupLink) -> None:
    """End the link in the running transaction; raises LinkEnded for all but the first who try."""
    ending = update(SetupLink).where(SetupLink.id == link.id, SetupLink.ended_at.is_(None))
    if not db.session.execute(ending.values(ended_at=now())).rowcount:  # type: ignore[attr-defined]
        raise LinkEnded


def void_links(account: Account) -> None:
    """End every link of the account: its password or its address is another one now."""
    ending = update(SetupLink).where(SetupLink.account_id == account.id, SetupLink.ended_at.is_(None))
    db.session.execute(ending.values(ended_at=now()))


def web_address(path: str) -> str:
    """The full address of one of our pages, for what leaves the shop.

    It comes from the settings alone: a stranger may write any host into a request.
    """
    return f"{own_address()}{path}"


def as_reached(text: str, host_url: str) -> str:
    """What is handed over by whoever is looking, its links by the address at which they have found the shop.

    What is kept stays as it is.
    """
    if current_app.config["SETTINGS"].base_url is not None:
        return text
    return text.replace(f"{own_address()}/", host_url)


def own_address() -> str:
    """Where the shop is by its settings: ``BASE_URL``, else where it listens, as this very machine reaches it."""
    settings = current_app.config["SETTINGS"]
    if settings.base_url:
        return str(settings.base_url)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - nothing is bound here  # nosec B104
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
