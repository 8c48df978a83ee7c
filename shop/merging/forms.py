"""The form by which two customers are made one."""

from __future__ import annotations

from typing import Any, Self

from wtforms import StringField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from shop.customers.models import Customer
from shop.merging.queries import best_kept, state_of
from shop.web.fields import RecordField
from shop.web.forms import ButtonForm


class MergeForm(ButtonForm):
    """Which of the two is kept; ``seen`` is how both were when they were looked at."""

    keep = RecordField("Which one is kept?")
    seen = StringField(widget=HiddenInput(), validators=[InputRequired("Look at both once more.")])

    both: tuple[Customer, Customer]

    def offering(self, one: Customer, other: Customer) -> Self:
        self.both = (one, other)
        self.keep.offer(self.both, words="name")
        return self

    def showing_now(self) -> Self:
        """As it is drawn: beside both as they are now."""
        self.keep.data = self.keep.data or best_kept(*self.both)
        self.seen.data = state_of(*self.both)
        return self

    @property
    def values(self) -> dict[str, Any]:
        (other,) = (customer for customer in self.both if customer is not self.keep.data)
        return {"kept": self.keep.data, "other": other, "seen": self.seen.data}
