"""Pieces of a page, such as a row of a list, are drawn once and kept for as long as they would be drawn alike.

    {% call draw_once("ticket-row", ticket, due) %}<tr>…</tr>{% endcall %}

The key holds everything that the markup between depends on, as plain values that can be hashed: what it shows, never
its id and version alone. So nothing has to be thrown away when a row changes; it is another row then. A form's key or
token is made for one answer and never stands inside. The test-suite draws every kept piece again and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from hashlib import sha256
from typing import Any

from flask import Flask
from markupsafe import Markup
from wtforms import Field
from wtforms.fields.choices import SelectFieldBase

from shop.web.form_fields import form_fields

MOST_CHARACTERS = 1_000_000


class KeptMarkup:
    """The pieces of one process, the oldest of which make room when there is too much."""

    def __init__(self) -> None:
        self._pieces: dict[Hashable, Markup] = {}
        self._characters = 0
        self.compare: Callable[[Hashable, Markup, Markup], None] | None = None  # what was kept and what is drawn now

    def __call__(self, name: str, *key: Hashable, caller: Callable[[], Markup]) -> Markup:
        full_key = (name, *key)
        piece = self._pieces.get(full_key)
        if piece is None:
            piece = self._pieces[full_key] = caller()
            self._characters += len(piece)
            while self._characters > MOST_CHARACTERS and self._pieces:
                self._characters -= len(self._pieces.pop(next(iter(self._pieces)), ""))
        elif self.compare:
            self.compare(full_key, piece, caller())
        return piece


def state_of(field: Field) -> Hashable | None:
    """All that the markup of a field depends on; None where that is drawn as it is, such as what was just typed."""
    select = field if isinstance(field, SelectFieldBase) else None
    if field.raw_data or field.errors or (select and select.has_groups()):
        return None
    # Of a long roster the digest alone: there are as many of these as jobs.
    choices = sha256(repr([tuple(each) for each in select.iter_choices()]).encode()).digest() if select else b""
    return (
        type(field),
        field.widget,
        field.name,
        field.id,
        field.label.text,
        field._value() if hasattr(field, "_value") else "",
        bool(field.data),
        choices,
        str(vars(field.flags)),
        str(field.render_kw),
    )


def draw_each(macro: Callable[..., Markup], rows: Iterable[Any], *rest: Any) -> Markup:
    """Draw the rows of a list by an atom, without the share of the template engine in each of them."""
    return Markup("\n".join([macro(row, *rest) for row in rows]))  # noqa: S704 - a macro has escaped it  # nosec B704


#: No text of the shop's holds this sign (see ``common.text.clean``).
_PLACE = Markup("\0")


def form_place() -> Markup:
    """Where the token and key of a form come, in a piece that is kept."""
    return _PLACE


def install_kept_markup(app: Flask) -> None:
    pieces = KeptMarkup()
    app.extensions["shop_kept_markup"] = pieces

    def draw_field(field: Field, *rest: Hashable, caller: Callable[[], Markup]) -> Markup:
        state = state_of(field)
        return caller() if state is None else pieces("field", state, *rest, caller=caller)

    app.jinja_env.globals.update(draw_once=pieces, draw_field=draw_field, draw_each=draw_each, form_place=form_place)

    @app.template_filter()
    def with_keys(markup: Markup) -> Markup:
        """Give every form of kept pieces its token and its own key."""
        first, *rest = str(markup).split(_PLACE)
        keyed = (f"{form_fields()}{piece}" for piece in rest)
        return Markup("".join([first, *keyed]))  # noqa: S704 - escaped before  # nosec B704
