"""What the owner does with the roster."""

from __future__ import annotations

from typing import TypedDict, Unpack

from sqlalchemy import select

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.record import apply_changes, record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.common.text import email_key
from shop.common.transaction import lock, transaction
from shop.extensions import db
from shop.mechanics.models import MAX_EMAIL, Mechanic


class MechanicValues(TypedDict, total=False):
    """What an edit may replace."""

    name: str
    email: str | None


def add_mechanic(*, name: str, email: str | None = None, by: Account) -> Mechanic:
    """Put somebody on the roster; raises RuleBroken on ``email`` when somebody else there has it."""
    with transaction():
        mechanic = Mechanic()
        _refuse_taken(mechanic, email)
        changes = apply_changes(mechanic, MechanicValues(name=name, email=email))
        db.session.add(mechanic)
        record(Action.MECHANIC_ADDED, mechanic, by=by, changes=changes)
        return mechanic


def edit_mechanic(
    mechanic: Mechanic, *, by: Account, version: int | None = None, **values: Unpack[MechanicValues]
) -> Mechanic:
    """Replace the values given. ``version`` is the one that the editor saw; another one raises StaleEdit."""
    with transaction():
        lock(mechanic)
        if version is not None and version != mechanic.version:
            raise StaleEdit("Somebody saved this mechanic before you.")
        if mechanic.is_archived:
            raise Conflict(f"{mechanic.name} is archived. Restore it before you change it.")
        _refuse_taken(mechanic, values.get("email", mechanic.email))
        changes = apply_changes(mechanic, values)
        if changes:
            mechanic.version += 1
            record(Action.MECHANIC_CHANGED, mechanic, by=by, changes=changes)
        return mechanic


def archive_mechanic(mechanic: Mechanic, *, by: Account) -> Mechanic:
    """Take somebody off the roster. The work done stays in the books, the e-mail address is free again."""
    with transaction():
        lock(mechanic)
        if not mechanic.is_archived:
            mechanic.archived_at = now()
            mechanic.email_key = None
            mechanic.version += 1
            record(Action.MECHANIC_ARCHIVED, mechanic, by=by)
        return mechanic


def restore_mechanic(mechanic: Mechanic, *, by: Account) -> Mechanic:
    """Put somebody who left back on the roster; raises RuleBroken when the e-mail address has been given away."""
    with transaction():
        lock(mechanic)
        if mechanic.is_archived:
            _refuse_taken(mechanic, mechanic.email)
            mechanic.archived_at = None
            mechanic.email = mechanic.email  # brings its key back
            mechanic.version += 1
            record(Action.MECHANIC_RESTORED, mechanic, by=by)
        return mechanic


def _refuse_taken(mechanic: Mechanic, email: str | None) -> None:
    """Of the people on the roster each has an address of their own; names may repeat."""
    if not email:
        return
    if len(email_key(email)) > MAX_EMAIL:
        raise RuleBroken("This e-mail address is too long.", field="email")
    others = select(Mechanic.name).where(Mechanic.id != mechanic.id if mechanic.id else Mechanic.id.is_not(None))
    if same := db.session.scalar(others.where(Mechanic.email_key == email_key(email))):
        raise RuleBroken(f"{same} has this e-mail address already.", field="email")
