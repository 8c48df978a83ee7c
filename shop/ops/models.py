"""Facts about this installation."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shop.common.base import Base, table_args

MAX_FACT = 200


class ShopFact(Base):
    """A named fact that belongs to the data rather than to the machine, such as ``demo``: these are invented."""

    __tablename__ = "shop_fact"
    __table_args__ = table_args()

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(MAX_FACT))


#: The zone by whose days the sums of the ranking were counted.
RANKING_ZONE = "ranking.zone"


class BackupFact(StrEnum):
    """What is known about the backups: moments as ISO text, and a sentence for the owner."""

    ASKED = "backup.asked"
    CLAIMED = "backup.claimed"
    MADE = "backup.made"
    TROUBLE = "backup.trouble"


def tried_fact(file: Path) -> str:
    """The name of the fact that says how a backup was found when it was tried out: nothing where all was well."""
    return f"backup.tried.{file.stem}"
