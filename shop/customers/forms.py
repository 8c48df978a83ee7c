"""Forms of customers and vehicles."""

from __future__ import annotations

from wtforms import HiddenField
from wtforms.validators import DataRequired, Email, Optional

from shop.customers.models import (
    MAX_EMAIL,
    MAX_MAKE,
    MAX_NAME,
    MAX_NOTES,
    MAX_ODOMETER,
    MAX_PHONE,
    MAX_PLATE,
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
from shop.web.forms import FilterForm, ShopForm

MAX_REASON = 200
MAX_Q = 100
MAX_VIN_TYPED = 25  # people put blanks and dashes into it


class CustomerForm(ShopForm):
    name = TextField(
        "Name", id="customer-name", validators=[DataRequired("Enter the customer’s name."), at_most(MAX_NAME)]
    )
    phone = PhoneField("Telephone", id="customer-phone", empty_is_none=True, validators=[at_most(MAX_PHONE)])
    email = EmailField(
        "E-mail",
        id="customer-email",
        empty_is_none=True,
        validators=[Optional(), Email("Enter an address such as joy@example.com."), at_most(MAX_EMAIL)],
    )
    notes = LongTextField("Notes", id="customer-notes", default="", validators=[at_most(MAX_NOTES)])


class EditCustomerForm(CustomerForm):
    version = VersionField()


class ProfileForm(ShopForm):
    """What customers may change about themselves."""

    name = TextField("Name", validators=[DataRequired("Enter your name."), at_most(MAX_NAME)])
    phone = PhoneField("Telephone", empty_is_none=True, validators=[at_most(MAX_PHONE)])
    version = VersionField()


class VehicleForm(ShopForm):
    plate = TextField("Number plate", id="vehicle-plate", empty_is_none=True, validators=[at_most(MAX_PLATE)])
    make = TextField("Make", id="vehicle-make", default="", validators=[at_most(MAX_MAKE)])
    model = TextField("Model", id="vehicle-model", default="", validators=[at_most(MAX_MAKE)])
    year = WholeNumberField("Year", id="vehicle-year", least=MIN_YEAR, most=MAX_YEAR)
    vin = TextField("VIN", id="vehicle-vin", empty_is_none=True, validators=[at_most(MAX_VIN_TYPED)])
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


class CustomerFilterForm(FilterForm):
    """How the list of customers is narrowed and sorted; what can't be read is left out."""

    q = TextField("Search", default="", validators=[at_most(MAX_Q)])
    show = HiddenField(default="current")  # or "archived"
    sort = HiddenField(default=Sort.NAME.value)

    @property
    def chosen(self) -> CustomerFilter:
        sorts = {sort.value: sort for sort in Sort}
        return CustomerFilter(
            q="" if self.q.errors else self.q.data or "",
            is_archived=self.show.data == "archived",
            sort=sorts.get(self.sort.data or "", Sort.NAME),
        )


class FindForm(FilterForm):
    """A customer is looked for."""

    q = TextField("Search", default="", validators=[at_most(MAX_Q)])

    @property
    def text(self) -> str:
        return "" if self.q.errors else self.q.data or ""
