"""What the audit trail can be narrowed by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

from wtforms import Field, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.widgets import DateInput, HiddenInput

from shop.common.base import MAX_ID
from shop.trail.selection import NOBODY, Group, TrailFilter
from shop.web.forms import FilterForm

_ABOUT = re.compile(r"([a-z_]{1,20})-([1-9][0-9]{0,9})", re.ASCII)


class DayField(Field):
    """A day; ``data`` is a date, None when empty. A date box shows nothing else, so what is none is not shown again."""

    widget = DateInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError("Enter a date.") from None
        if not 2000 <= day.year <= 2100:
            raise ValueError("Enter a date between 2000 and 2100.")
        self.data = day

    def _value(self) -> str:
        return str(self.data or "")


class AboutField(Field):
    """A kind of thing and its id, ``ticket-17``; None for anything else."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        match = _ABOUT.fullmatch(valuelist[0]) if valuelist else None
        self.data = (match[1], int(match[2])) if match and int(match[2]) <= MAX_ID else None

    def _value(self) -> str:
        return "{}-{}".format(*self.data) if self.data else ""


class TrailFilterForm(FilterForm):
    """What can't be read is said at its field and left alone."""

    who = SelectField("Who", default="")
    kind = SelectField(
        "What",
        choices=[SelectChoice("", "Everything"), *(SelectChoice(each.value, each.title) for each in Group)],
        default="",
    )
    since = DayField("From")
    until = DayField("To")
    about = AboutField()

    def offer(self, *, people: Iterable[tuple[int, str]] = (), **_: Any) -> None:
        named = [SelectChoice(str(account_id), name) for account_id, name in people]
        self.who.choices = [SelectChoice("", "Everybody"), *named, SelectChoice(str(NOBODY), "Nobody signed in")]

    @cached_property
    def chosen(self) -> TrailFilter:
        who, kind = self._read("who"), self._read("kind")
        return TrailFilter(
            who=int(who) if who else None,
            group=Group(kind) if kind else None,
            about=self._read("about"),
            first_day=self._read("since"),
            last_day=self._read("until"),
        )

    def _read(self, name: str) -> Any:
        return None if self[name].errors else self[name].data
