"""Facts about this installation."""

from __future__ import annotations

from enum import StrEnum

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


class BackupFact(StrEnum):
    """What is known about the nightly backups: moments as ISO text, and a sentence for the owner."""

    CLAIMED = "backup.claimed"
    MADE = "backup.made"
    TROUBLE = "backup.trouble"
