"""Forms of parts and of what happens on the shelf."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField
from wtforms.validators import DataRequired, InputRequired, ValidationError

from shop.inventory.models import MAX_LOCATION, MAX_NAME, MAX_QUANTITY, MAX_REASON, MAX_SKU
from shop.inventory.queries import PartFilter, Sort
from shop.web.fields import MoneyField, TextField, VersionField, WholeNumberField, at_most, zero_for_nothing
from shop.web.forms import FilterForm, ShopForm


def _not_negative(form: ShopForm, field: MoneyField) -> None:
    if field.data is not None and field.data < 0:
        raise ValidationError("Enter an amount of zero or more.")


class PartForm(ShopForm):
    name = TextField("Name", validators=[DataRequired("Enter a name."), at_most(MAX_NAME)])
    sku = TextField("SKU", empty_is_none=True, validators=[at_most(MAX_SKU)])
    location = TextField("Location", default="", validators=[at_most(MAX_LOCATION)])
    price_cents = MoneyField("Price", validators=[InputRequired("Enter a price."), _not_negative])
    cost_cents = MoneyField("Cost", filters=[zero_for_nothing], validators=[_not_negative])
    minimum = WholeNumberField("Minimum", most=MAX_QUANTITY, filters=[zero_for_nothing])
    version = VersionField()


class QuickAddForm(ShopForm):
    """The few things that are known when a box of new parts is unpacked."""

    name = TextField("Name", validators=[DataRequired("Enter a name."), at_most(MAX_NAME)])
    sku = TextField("SKU", empty_is_none=True, validators=[at_most(MAX_SKU)])
    location = TextField("Location", default="", validators=[at_most(MAX_LOCATION)])
    price_cents = MoneyField("Price", validators=[InputRequired("Enter a price."), _not_negative])
    cost_cents = MoneyField("Cost", filters=[zero_for_nothing], validators=[_not_negative])
    on_hand = WholeNumberField("On hand", most=MAX_QUANTITY, filters=[zero_for_nothing])
    minimum = WholeNumberField("Minimum", most=MAX_QUANTITY, filters=[zero_for_nothing])


class ReceiveForm(ShopForm):
    quantity = WholeNumberField("How many", least=1, most=MAX_QUANTITY, validators=[InputRequired("Enter how many.")])
    reason = TextField("Note", default="", validators=[at_most(MAX_REASON)])


class CountForm(ShopForm):
    quantity = WholeNumberField("Counted", most=MAX_QUANTITY, validators=[InputRequired("Enter what you counted.")])
    reason = TextField("Note", default="", validators=[at_most(MAX_REASON)])


class ScrapForm(ShopForm):
    quantity = WholeNumberField("How many", least=1, most=MAX_QUANTITY, validators=[InputRequired("Enter how many.")])
    reason = TextField("Why", default="", validators=[at_most(MAX_REASON)])


class PartFilterForm(FilterForm):
    q = TextField("Search", default="", validators=[at_most(MAX_NAME)])
    low = BooleanField("Only low")
    location = TextField("Location", default="", validators=[at_most(MAX_LOCATION)])
    sort = HiddenField(default=Sort.NAME.value)

    @property
    def chosen(self) -> PartFilter:
        """What was asked for; what can't be read is left out."""
        sorts = {sort.value: sort for sort in Sort}
        return PartFilter(
            q="" if self.q.errors else self.q.data or "",
            is_low=self.low.data,
            location="" if self.location.errors else self.location.data or "",
            sort=sorts.get(self.sort.data or "", Sort.NAME),
        )
