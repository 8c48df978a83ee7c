"""Forms read input: types, lengths, required or not. What the shop allows is said by the commands."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import lru_cache
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.widgets import HiddenInput

from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.common.transaction import read_only
from shop.web.fields import TextField, at_most
from shop.web.stale import as_chosen

MAX_Q = 100

Said = tuple[tuple[str, Any], ...]


class ShopForm(FlaskForm):
    """A form that cleans what was typed, and whose values become a command's arguments by name."""

    result: Any = None
    is_stale: bool = False
    refusal: Conflict | None = None  # what stands in the way of the whole, for a form that takes it
    form_errors: list[str]

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            return as_chosen(super().wrap_formdata(form, formdata))

    @classmethod
    def blank(cls, **values: Any) -> Any:
        """A form that ignores what was posted: for drawing, beside another form that was."""
        return cls(formdata=None, data=values)

    @classmethod
    def showing(cls, thing: Any, **values: Any) -> Any:
        """A form filled with what is stored."""
        return cls(formdata=None, obj=thing, data=values)

    def attempt(self, command: Callable[..., Any], *args: Any, **extra: Any) -> bool:
        """Validate, do ``command(*args, **values, **extra)`` and keep what it returned in ``result``.

        False when the input can't be read, a rule is broken (the sentence is then at its field) or somebody else
        saved first (``is_stale``). Nothing has been changed then.
        """
        if not self.validate_on_submit():
            read_only()
            return False
        try:
            self.result = command(*args, **{**self.values, **extra})
        except RuleBroken as broken:
            for each in (broken, *broken.others):
                self.blame(each)
            return False
        except StaleEdit:
            self.is_stale = True
            return False
        return True

    def blame(self, broken: RuleBroken) -> None:
        """Put a broken rule's sentence at its field, or over the whole form."""
        field = self._fields.get(broken.field or "")
        if field is None or isinstance(field.widget, HiddenInput):
            self.form_errors.append(broken.message)
        else:
            field.errors = [*field.errors, broken.message]

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.data.items() if name != "csrf_token"}

    @property
    def shown_fields(self) -> Iterator[Field]:
        return (field for field in self if not isinstance(field.widget, HiddenInput))

    @property
    def is_refused(self) -> bool:
        """Whether it was sent and not done, so that what was typed is to be seen."""
        return bool(self.errors or self.refusal)

    @property
    def refused_status(self) -> int:
        return 409 if self.refusal or self.is_stale else 422


class ButtonForm(ShopForm):
    """A button alone: nothing is typed, so whatever speaks against it is one ``refusal``."""

    def attempt(self, command: Callable[..., Any], *args: Any, **extra: Any) -> bool:
        try:
            is_done = super().attempt(command, *args, **extra)
        except Conflict as conflict:
            self.refusal = conflict
            return False
        if self.form_errors:
            self.refusal = Conflict(" ".join(self.form_errors))
        return is_done


class FilterForm(ShopForm):
    """A form that is sent by GET and narrows a list: no token, unknown keys are left alone.

    ``said`` is all that it depends on. A form is made once for it and kept, because making one takes longer than
    reading the list; so nobody may change one.
    """

    said: tuple[Any, ...] = ()

    class Meta(ShopForm.Meta):
        csrf = False

    @classmethod
    def read(cls, query: MultiDict[str, str], **choices: Hashable) -> Any:
        """The form as a query string fills it; ``choices`` are handed on to ``offer``."""
        known = tuple((name, value) for name, value in query.items(multi=True) if hasattr(cls, name))
        make: Callable[..., FilterForm] = cls
        return _filled(make, known, tuple(choices.items()))

    def offer(self, **choices: Any) -> None:
        """Give the fields what can be chosen among."""


class SearchForm(FilterForm):
    """A box to type into what is looked for."""

    q = TextField("Search", default="", validators=[at_most(MAX_Q)])

    @property
    def text(self) -> str:
        """What was typed; nothing when it can't be read."""
        return "" if self.q.errors else self.q.data or ""


@lru_cache(200)
def _filled(kind: Callable[..., FilterForm], query: Said, choices: Said) -> Any:
    form = kind(formdata=MultiDict(query))
    form.said = query, choices
    form.offer(**dict(choices))
    form.validate()
    return form
