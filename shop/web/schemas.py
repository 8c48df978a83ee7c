"""House fields for JSON: strict on the way in, one spelling on the way out. The twins of ``web.fields``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, ClassVar

from email_validator import EmailNotValidError, validate_email
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from shop.common import money, percent
from shop.common.base import MAX_ID
from shop.common.decimals import number_of, units_from
from shop.common.money import MAX_CENTS, cents_from
from shop.common.paging import DEFAULT_SIZE, MAX_SIZE
from shop.common.pricing import WHOLE
from shop.common.text import clean

MAX_QUERY = 100
MAX_CURSOR = 200
MAX_DEPTH = 10_000

_WORDS = {"required": "This is missing.", "null": "This can't be null."}
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class Body(Schema):
    """What a program may send; a name that is not listed is refused."""

    class Meta:
        unknown = RAISE

    may_be_missing = False  # whether no body at all will do as well
    error_messages = {"unknown": "There is no field of this name.", "type": "Send a JSON object."}


class Row(Schema):
    """What a program gets: every field, always."""

    @classmethod
    def of(cls, thing: object) -> dict[str, Any]:
        """A thing as a program gets it."""
        told: dict[str, Any] = _made(cls).dump(thing)
        return told

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.required = True


class Text(fields.String):
    """Text that is kept as ``common.text.clean`` reads it, never empty; the limit holds before and after."""

    default_error_messages = {**_WORDS, "invalid": "Send a text."}

    def __init__(self, *, most: int, least: int = 1, multiline: bool = False, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(least, most, error=f"Use {least} to {most} characters."), **kwargs)
        self.most = most
        self.multiline = multiline

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if len(value) > self.most:
            raise ValidationError(f"Use at most {self.most} characters.")
        text: str = _said(clean, value, multiline=self.multiline)
        return text


class Email(Text):
    """An e-mail address, in so far as one can tell without sending a letter."""

    default_error_messages = {**_WORDS, "invalid": "Send an address such as name@example.com."}

    def __init__(self, *, metadata: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(metadata={"format": "email", **metadata}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            validate_email(value, check_deliverability=False)
        except EmailNotValidError:
            raise self.make_error("invalid") from None
        return text


class Secret(fields.String):
    """A password: taken exactly as it is."""

    default_error_messages = {**_WORDS, "invalid": "Send a text."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return value


class Whole(fields.Integer):
    """A whole number within bounds; neither ``true`` nor ``"3"`` nor ``3.0`` is one."""

    default_error_messages = {**_WORDS, "invalid": "Send a whole number."}

    def __init__(self, *, least: int = 0, most: int = MAX_ID, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, most, error=f"From {least} to {most}."), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid")
        return value


class Id(Whole):
    """The id of something the shop knows."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(least=1, **kwargs)


class OneOf(fields.String):
    """One of some members of an enum, by its value."""

    default_error_messages = {**_WORDS, "invalid": "Send a text."}

    def __init__(self, *members: Enum, metadata: dict[str, Any] | None = None, **kwargs: Any) -> None:
        self.members = {str(member.value): member for member in members}
        super().__init__(metadata={"enum": list(self.members), **(metadata or {})}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if value not in self.members:
            raise ValidationError(f"Must be one of: {', '.join(self.members)}.")
        return self.members[value]


class Money(fields.Field[int]):
    """A JSON number with at most two decimals on the wire, whole cents inside."""

    decimals: ClassVar[int] = money.DECIMALS
    most: ClassVar[int | None] = MAX_CENTS  # in units of the last decimal

    default_error_messages = {**_WORDS, "invalid": "Send a number with at most two decimals, such as 14.99."}

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> float | None:
        # JSON has no other number; the shortest text of the nearest double is the amount itself.
        return None if value is None else float(number_of(value, self.decimals))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if type(value) is not int and not isinstance(value, Decimal):
            raise self.make_error("invalid")
        units: int = _said(self._units, Decimal(value))
        if units < 0:
            raise ValidationError("This can't be less than 0.")
        return units

    def _units(self, number: Decimal) -> int:
        return cents_from(number)


class Sum(Money):
    """What amounts add up to, on the way out; it may be more than any of them could be."""

    most = None


class Percent(Money):
    """A JSON number from 0 to 100 with at most four decimals on the wire, whole parts per million inside."""

    decimals = percent.DECIMALS
    most = WHOLE

    default_error_messages = {"invalid": "Send a number with at most four decimals, such as 12.5."}

    def _units(self, number: Decimal) -> int:
        if not number.is_finite() or not 0 <= number <= 100:
            raise ValueError("From 0 to 100.")
        return units_from(number, self.decimals)


class Moment(fields.Field[datetime]):
    """RFC 3339 with its offset on the way in, UTC with ``Z`` on the way out."""

    default_error_messages = {
        **_WORDS,
        "invalid": "Send a date and time with its offset, such as 2026-03-09T17:00:00-08:00.",
    }

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            raise self.make_error("invalid")
        try:
            moment = datetime.fromisoformat(value.upper())
        except ValueError:
            raise self.make_error("invalid") from None
        if not 2000 <= moment.year <= 2100:
            raise ValidationError("Send a date between 2000 and 2100.")
        return moment.astimezone(UTC)


class Number(fields.Integer):
    """A whole number in a query: ASCII digits and nothing else."""

    default_error_messages = {**_WORDS, "invalid": "Give a whole number."}

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, most, error=f"From {least} to {most}."), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10):
            raise self.make_error("invalid")
        return int(value)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which stretch of a list a program asks for. ``after`` is None for numbered pages, empty for a first stretch."""

    page: int = 1
    per_page: int = DEFAULT_SIZE
    q: str = ""
    after: str | None = None


class ListQuery(Body):
    page = Number(
        least=1, most=MAX_DEPTH, metadata={"description": "Number of the page, from 1.", "default": 1, "example": 1}
    )
    per_page = Number(
        least=1, most=MAX_SIZE, metadata={"description": "Rows in a page.", "default": DEFAULT_SIZE, "example": 25}
    )
    q = Text(least=0, most=MAX_QUERY, metadata={"description": "Words to search for."})
    after = Text(
        least=0,
        most=MAX_CURSOR,
        metadata={
            "description": "Cursor from the `Link` of the stretch before: rows after it, however deep. Empty asks for "
            "the first stretch. Not together with `page`."
        },
    )

    @validates_schema
    def check_depth(self, values: dict[str, Any], **kwargs: Any) -> None:
        if "after" in values and "page" in values:
            raise ValidationError("Give page or after, not both.", "after")
        if values.get("page", 1) * values.get("per_page", DEFAULT_SIZE) > MAX_DEPTH:
            raise ValidationError(f"Pages end at row {MAX_DEPTH}. Go on with after, from the Link header.", "page")

    @post_load
    def asked(self, values: dict[str, Any], **kwargs: Any) -> Asked:
        return Asked(**values)


@cache
def _made(kind: type[Row]) -> Row:
    return kind()


def _said(read: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What ``read`` makes of it; its ValueError becomes the sentence at the field."""
    try:
        return read(*args, **kwargs)
    except ValueError as error:
        raise ValidationError(str(error)) from None
