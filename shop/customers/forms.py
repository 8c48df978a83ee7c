"""Forms of customers and vehicles."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField
from wtforms.validators import DataRequired, Email, Optional

from shop.customers.models import (
    MAX_EMAIL,
    MAX_MAKE,
    MAX_NAME,
    MAX_NOTES,
    MAX_ODOMETER,
    MAX_PHONE,
    MAX_YEAR,
    MIN_YEAR,
)
from shop.customers.queries import CustomerFilter, Sort
from shop.customers.vin import VinFacts, read_vin
from shop.web.fields import (
    EmailField,
    IdField,
    LongTextField,
    PhoneField,
    TextField,
    VersionField,
    WholeNumberField,
    at_most,
)
from shop.web.forms import SearchForm, ShopForm

MAX_REASON = 200
MAX_TYPED = 40  # of a plate or a VIN: people put blanks and dashes into them, and what is too long is told, not cut


def phone_field(**options: Any) -> PhoneField:
    return PhoneField("Telephone", empty_is_none=True, validators=[at_most(MAX_PHONE)], **options)


def email_field(**options: Any) -> EmailField:
    is_address = Email("Enter an address such as joy@example.com.")
    return EmailField("E-mail", empty_is_none=True, validators=[Optional(), is_address, at_most(MAX_EMAIL)], **options)


def plate_field(**options: Any) -> TextField:
    return TextField("Number plate", empty_is_none=True, validators=[at_most(MAX_TYPED)], **options)


def make_field(**options: Any) -> TextField:
    return TextField("Make", default="", validators=[at_most(MAX_MAKE)], **options)


def model_field(**options: Any) -> TextField:
    return TextField("Model", default="", validators=[at_most(MAX_MAKE)], **options)


def year_field(**options: Any) -> WholeNumberField:
    return WholeNumberField("Year", least=MIN_YEAR, most=MAX_YEAR, **options)


def vin_field(**options: Any) -> TextField:
    return TextField("VIN", empty_is_none=True, validators=[at_most(MAX_TYPED)], **options)


class CustomerForm(ShopForm):
    name = TextField(
        "Name", id="customer-name", validators=[DataRequired("Enter the customer’s name."), at_most(MAX_NAME)]
    )
    phone = phone_field(id="customer-phone")
    email = email_field(id="customer-email")
    notes = LongTextField("Notes", id="customer-notes", default="", validators=[at_most(MAX_NOTES)])


class EditCustomerForm(CustomerForm):
    version = VersionField()


class ProfileForm(ShopForm):
    """What customers may change about themselves."""

    name = TextField("Name", validators=[DataRequired("Enter your name."), at_most(MAX_NAME)])
    phone = phone_field()
    version = VersionField()


class VehicleForm(ShopForm):
    plate = plate_field(id="vehicle-plate")
    make = make_field(id="vehicle-make")
    model = model_field(id="vehicle-model")
    year = year_field(id="vehicle-year")
    vin = vin_field(id="vehicle-vin")
    odometer = WholeNumberField("Odometer", id="vehicle-odometer", most=MAX_ODOMETER)

    @property
    def vin_facts(self) -> VinFacts | None:
        return read_vin(self.vin.data or "")


class EditVehicleForm(VehicleForm):
    odometer_reason = TextField(
        "Why it is lower now", id="vehicle-odometer-reason", default="", validators=[at_most(MAX_REASON)]
    )
    version = VersionField()

    @property
    def asks_for_reason(self) -> bool:
        return bool(self.odometer_reason.data or self.odometer_reason.errors)


class OwnerForm(ShopForm):
    """Which customer a vehicle goes to."""

    customer_id = IdField()
    version = VersionField()


class CustomerFilterForm(SearchForm):
    """How the list of customers is narrowed and sorted; what can't be read is left out."""

    show = HiddenField(default="current")  # or "archived"
    sort = HiddenField(default=Sort.NAME.value)

    @property
    def chosen(self) -> CustomerFilter:
        sorts = {sort.value: sort for sort in Sort}
        return CustomerFilter(
            q=self.text,
            is_archived=self.show.data == "archived",
            sort=sorts.get(self.sort.data or "", Sort.NAME),
        )
