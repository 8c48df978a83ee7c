"""Looking at the staff, with who they are in the workshop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select

from shop.accounts import queries as accounts
from shop.accounts.models import Account, LoginSession
from shop.common.roles import STAFF, Role
from shop.extensions import db
from shop.mechanics.models import Mechanic


@dataclass(frozen=True, slots=True)
class StaffRow:
    id: int
    name: str
    email: str
    role: Role
    mechanic: str | None
    is_active: bool
    is_invited: bool
    last_seen_at: datetime | None


def visible_to(account: Account) -> Select[Account]:
    """The accounts of those who work here."""
    return accounts.visible_to(account).where(Account.role.in_(STAFF))


def staff() -> list[StaffRow]:
    """Everybody who works here, by name, those who may no longer come in last."""
    last_seen = select(func.max(LoginSession.last_seen_at)).where(LoginSession.account_id == Account.id)
    rows = (
        select(
            Account.id,
            Account.name,
            Account.email,
            Account.role,
            Mechanic.name,
            Account.disabled_at.is_(None),
            Account.password_hash.is_(None),
            last_seen.scalar_subquery(),
        )
        .outerjoin(Account.mechanic)
        .where(Account.role.in_(STAFF))
        .order_by(Account.disabled_at.is_not(None), func.lower(Account.name), Account.id)
    )
    return [StaffRow(*row) for row in db.session.execute(rows)]


def linkable_mechanics(account: Account | None = None) -> list[Mechanic]:
    """The mechanics on the roster that no account is linked to, but this one."""
    own_id = account.mechanic_id if account else None
    linked = select(Account.mechanic_id).where(Account.mechanic_id.is_not(None))
    is_free = Mechanic.archived_at.is_(None) & Mechanic.id.not_in(linked)
    return list(
        db.session.scalars(select(Mechanic).where(or_(is_free, Mechanic.id == own_id)).order_by(Mechanic.name_key))
    )
