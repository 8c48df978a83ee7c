"""The second factor of an account: setting it up, taking it off, and using its codes, each of them once."""

from __future__ import annotations

import hashlib

from flask import current_app
from sqlalchemy import delete, func, select, update

from shop.accounts import codes, identity, letters
from shop.accounts.limits import WRONG_CODES, give_back
from shop.accounts.models import Account, LoginSession, RecoveryCode
from shop.audit.actions import Action
from shop.audit.record import record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken
from shop.common.roles import DESK, Role
from shop.common.transaction import transaction
from shop.config import Settings
from shop.extensions import db
from shop.web.page_context import has_demo_data


class WrongCode(RuleBroken):
    """The code is wrong, too old, or was used before; nobody is told which."""

    def __init__(self) -> None:
        super().__init__("This code is wrong, or was used already. Take the newest one.", field="code")


def roles_that_need_one() -> frozenset[Role]:
    """By ``SECOND_FACTOR_FOR``; where that says nothing the owners and the front desk, but nobody in the demo."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.second_factor_for is not None:
        return settings.second_factor_for
    return frozenset() if has_demo_data() else DESK


def is_missing(account: Account) -> bool:
    """Whether this account has to set up a second factor before it may do anything else."""
    return not account.has_second_factor and account.role in roles_that_need_one()


def set_up(account: Account, *, seed: str, code: str, keep: LoginSession, by: Account) -> list[str]:
    """Ask for codes of this app from now on, and of no other; answers the new recovery codes, which are shown once.

    Every other sign-in ends. Raises WrongCode, and TooManyTries after wrong ones.
    """
    attempt_id = WRONG_CODES.take("set-up of", str(account.id))
    with transaction():
        db.session.refresh(account, with_for_update=True)
        step = codes.step_of(seed, codes.tidy(code))
        if step is None:
            raise WrongCode
        give_back(attempt_id)
        account.factor_seed, account.factor_step = seed, step
        identity.revoke_all(account, but=keep)
        recovery_codes = _replace_recovery_codes(account)
        record(Action.SECOND_FACTOR_SET_UP, account, by=by)
        letters.write_notice(account, letters.SECOND_FACTOR_IS_ON)
        return recovery_codes


def renew_recovery_codes(account: Account, *, by: Account) -> list[str]:
    """Ten new ones in place of those there were; raises Conflict without a second factor."""
    with transaction():
        db.session.refresh(account, with_for_update=True)
        if not account.has_second_factor:
            raise Conflict("There is no second factor. Set it up first; recovery codes come with it.")
        recovery_codes = _replace_recovery_codes(account)
        record(Action.RECOVERY_CODES_MADE, account, by=by)
        return recovery_codes


def remove(account: Account, *, by: Account | None) -> Account:
    """Let the password alone do. Done by somebody else, it ends the account's sign-ins: a phone was lost.

    Raises RuleBroken for one's own while one's role needs it.
    """
    with transaction():
        db.session.refresh(account, with_for_update=True)
        if not account.has_second_factor:
            return account
        is_own = by is not None and by.id == account.id
        if is_own and account.role in roles_that_need_one():
            raise RuleBroken("Your work here needs it. Set it up on another phone instead.")
        account.factor_seed = account.factor_step = None
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
        if not is_own:
            identity.revoke_all(account)
        record(Action.SECOND_FACTOR_REMOVED, account, by=by)
        letters.write_notice(account, letters.SECOND_FACTOR_IS_OFF)
        return account


def accept(account: Account, code: str) -> bool:
    """Use a code up, in the running transaction that holds the account; False when it is not to be accepted.

    A code of the app has to be newer than the last one, a recovery code unused.
    """
    typed = codes.tidy(code)
    if typed.isdigit():
        return _accept_of_the_app(account, typed)
    using = update(RecoveryCode).where(
        RecoveryCode.account_id == account.id,
        RecoveryCode.code_hash == codes.hash_of(typed),
        RecoveryCode.used_at.is_(None),
    )
    if not db.session.execute(using.values(used_at=now())).rowcount:  # type: ignore[attr-defined]
        return False
    record(Action.RECOVERY_CODE_USED, account, by=account)
    return True


def recovery_codes_left(account: Account) -> int:
    unused = select(func.count()).where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(unused) or 0


def mark_of(account: Account) -> str:
    """Another one after each new password and each code that was accepted: whatever was begun before is over then."""
    used_up = (account.factor_step, recovery_codes_left(account))
    parts = (account.id, account.password_hash, account.factor_seed, *used_up)
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def _accept_of_the_app(account: Account, code: str) -> bool:
    if account.factor_seed is None or account.factor_step is None:
        return False
    step = codes.step_of(account.factor_seed, code)
    if step is None or step <= account.factor_step:
        return False
    account.factor_step = step
    return True


def _replace_recovery_codes(account: Account) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    recovery_codes = codes.new_recovery_codes()
    db.session.add_all(RecoveryCode(account_id=account.id, code_hash=codes.hash_of(code)) for code in recovery_codes)
    return recovery_codes
