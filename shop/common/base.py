"""The declarative base, its column types, and the habits that every table shares."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum as Choice
from functools import lru_cache
from typing import Annotated, Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Enum, MetaData, String, Text, TypeDecorator
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shop.common.clock import now

#: What MariaDB needs to compare text as the other two do: byte by byte, trailing blanks included.
_EXACT_TEXT = {"mariadb_charset": "utf8mb4", "mariadb_collate": "utf8mb4_nopad_bin"}

MAX_ID = 2_147_483_647

#: A column of money in cents: more than 21 million dollars, and sums of a million lines, fit as well.
Cents = Annotated[int, mapped_column(BigInteger)]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_args(*constraints: Any) -> tuple[Any, ...]:
    """A model's ``__table_args__``: its constraints, and exact text on MariaDB."""
    return (*constraints, _EXACT_TEXT)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime with microseconds, stored without its zone."""

    impl = DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "mariadb":
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        # One function for each value, where ``process_result_value`` would be three: a list reads a hundred of them,
        # and mostly those that it read the time before.
        read = self.impl_instance.dialect_impl(dialect).result_processor(dialect, coltype)

        @lru_cache(500)
        def in_utc(value: Any) -> datetime | None:
            moment = read(value) if read else value
            return None if moment is None else moment.replace(tzinfo=UTC)

        return in_utc


class Facts(TypeDecorator[dict[str, Any]]):
    """A small JSON object kept as text, so that the three databases store the very same thing."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else json.loads(value)


def choice(kind: type[Choice], name: str) -> Enum:
    """A column that holds one of an enum's values as text; ``name`` names its CHECK constraint."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


class Versioned:
    """A row whose values are replaced by forms: the version says which values a form was filled from."""

    version: Mapped[int] = mapped_column(default=1)


class Dated:
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class Archivable:
    """Archived instead of deleted: what refers to it keeps its history."""

    archived_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


def not_negative(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} >= 0", name=f"{column}_not_negative")


__all__ = [
    "MAX_ID",
    "Archivable",
    "Base",
    "Cents",
    "Dated",
    "Facts",
    "Moment",
    "String",
    "Versioned",
    "choice",
    "not_negative",
    "table_args",
]
