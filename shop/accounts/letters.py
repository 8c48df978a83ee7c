"""The letters about accounts, and how any letter is written: into the outbox in the running transaction, from where
``chores`` sends it."""

from __future__ import annotations

from flask import current_app

from shop.accounts.devices import place_name
from shop.accounts.links import INVITATION_LIFETIME, RESET_LIFETIME, make_link, web_address
from shop.accounts.models import Account, Letter, LetterKind
from shop.common.clock import local, now, time_of_day
from shop.common.roles import Role
from shop.extensions import db
from shop.web.page_context import shop_phone

_INVITATION = """\
Hello {name},

{what} Choose a password here, and you are in:

{link}

The link works once, within 24 hours. If it has ended, ask us for a new one.

{shop}
{phone}
"""

_WHAT = {
    Role.CUSTOMER: "You can follow your repairs at {shop} on the web.",
    Role.MECHANIC: "You have an account for the workshop of {shop}.",
    Role.DESK: "You have an account for the front desk of {shop}.",
    Role.OWNER: "You have an owner's account of {shop}.",
}

_RESET = """\
Hello {name},

Somebody, most likely you, asked for a new password at {shop}. Choose one here:

{link}

The link works once, within an hour. If it was not you who asked, leave this letter alone: nothing changes.

{shop}
{phone}
"""

_NOTICE = """\
Hello {name},

{what}

If that was you, all is well. If it was not, choose a new password at once, which ends every other sign-in, and tell us:

{link}

{shop}
{phone}
"""

_NEW_DEVICE = """\
Somebody signed in to your account at {shop} on a device that it was not used on before: {device}, from {place}, on \
{when}."""
SECOND_FACTOR_IS_ON = """\
From now on, your account at {shop} asks for a code of an authenticator app besides the password."""
SECOND_FACTOR_IS_OFF = """\
Your account at {shop} no longer asks for a code besides the password. Where your work needs one, you are asked to set \
it up anew when you next sign in."""


def write_invitation(account: Account) -> Letter:
    """Ask somebody to choose the first password of their account."""
    return post(
        LetterKind.INVITATION,
        to=account.email,
        name=account.name,
        subject="Your account at {shop}",
        body=_INVITATION.replace("{what}", _WHAT[account.role]),
        link=make_link(account, lifetime=INVITATION_LIFETIME),
    )


def write_reset(account: Account) -> Letter:
    """Let somebody who forgot their password choose another one."""
    return post(
        LetterKind.RESET,
        to=account.email,
        name=account.name,
        subject="A new password for {shop}",
        body=_RESET,
        link=make_link(account, lifetime=RESET_LIFETIME),
    )


def write_notice(account: Account, what: str, **words: str) -> Letter:
    """Tell somebody what was done with their account, in case it was not by them."""
    return post(
        LetterKind.NOTICE,
        to=account.email,
        name=account.name,
        subject="Your account at {shop}",
        body=_NOTICE.replace("{what}", what),
        link=web_address("/account"),
        **words,
    )


def write_new_device(account: Account, *, device: str, address: str) -> Letter:
    """Tell somebody that their account was used on a device that it had not been used on."""
    moment = now()
    there = local(moment)
    when = f"{there.day} {there:%B %Y} at {time_of_day(moment)}"
    return write_notice(account, _NEW_DEVICE, device=device, place=place_name(address), when=when)


def post(kind: LetterKind, *, to: str, subject: str, body: str, **words: str) -> Letter:
    """Put a letter into the outbox; ``words`` fill the places of its text, which knows the shop already."""
    settings = current_app.config["SETTINGS"]
    words |= {"shop": settings.shop_name, "phone": shop_phone()}
    text = body.format(**words).strip() + "\n"
    letter = Letter(kind=kind, to=to, subject=subject.format(**words), body=text)
    db.session.add(letter)
    return letter
