"""The owner's forms about prices, taxes and what the shop insists on."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField
from wtforms.validators import InputRequired

from shop.settings.commands import objections
from shop.settings.models import MAX_HOURS, MAX_LINK_DAYS
from shop.web.fields import MoneyField, PercentField, VersionField, WholeNumberField, zero_for_nothing
from shop.web.forms import ShopForm


class LimitedForm(ShopForm):
    def validate(self, extra_validators: Any = None) -> bool:
        """What can't be read and what is out of its limits, told in one go."""
        is_read = super().validate(extra_validators)
        broken = objections(self.values)
        for each in broken:
            self.blame(each)
        return is_read and not broken


class RatesForm(LimitedForm):
    labour_cents = MoneyField("Labour per hour", validators=[InputRequired("Enter what an hour of labour costs.")])
    labour_tax_ppm = PercentField("Tax on labour, %", filters=[zero_for_nothing])
    part_tax_ppm = PercentField("Tax on parts, %", filters=[zero_for_nothing])
    fee_tax_ppm = PercentField("Tax on fees, %", filters=[zero_for_nothing])
    sublet_tax_ppm = PercentField("Tax on sublet work, %", filters=[zero_for_nothing])
    includes_tax = BooleanField("Prices include tax")
    supplies_ppm = PercentField("Shop supplies, %", filters=[zero_for_nothing])
    supplies_on_labour = BooleanField("Shop supplies on labour")
    supplies_on_parts = BooleanField("Shop supplies on parts")
    supplies_cap_cents = MoneyField("Shop supplies at most")
    version = VersionField()


class RulesForm(LimitedForm):
    tolerance_cents = MoneyField("Over what was approved, at most", filters=[zero_for_nothing])
    needs_odometer_in = BooleanField("Odometer before work starts")
    needs_mechanic = BooleanField("A mechanic before work starts")
    needs_correction = BooleanField("What was done, before a job is finished")
    needs_odometer_out = BooleanField("Odometer before the invoice")
    untouched_hours = WholeNumberField(
        "Nobody touched it for, in hours", least=1, most=MAX_HOURS, validators=[InputRequired("Enter how many hours.")]
    )
    link_days = WholeNumberField(
        "A customer’s link works for, in days",
        least=1,
        most=MAX_LINK_DAYS,
        validators=[InputRequired("Enter how many days.")],
    )
    version = VersionField()
