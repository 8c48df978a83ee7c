"""What people do with accounts."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import ColumnElement, select

from shop.accounts import identity, letters, links, passwords, refusals
from shop.accounts.limits import INVITATIONS, LETTERS_ASKED_FOR, WRONG_PASSWORDS, give_back, write_in_vain
from shop.accounts.models import MAX_EMAIL, Account, Letter, LoginSession
from shop.accounts.queries import account_of
from shop.accounts.refusals import Why
from shop.audit.actions import Action
from shop.audit.record import apply_changes, record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit, TooManyTries
from shop.common.roles import Role
from shop.common.text import email_key
from shop.common.transaction import read_only, transaction
from shop.extensions import db

if TYPE_CHECKING:
    from shop.customers.models import Customer
    from shop.mechanics.models import Mechanic


class AccountValues(TypedDict, total=False):
    """What an edit may replace."""

    name: str
    email: str
    role: Role
    customer: Customer | None
    mechanic: Mechanic | None


def add_account(
    *,
    name: str,
    email: str,
    role: Role,
    customer: Customer | None = None,
    mechanic: Mechanic | None = None,
    by: Account | None,
) -> Account:
    """Make an account that nobody can sign in to before a link to choose its password is followed.

    Raises RuleBroken on ``email`` when it is taken, on ``mechanic`` or ``customer`` when the role needs one or
    somebody else is linked to it.
    """
    with transaction():
        account = Account(role=role)
        _check_email(account, email)
        _check_links(account, role=role, customer=customer, mechanic=mechanic)
        changes = apply_changes(account, {"name": name, "email": email, "customer": customer, "mechanic": mechanic})
        db.session.add(account)
        record(Action.ACCOUNT_CREATED, account, by=by, changes=_in_words(changes), role=role.value)
        return account


def edit_account(
    account: Account, *, by: Account, version: int | None = None, **values: Unpack[AccountValues]
) -> Account:
    """Replace the values given. Another role ends the sign-ins, another address ends the links that are on their way.

    Raises StaleEdit, and RuleBroken as ``add_account`` does and on ``role`` for the last owner.
    """
    with transaction():
        owners = _lock(account)
        if version is not None and version != account.version:
            raise StaleEdit("Somebody saved this account before you.")
        if "email" in values:
            _check_email(account, values["email"])
        role, mechanic = values.get("role", account.role), values.get("mechanic", account.mechanic)
        _check_links(account, role=role, customer=values.get("customer", account.customer), mechanic=mechanic)
        if role is not Role.OWNER:
            _refuse_last_owner(account, owners, field="role")
        changes = apply_changes(account, values)
        if "role" in changes:
            identity.revoke_all(account)
        if "email" in changes:
            links.void_links(account)
        if changes:
            account.version += 1
            record(Action.ACCOUNT_CHANGED, account, by=by, changes=_in_words(changes))
        return account


def disable_account(account: Account, *, by: Account) -> Account:
    """Keep somebody out from this moment on; raises RuleBroken for the last owner."""
    with transaction():
        owners = _lock(account)
        if account.is_active:
            _refuse_last_owner(account, owners)
            account.disabled_at = now()
            identity.revoke_all(account)
            links.void_links(account)
            record(Action.ACCOUNT_DISABLED, account, by=by)
        return account


def enable_account(account: Account, *, by: Account) -> Account:
    """Let somebody in again, with the password they had."""
    with transaction():
        _lock(account)
        if not account.is_active:
            account.disabled_at = None
            record(Action.ACCOUNT_ENABLED, account, by=by)
        return account


def send_invitation(account: Account, *, by: Account) -> Letter:
    """Write a letter with a link to choose the first password.

    Raises Conflict when there is a password or the account is disabled, and TooManyTries after five in an hour.
    """
    with transaction():
        INVITATIONS.take(str(account.id))
        _lock(account)
        if not account.is_active:
            raise Conflict("This account is disabled. Enable it before you send an invitation.")
        if not account.is_invited:
            raise Conflict(f"{account.name} has chosen a password already.")
        letter = letters.write_invitation(account)
        record(Action.ACCOUNT_INVITED, account, by=by)
        return letter


def invite_customer(customer: Customer, *, by: Account) -> Account:
    """Give a customer an account, if there is none yet, and send the invitation to the address on file.

    Raises Conflict for an archived customer and one who has chosen a password, RuleBroken on ``email`` when the
    customer has no address or it belongs to another account.
    """
    with transaction():
        db.session.refresh(customer, with_for_update=True)
        if customer.is_archived:
            raise Conflict(customer.words_when_archived)
        if not customer.email:
            raise RuleBroken("Write down the customer's e-mail address first.", field="email")
        account = account_of(customer)
        if account is None:
            account = add_account(
                name=customer.name, email=customer.email, role=Role.CUSTOMER, customer=customer, by=by
            )
        elif account.is_invited and account.role is Role.CUSTOMER:
            edit_account(account, by=by, name=customer.name, email=customer.email)
        send_invitation(account, by=by)
        return account


def send_reset(email: str) -> None:
    """Write a letter with a link for a new password to whoever has this address. Nobody is told whether anybody does.

    An address that nobody has is counted and written about as much. After three letters in an hour no more are
    written; those that were still work.
    """
    key = email_key(email)
    with suppress(TooManyTries):
        LETTERS_ASKED_FOR.take(key)
        with transaction():
            account = db.session.scalar(select(Account).where(Account.email_key == key, Account.disabled_at.is_(None)))
            if account is None:
                write_in_vain(3)  # a link, a letter, an event
            else:
                letters.write_reset(account)
                record(Action.PASSWORD_RESET_SENT, account, by=None)


def change_password(account: Account, *, present: str, new: str, keep: LoginSession | None, by: Account) -> Account:
    """Replace the password by another one, and end every sign-in but ``keep``.

    Raises RuleBroken on ``present`` when it is wrong and on ``new`` when it is not good enough, and TooManyTries.
    """
    passwords.check_is_good(new, account=account, field="new")
    present_hash = account.password_hash
    attempt_id = _check_own_password(account, present, field="present")
    new_hash = passwords.hashed(new)

    with transaction():
        db.session.refresh(account, with_for_update=True)
        if account.password_hash != present_hash:
            raise Conflict("Your password was changed elsewhere a moment ago.")
        give_back(attempt_id)
        set_password(account, new_hash, keep=keep, by=by)
        return account


def prove(login_session: LoginSession, *, own_password: str) -> tuple[LoginSession, str]:
    """Show that the right person is still there; what asks for that goes on for a quarter of an hour.

    Answers the sign-in that takes the place of this one, and its key: whoever holds the former key has proved nothing.
    Raises RuleBroken on ``own_password`` when it is wrong, and TooManyTries.
    """
    attempt_id = _check_own_password(login_session.account, own_password, field="own_password")
    with transaction():
        give_back(attempt_id)
        return identity.renew(login_session)


def set_password(account: Account, password_hash: str, *, keep: LoginSession | None = None, by: Account) -> None:
    """Put another password's hash in place; every link and every sign-in but ``keep`` ends with the old one."""
    with transaction():
        account.password_hash = password_hash
        links.void_links(account)
        identity.revoke_all(account, but=keep)
        record(Action.PASSWORD_CHANGED, account, by=by)


def sign_out(login_session: LoginSession, *, by: Account) -> None:
    """End one sign-in; its envelope is worthless from now on."""
    with transaction():
        if login_session.revoked_at is None:
            login_session.revoked_at = now()
            record(Action.SIGNED_OUT, login_session.account, by=by)


def sign_out_everywhere(account: Account, *, by: Account) -> None:
    """End every sign-in of an account, programs included."""
    with transaction():
        identity.revoke_all(account)
        record(Action.SIGNED_OUT_EVERYWHERE, account, by=by)


def _check_own_password(account: Account, password: str, *, field: str) -> int:
    """Ask who is signed in for their password; answers the attempt, to be given back in the transaction that follows.

    However it is asked, wrong ones count together.
    """
    attempt_id = WRONG_PASSWORDS.take("present password of", str(account.id))
    password_hash = account.password_hash
    read_only()  # nobody waits for the database while passwords are hashed
    if not passwords.is_right(password, password_hash):
        refusals.note(Why.PASSWORD, f"again {account.id}", account_id=account.id, address="", by=account)
        raise RuleBroken("This is not your present password.", field=field)
    return attempt_id


def _lock(account: Account) -> list[int]:
    """Wait for whoever is changing accounts, see this one as they left it, and answer the ids of those who own.

    All owners are locked first, in the order of their ids, so that two who demote each other decide one after the
    other. One who has not followed the invitation can't run the shop and does not count.
    """
    is_owning: list[ColumnElement[bool]] = [
        Account.role == Role.OWNER,
        Account.disabled_at.is_(None),
        Account.password_hash.is_not(None),
    ]
    owners = db.session.scalars(select(Account.id).where(*is_owning).order_by(Account.id).with_for_update()).all()
    db.session.refresh(account, with_for_update=True)
    return list(owners)


def _refuse_last_owner(account: Account, owners: list[int], *, field: str | None = None) -> None:
    if owners == [account.id]:
        raise RuleBroken("This is the last owner. Make somebody else an owner first.", field=field)


def _check_email(account: Account, email: str) -> None:
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        raise RuleBroken("Enter an e-mail address such as name@example.com.", field="email") from None
    key = email_key(email)
    if len(key) > MAX_EMAIL:
        raise RuleBroken("This e-mail address is too long.", field="email")
    if _is_another(account, Account.email_key == key):
        raise RuleBroken("This e-mail address belongs to another account.", field="email")


def _check_links(account: Account, *, role: Role, customer: Customer | None, mechanic: Mechanic | None) -> None:
    if role is Role.CUSTOMER and customer is None:
        raise RuleBroken("A customer's account is made by inviting the customer.", field="role")
    if role is Role.MECHANIC and mechanic is None:
        raise RuleBroken("Choose who this is in the workshop, or add a new mechanic.", field="mechanic")
    if customer is not None and _is_another(account, Account.customer_id == customer.id):
        raise RuleBroken(f"{customer.name} has an account already.", field="customer")
    if mechanic is not None and _is_another(account, Account.mechanic_id == mechanic.id):
        raise RuleBroken(f"{mechanic.name} has an account already.", field="mechanic")


def _is_another(account: Account, condition: ColumnElement[bool]) -> bool:
    with db.session.no_autoflush:
        taken = db.session.scalar(select(Account.id).where(condition))
    return taken is not None and taken != account.id


def _in_words(changes: dict[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    return {field: (_word(before), _word(after)) for field, (before, after) in changes.items()}


def _word(value: Any) -> Any:
    return value.title if isinstance(value, Role) else getattr(value, "label", value)
