"""Mechanics."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from shop.common.base import Archivable, Base, Dated, Versioned, table_args
from shop.common.text import email_key, folded

MAX_NAME = 120
MAX_EMAIL = 254


class Mechanic(Base, Versioned, Dated, Archivable):
    """Somebody who repairs vehicles here; one who left is archived and stays in the history."""

    __tablename__ = "mechanic"
    __table_args__ = table_args(Index(None, "archived_at", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    name_key: Mapped[str] = mapped_column(String(MAX_NAME * 2))
    email: Mapped[str | None] = mapped_column(String(MAX_EMAIL))
    email_key: Mapped[str | None] = mapped_column(String(MAX_EMAIL), unique=True)  # NULL once archived

    @validates("name", "email")
    def _keep_keys(self, field: str, value: str | None) -> str | None:
        if field == "name":
            self.name_key = folded(value or "")[: MAX_NAME * 2]  # case folding can make a name longer
        else:
            self.email_key = email_key(value) if value else None
        return value or None

    @property
    def label(self) -> str:
        return self.name
