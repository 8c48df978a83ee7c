"""What the owner does with the staff."""

from __future__ import annotations

from shop.accounts import commands as accounts
from shop.accounts.models import Account
from shop.common.errors import RuleBroken
from shop.common.roles import STAFF, Role
from shop.common.transaction import transaction
from shop.mechanics.commands import add_mechanic
from shop.mechanics.models import Mechanic


def add_staff(
    *, name: str, email: str, role: Role, mechanic: Mechanic | None = None, is_new_mechanic: bool = False, by: Account
) -> Account:
    """Make an account for somebody who works here, put them on the roster if they are new there, and invite them.

    Raises RuleBroken as ``accounts.commands.add_account`` does.
    """
    with transaction():
        _refuse_other_roles(role)
        if is_new_mechanic:
            mechanic = add_mechanic(name=name, email=email, by=by)
        account = accounts.add_account(name=name, email=email, role=role, mechanic=mechanic, by=by)
        accounts.send_invitation(account, by=by)
        return account


def edit_staff(
    account: Account,
    *,
    name: str,
    email: str,
    role: Role,
    mechanic: Mechanic | None = None,
    is_new_mechanic: bool = False,
    version: int | None = None,
    by: Account,
) -> Account:
    """Correct who somebody is and what they may do; raises as ``accounts.commands.edit_account`` does."""
    with transaction():
        _refuse_other_roles(role)
        if is_new_mechanic:
            mechanic = add_mechanic(name=name, email=email, by=by)
        return accounts.edit_account(
            account, by=by, version=version, name=name, email=email, role=role, mechanic=mechanic
        )


def _refuse_other_roles(role: Role) -> None:
    if role not in STAFF:
        raise RuleBroken("Choose what this person does in the shop.", field="role")
