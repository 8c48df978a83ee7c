"""What the background worker does for accounts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import click
from flask import current_app
from sqlalchemy import delete, select, update

from shop.accounts.mail import send_mail
from shop.accounts.models import Attempt, Letter, LoginSession, SetupLink
from shop.common.clock import now
from shop.common.transaction import read_only, transaction
from shop.config import Settings
from shop.extensions import db
from shop.web.page_context import has_demo_data

log = logging.getLogger("shop.letters")

#: A letter that somebody is sending belongs to them for so long; longer than any mail server is waited for.
CLAIMED_FOR = timedelta(minutes=10)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=1)

OLD_SIGN_INS = timedelta(days=60)
OLD_ATTEMPTS = timedelta(days=1)


def send_due_letters() -> int:
    """Send the letters whose time has come; answers how many went out.

    The demo prints them. A shop without ``SMTP_URL`` keeps them in the outbox. Any number of workers may do this at
    once: each claims a letter before it sends it.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if has_demo_data():
        return _send_each(_print)
    if settings.smtp_url:
        return _send_each(lambda letter: send_mail(letter, settings))
    return 0


def forget_old_sign_ins() -> int:
    """Delete sign-ins and links that ended 60 days ago, and attempts of more than a day; answers how many rows."""
    moment = now()
    old = (
        delete(LoginSession).where(LoginSession.expires_at < moment - OLD_SIGN_INS),
        delete(SetupLink).where(SetupLink.expires_at < moment - OLD_SIGN_INS),
        delete(Attempt).where(Attempt.at < moment - OLD_ATTEMPTS),
    )
    with transaction():
        return sum(db.session.execute(rows).rowcount for rows in old)  # type: ignore[attr-defined]


def _send_each(send: Callable[[Letter], None]) -> int:
    due = list(
        db.session.execute(select(Letter.id, Letter.tries).where(Letter.due_at <= now()).order_by(Letter.due_at))
    )
    read_only()
    return sum(_claim(letter_id, tries) and _send(letter_id, send) for letter_id, tries in due)


def _claim(letter_id: int, tries: int) -> bool:
    """Take a letter that nobody has tried since it was seen."""
    claiming = update(Letter).where(Letter.id == letter_id, Letter.tries == tries, Letter.due_at.is_not(None))
    with transaction():
        claimed = db.session.execute(claiming.values(tries=tries + 1, due_at=now() + CLAIMED_FOR))
    return bool(claimed.rowcount)  # type: ignore[attr-defined]


def _send(letter_id: int, send: Callable[[Letter], None]) -> bool:
    letter = db.session.get_one(Letter, letter_id)
    db.session.expunge(letter)
    read_only()  # a slow mail server holds up nobody else
    failure = ""
    try:
        send(letter)
    except (OSError, ValueError) as error:
        failure = f"{type(error).__name__}: {error}"[:300]
        log.warning("Letter %s was not sent: %s", letter_id, failure)
    outcome = {"due_at": _next_try(letter)} if failure else {"due_at": None, "sent_at": now()}
    with transaction():
        db.session.execute(update(Letter).where(Letter.id == letter_id).values(failure=failure, **outcome))
    return not failure


def _next_try(letter: Letter) -> datetime | None:
    """When to try again: soon at first, then ever later; None after a day."""
    moment = now() + min(FIRST_PAUSE * 3 ** (letter.tries - 1), LONGEST_PAUSE)
    return moment if moment < letter.created_at + GIVE_UP_AFTER else None


def _print(letter: Letter) -> None:
    click.echo(f"\nTo: {letter.to}\nSubject: {letter.subject}\n\n{letter.body}")
