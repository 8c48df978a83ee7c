"""Signing in: the password, then the second factor where there is one.

Limits come first, and the words and the time are the same whoever asks.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, select

from shop.accounts import identity, letters, passwords, refusals, second_factor, tokens
from shop.accounts.commands import set_password
from shop.accounts.devices import device_name
from shop.accounts.limits import WRONG_CODES, WRONG_PASSWORDS, give_back
from shop.accounts.links import LinkEnded, use_up
from shop.accounts.models import Account, LoginSession, SetupLink
from shop.accounts.refusals import Why
from shop.accounts.second_factor import WrongCode
from shop.accounts.tokens import Audience
from shop.audit.actions import Action
from shop.audit.queries import has_happened
from shop.audit.record import record
from shop.common.clock import now
from shop.common.errors import RuleBroken, TooManyTries
from shop.common.text import email_key
from shop.common.transaction import read_only, transaction
from shop.extensions import db
from shop.web.guards import Carrier

KNOWN_FOR = timedelta(days=30)
TIME_FOR_THE_CODE = timedelta(minutes=5)

Started = tuple[LoginSession, str]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a sign-in comes from; ``device`` is what the device is known by, see ``identity``."""

    address: str
    agent: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class HalfSignIn:
    """The password was right, and the code is still to come: no sign-in, and nothing that is kept.

    Its token is good for five minutes, for this account with this password, and until the next code is accepted.
    """

    account_id: int
    token: str


class HalfSignInEnded(Exception):
    """Its time is over, it was used, or another password or second factor has come; nobody is told which."""


class WrongPassword(RuleBroken):
    """The e-mail address or the password is wrong; nobody is told which."""

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


def sign_in(email: str, password: str, *, carrier: Carrier, here: Whereabouts) -> Started | HalfSignIn:
    """Check the password and start a sign-in, or half of one; answers its row and its key.

    Raises TooManyTries after ten failures in five minutes, and WrongPassword. Neither tells whether the address is
    known: an unknown and a disabled account take the same statements, the same hash and the same count.
    """
    read_only()  # nobody waits for the database while the password is hashed
    key = email_key(email)
    account_id, password_hash, is_known_here = _look_up(Account.email_key == key, here.address)
    with _noted(key, account_id, here):
        # From an address where this person signed in lately they have a count of their own, so that nobody can lock
        # them out by guessing from elsewhere.
        attempt_id = WRONG_PASSWORDS.take(key, here.address) if is_known_here else WRONG_PASSWORDS.take(key)
        read_only()

        is_right = passwords.is_right(password, password_hash)
        if not is_right or password_hash is None:
            raise WrongPassword
        new_hash = passwords.hashed(password) if passwords.needs_rehash(password_hash) else password_hash

        with transaction():
            account = db.session.scalar(
                select(Account)
                .where(Account.id == account_id, Account.password_hash == password_hash, Account.disabled_at.is_(None))
                .with_for_update()
            )
            if account is None:  # changed or disabled in this very moment
                raise WrongPassword
            account.password_hash = new_hash
            give_back(attempt_id)
            return _begin_or_half(account, carrier, here)


def complete(half: str, code: str, *, carrier: Carrier, here: Whereabouts) -> Started:
    """Start the sign-in whose half this token is, by a code of the app or a recovery code.

    Raises HalfSignInEnded, WrongCode, and TooManyTries after five wrong ones in five minutes.
    """
    claims = tokens.read(Audience.HALF_SIGN_IN, half)
    if claims is None:
        raise HalfSignInEnded
    account_id = int(claims["sub"])
    *_, is_known_here = _look_up(Account.id == account_id, here.address)
    bucket = (claims["sub"], here.address) if is_known_here else (claims["sub"],)
    with _noted(claims["sub"], account_id, here):
        attempt_id = WRONG_CODES.take(*bucket)
        with transaction():
            account = db.session.scalar(
                select(Account).where(Account.id == account_id, Account.disabled_at.is_(None)).with_for_update()
            )
            if account is None or second_factor.mark_of(account) != claims.get("mark"):
                raise HalfSignInEnded
            if not second_factor.accept(account, code):
                raise WrongCode
            give_back(attempt_id)
            return begin(account, carrier, here)


def sign_in_by_link(link: SetupLink, *, password: str, here: Whereabouts) -> Started | HalfSignIn:
    """Set the password that a link allows to set, end the sign-ins there were, and start a new one, or half of one.

    Raises RuleBroken on ``password`` when it is not good enough, and LinkEnded when the link is used meanwhile.
    """
    account = link.account
    passwords.check_is_good(password, account=account)
    read_only()  # nobody waits for the database while the password is hashed
    new_hash = passwords.hashed(password)
    with transaction():
        db.session.refresh(account, with_for_update=True)
        if not account.is_active:
            raise LinkEnded
        use_up(link)
        set_password(account, new_hash, by=account)
        return _begin_or_half(account, Carrier.COOKIE, here)


@contextmanager
def _noted(who: str, account_id: int | None, here: Whereabouts) -> Iterator[None]:
    """Let the history know of a refusal; ``who`` is what was typed or, in the second step, the account's id."""
    try:
        yield
    except (WrongPassword, WrongCode, TooManyTries) as refusal:
        refusals.note(_WHY[type(refusal)], who, account_id=account_id, address=here.address)
        raise


_WHY = {WrongPassword: Why.PASSWORD, WrongCode: Why.CODE, TooManyTries: Why.TOO_MANY}


def _begin_or_half(account: Account, carrier: Carrier, here: Whereabouts) -> Started | HalfSignIn:
    if not account.has_second_factor:
        return begin(account, carrier, here)
    token = tokens.issue(
        Audience.HALF_SIGN_IN,
        subject=account.id,
        lifetime=TIME_FOR_THE_CODE,
        jti=secrets.token_urlsafe(12),
        mark=second_factor.mark_of(account),
    )
    return HalfSignIn(account.id, token)


def begin(account: Account, carrier: Carrier, here: Whereabouts) -> Started:
    """The sign-in of somebody who has proved who they are, in the caller's transaction.

    Somebody who has signed in before is told of a device that is new.
    """
    is_known = not here.device or identity.was_here_before(account, here.device)
    is_new = not is_known and has_happened(Action.SIGNED_IN, account)
    started = identity.start(account, carrier, **asdict(here), is_new_device=is_new)
    record(Action.SIGNED_IN, account, by=account, changes={"address": (None, here.address)}, carrier=carrier.value)
    if is_new:
        letters.write_new_device(account, device=device_name(here.agent), address=here.address)
    return started


def _look_up(who: ColumnElement[bool], address: str) -> tuple[int | None, str | None, bool]:
    """The account's id and hash (None for one that nobody has or that is disabled), and whether it is known here."""
    is_known_here = exists().where(
        LoginSession.account_id == Account.id,
        LoginSession.address == address,
        LoginSession.created_at > now() - KNOWN_FOR,
    )
    row = db.session.execute(
        select(Account.id, Account.password_hash, Account.disabled_at, is_known_here).where(who)
    ).one_or_none()
    if row is None:
        return None, None, False
    account_id, password_hash, disabled_at, known = row
    return account_id, None if disabled_at else password_hash, bool(known)
