"""The search box."""

from __future__ import annotations

from shop.web.fields import TextField, at_most
from shop.web.forms import FilterForm

MAX_Q = 100


class SearchForm(FilterForm):
    q = TextField("Search", default="", validators=[at_most(MAX_Q)])

    @property
    def text(self) -> str:
        """What was typed; nothing when it can't be read."""
        return "" if self.q.errors else self.q.data or ""
