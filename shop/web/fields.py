"""House fields: what a person types on one side, the shop's own types on the other."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, Field, IntegerField, SelectField, StringField
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import Length, ValidationError
from wtforms.widgets import DateTimeLocalInput, EmailInput, HiddenInput, TelInput, TextArea, TextInput

from shop.common.base import MAX_ID
from shop.common.clock import local, zone
from shop.common.hours import hours_of
from shop.common.money import decimal_of, parse_cents, round_half_up
from shop.common.percent import parse_percent, percent_text
from shop.common.text import NO_PHONE, clean, is_phone

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,10}")
_HOURS = re.compile(
    r"(?P<whole>[0-9]{1,4}):(?P<clock>[0-5][0-9])"
    r"|(?P<hours>[0-9]{1,4}(?:\.[0-9]{1,3})?) ?h?"
    r"|(?P<minutes>[0-9]{1,5}) ?min",
    re.ASCII,
)


def at_most(characters: int) -> Length:
    """How long a text may be; the control in the browser stops there as well."""
    return Length(max=characters, message=f"Use at most {characters:,} characters.")


def zero_for_nothing(value: int | None) -> int:
    """For the ``filters`` of a field: what is left empty counts as zero."""
    return value or 0


class TextField(StringField):
    """One line of text, cleaned; None instead of nothing with ``empty_is_none``."""

    multiline = False

    def __init__(self, *args: Any, empty_is_none: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_is_none = empty_is_none

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.data = valuelist[0]  # shown again as it is when it can't be cleaned
        self.data = clean(valuelist[0], multiline=self.multiline)
        self.raw_data = [self.data]  # what validators look at: blanks alone are nothing
        if not self.data and self.empty_is_none:
            self.data = None


class LongTextField(TextField):
    """Several lines of text, cleaned."""

    widget = TextArea()
    multiline = True


class EmailField(TextField):
    widget = EmailInput()


class PhoneField(TextField):
    """A telephone number as people write it; words may stand beside its figures."""

    widget = TelInput()

    def pre_validate(self, form: Any) -> None:
        if self.data and not is_phone(self.data):
            raise ValidationError(NO_PHONE)


class MoneyField(Field):
    """An amount of the shop's currency; ``data`` is whole cents, None when empty."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        text = _stripped(self, valuelist)
        self.data = parse_cents(text) if text else None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(decimal_of(self.data))


class PercentField(Field):
    """A percentage with up to four decimals; ``data`` is parts per million, None when empty."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        if valuelist[0].strip():
            self.data = parse_percent(valuelist[0])
        else:
            self.data, self.raw_data = None, []

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else percent_text(self.data)


class WholeNumberField(IntegerField):
    """A whole number typed in ASCII digits; None when empty."""

    def __init__(self, *args: Any, least: int = 0, most: int = MAX_ID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.least, self.most = least, most

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        text = _stripped(self, valuelist)
        if not text:
            self.data, self.raw_data = None, []
            return
        if not _WHOLE_NUMBER.fullmatch(text):
            raise ValueError("Enter a whole number.")
        if not self.least <= int(text) <= self.most:
            raise ValueError(f"Enter a number from {self.least} to {self.most}.")
        self.data = int(text)


class HoursField(Field):
    """A time of work as people type it: ``1.2`` or ``1:12`` hours, ``72 min``; ``data`` is whole minutes."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        match = _HOURS.fullmatch(text.replace(",", "."))
        if match is None:
            raise ValueError("Enter hours such as 1.2 or 1:12.")
        if match["minutes"]:
            self.data = int(match["minutes"])
        elif match["whole"]:
            self.data = int(match["whole"]) * 60 + int(match["clock"])
        else:
            self.data = round_half_up(Decimal(match["hours"]) * 60)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else hours_of(self.data)


class DiscountField(Field):
    """Percent or an amount: ``10 %`` or ``15.00``; ``data`` is parts per million and cents, one of them 0."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = (0, 0)
        if text.endswith("%"):
            self.data = (parse_percent(text), 0)
        elif text:
            self.data = (0, parse_cents(text))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        ppm, cents = self.data or (0, 0)
        if ppm:
            return f"{percent_text(ppm)} %"
        return str(decimal_of(cents)) if cents else ""


class MomentField(Field):
    """A date and time on the shop's wall clock; ``data`` is an aware moment, None when empty."""

    widget = DateTimeLocalInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        text = _stripped(self, valuelist)
        if not text:
            self.data = None
            return
        if self.object_data and text == _minute(self.object_data):
            self.data = self.object_data  # left as it was shown, without the seconds
            return
        try:
            typed = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("Enter a date and a time.") from None
        if typed.tzinfo is not None:
            raise ValueError("Enter the date and the time on the shop’s clock, without an offset.")
        moment = typed.replace(tzinfo=zone())
        if not 2000 <= moment.year <= 2100:
            raise ValueError("Enter a date between 2000 and 2100.")
        self.data = moment

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else _minute(self.data)


def _minute(moment: datetime) -> str:
    """As the control takes it."""
    return local(moment).strftime("%Y-%m-%dT%H:%M")


class VersionField(Field):
    """The version that a form was filled from; goes to the command as ``version``.

    With it travels a mark of each value that the form was filled with: when somebody else saves first, the marks tell
    which fields this person has changed. ``7 complaint:5f3a2b10 odometer_in:0``.
    """

    widget = HiddenInput()
    marks: Mapping[str, str] = {}

    def process_formdata(self, valuelist: list[str]) -> None:
        text, *marks = (valuelist[0] if valuelist else "").split(" ")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ValidationError("This form is not complete. Load the page again.")
        self.data = int(text)
        self.marks = dict(mark.split(":", 1) for mark in marks if ":" in mark)

    def renew(self, version: int) -> None:
        """What the form is drawn beside is this version by now, whichever it was sent with."""
        self.data, self.raw_data = version, None

    def is_changed(self, field: Field) -> bool:
        """Whether another value was sent than the form was filled with; taken for granted where that is not known."""
        return self.marks.get(field.name) != _mark(field)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        form = self._form  # type: ignore[attr-defined]  # newer than its types
        fields = (field for field in form if not isinstance(field.widget, HiddenInput))
        return " ".join([str(self.data), *(f"{field.name}:{_mark(field)}" for field in fields)])


def sent_value(field: Any) -> str:
    """What a browser sends for the value of a field, in whichever way that was typed."""
    if isinstance(field, BooleanField):
        return "y" if field.data else ""
    if hasattr(field, "iter_choices"):
        return next((str(value) for value, _, is_chosen, _ in field.iter_choices() if is_chosen), "")
    typed, field.raw_data = field.raw_data, None
    try:
        return str(field._value())
    finally:
        field.raw_data = typed


def _mark(field: Field) -> str:
    return f"{zlib.crc32(sent_value(field).encode()):x}"


class IdField(Field):
    """The id of a thing chosen elsewhere on the page; None when nothing was chosen."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= MAX_ID):
            raise ValidationError("This choice is not known. Choose again.")
        self.data = int(text)

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)


class RecordField(SelectField):
    """One of some things, chosen by its id; ``data`` is the thing itself, None for the empty choice.

    The things are handed over after the form is made: ``form.vehicle.offer(vehicles, empty="Not known yet")``.
    """

    def __init__(self, label: str | None = None, **kwargs: Any) -> None:
        super().__init__(label, choices=[], validate_choice=False, **kwargs)
        self.things: list[Any] = []
        self.empty: str | None = None
        self.typed: str | None = None
        self.words = "label"

    def offer(self, things: Iterable[Any], *, empty: str | None = None, words: str = "label") -> None:
        """Say what can be chosen; ``empty`` are the words of the choice of nothing, None forbids it.

        ``words`` is the attribute that tells one thing from the others.
        """
        self.things, self.empty, self.words = list(things), empty, words
        self._choose()

    def process_data(self, value: Any) -> None:
        self.data = value

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.typed = valuelist[0].strip()
            self._choose()

    def _choose(self) -> None:
        if self.typed is not None:
            self.data = next((thing for thing in self.things if str(thing.id) == self.typed), None)

    def pre_validate(self, form: Any) -> None:
        if self.data is None and (self.typed or self.empty is None):
            raise ValidationError("Choose one of these.")

    def iter_choices(self) -> Iterator[Choice]:
        if self.empty is not None or self.data is None:
            yield Choice("", self.empty or "Choose…", self.data is None, {})
        for thing in self.things:
            yield Choice(str(thing.id), getattr(thing, self.words), thing is self.data, {})

    def has_groups(self) -> bool:
        return False


def _stripped(field: Field, values: list[str]) -> str:
    """What was typed, without the blanks around it. Validators look at the same, so blanks alone are nothing."""
    text = values[0].strip()
    field.raw_data = [text]
    return text
