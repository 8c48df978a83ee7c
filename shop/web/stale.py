"""Somebody else saved first: of each field that differs, what was typed and what is there now, to choose from.

The page sends what was typed under the field's own name, so that it outlives yet another save; and beside it what was
there (``theirs-complaint``) and which of the two is to be kept (``keep-complaint``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import MultiDict
from wtforms import Field

from shop.web.fields import sent_value

if TYPE_CHECKING:
    from shop.web.forms import ShopForm

KEEP, THEIRS = "keep-", "theirs-"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that holds something else by now; ``keeps_mine`` is what is chosen beforehand."""

    mine: Field
    theirs: Field
    is_mine_changed: bool
    keeps_mine: bool


def as_chosen(sent: Any) -> Any:
    """What a form sends, with what was there in the place of what was typed wherever that was chosen."""
    chosen = [name.removeprefix(KEEP) for name in sent or () if name.startswith(KEEP) and sent[name] == "theirs"]
    if not chosen:
        return sent
    merged = MultiDict(sent)
    for name in chosen:
        merged.setlist(name, sent.getlist(THEIRS + name))
    return merged


def compare(form: ShopForm, now: ShopForm, sent: MultiDict[str, str]) -> list[Difference]:
    """The fields of a form that differ from what is stored; each of ``form`` is put back to what was typed.

    What somebody chose on this page before stays chosen. Else theirs is, where only they have changed the field.
    """
    differences = []
    for mine in form.shown_fields:
        theirs, choice = now[mine.name], sent.get(KEEP + mine.name)
        if choice == "theirs":
            mine.process(sent, mine.object_data)
        if sent_value(mine) != sent_value(theirs):
            is_changed = form["version"].is_changed(mine)
            differences.append(Difference(mine, theirs, is_changed, choice == "mine" if choice else is_changed))
    return differences
