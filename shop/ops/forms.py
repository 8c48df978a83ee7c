"""The form that the patterns page draws; nothing is ever done with it."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import InputRequired

from shop.web.fields import LongTextField, TextField, WholeNumberField, at_most
from shop.web.forms import ShopForm


class PatternForm(ShopForm):
    """One field of each kind."""

    name = TextField("Part", validators=[InputRequired("Enter the name of the part."), at_most(120)])
    quantity = WholeNumberField("Quantity", least=1, most=1000)
    shelf = SelectField("Shelf", choices=[SelectChoice("A1", "A1 · Fluids"), SelectChoice("B2", "B2 · Brakes")])
    supply = RadioField(
        "Where it comes from",
        choices=[SelectChoice("shelf", "From the shelf"), SelectChoice("order", "To be ordered")],
        validators=[InputRequired("Say where it comes from.")],
    )
    charge = BooleanField("Charge it to the customer")
    note = LongTextField("Note", validators=[at_most(40)])

    @classmethod
    def filled(cls) -> Any:
        return cls(
            formdata=None,
            data={"name": "Brake disc front, 280 mm", "quantity": 2, "shelf": "B2", "supply": "shelf", "charge": True},
        )

    @classmethod
    def refused(cls) -> Any:
        """As it comes back when nearly everything in it is wrong."""
        typed = {"name": "", "quantity": "two", "shelf": "B2", "note": "Both sides, and have a look at the calipers."}
        form = cls(formdata=MultiDict(typed), meta={"csrf": False})
        form.validate()
        return form
