"""Forms of tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, cast

from wtforms import Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import HiddenInput

from shop.common.errors import Conflict, RuleBroken
from shop.customers.commands import VehicleValues, email_objections, vehicle_objections
from shop.customers.forms import (
    email_field,
    make_field,
    model_field,
    phone_field,
    plate_field,
    vin_field,
    year_field,
)
from shop.customers.models import MAX_NAME, MAX_ODOMETER, Customer, Vehicle
from shop.customers.queries import newest_vehicles_of, vehicle_of, vehicles_of
from shop.inventory.models import MAX_QUANTITY
from shop.mechanics.models import Mechanic
from shop.mechanics.queries import MechanicRow
from shop.tickets.commands import check_promise, objections
from shop.tickets.lifecycle import Status
from shop.tickets.models import MAX_COMPLAINT, MAX_REASON, Supply, Ticket
from shop.tickets.selection import Due, Scope, Sort, TicketFilter
from shop.web.fields import (
    IdField,
    LongTextField,
    MomentField,
    RecordField,
    TextField,
    VersionField,
    WholeNumberField,
    at_most,
)
from shop.web.forms import MAX_Q, FilterForm, ShopForm

MOST_VEHICLES = 25


class TicketForm(ShopForm):
    """A form about a ticket that others change as well: what came in between is told on the page itself."""

    def attempt(self, command: Callable[..., Any], *args: Any, **extra: Any) -> bool:
        try:
            return super().attempt(command, *args, **extra)
        except Conflict as conflict:
            self.refusal = conflict
            return False

    @property
    def first_error(self) -> str:
        """What speaks against it beside the messages at the fields that are seen."""
        hidden = [error for field in self if isinstance(field.widget, HiddenInput) for error in field.errors]
        standing = [self.refusal.message] if self.refusal else []
        return next(iter([*standing, *self.form_errors, *hidden]), "")


class StatusField(Field):
    """A status, named by its value; None when nothing was sent."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0] if valuelist else ""
        self.data = None
        if text:
            try:
                self.data = Status(text)
            except ValueError:
                raise ValueError("This status is not known. Load the page again.") from None

    def _value(self) -> str:
        return self.data.value if self.data else ""


class MoveForm(TicketForm):
    """One step of a ticket; ``seen`` and ``total`` are the status and the sum in cents that the page showed."""

    to = StatusField(validators=[InputRequired("Choose what comes next.")])
    seen = StatusField()
    total = WholeNumberField(most=2**53, widget=HiddenInput())
    reason = TextField("Why is it cancelled?", default="", validators=[Length(max=MAX_REASON)])


def odometer_reason_field() -> Any:
    return TextField("Why is the odometer lower?", default="", validators=[Length(max=MAX_REASON)])


class DetailsForm(TicketForm):
    """What the customer came for, until when, and with which vehicle: of a fleet one of the newest, or any by name."""

    customer: Customer
    fleet: int = 0  # how many vehicles the customer has, where not all of them are offered

    complaint = LongTextField(
        "Complaint", validators=[InputRequired("Write down what the customer came for."), Length(max=MAX_COMPLAINT)]
    )
    promised_at = MomentField("Promised for")
    vehicle = RecordField("Vehicle")
    other_vehicle = TextField("Plate or VIN of another", default="", validators=[Length(max=MAX_Q)])
    odometer_in = WholeNumberField("Odometer on arrival", most=MAX_ODOMETER)
    odometer_out = WholeNumberField("Odometer at the end", most=MAX_ODOMETER)
    odometer_reason = odometer_reason_field()
    version = VersionField()

    @classmethod
    def of(cls, ticket: Ticket, **options: Any) -> DetailsForm:
        """Filled with what is stored, unless it was posted; ``formdata=None`` ignores what was posted."""
        form = cls(obj=ticket, **options)
        form.customer = ticket.customer
        vehicles = newest_vehicles_of(ticket.customer, most=MOST_VEHICLES)
        if len(vehicles) == MOST_VEHICLES:
            total = vehicles_of(ticket.customer, is_archived=False, size=1).total or 0
            form.fleet = total if total > MOST_VEHICLES else 0
        if ticket.vehicle and ticket.vehicle not in vehicles:  # an older one, archived, or of another owner by now
            vehicles.append(ticket.vehicle)
        form.vehicle.offer(vehicles, empty="No vehicle yet", words="label_with_plate")
        return form

    def validate_other_vehicle(self, field: Field) -> None:
        """What is typed goes before what is chosen."""
        if not field.data:
            return
        self.vehicle.data = vehicle_of(self.customer, field.data)
        if self.vehicle.data is None:
            raise ValidationError(f"{self.customer.name} has no vehicle with this number plate or VIN.")

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values.items() if name != "other_vehicle"}


class MechanicForm(TicketForm):
    """Whom to put on the ticket."""

    mechanic = RecordField("Mechanic")

    @classmethod
    def among(cls, mechanics: Iterable[Mechanic | MechanicRow], **options: Any) -> MechanicForm:
        form = cls(**options)
        form.mechanic.offer(mechanics, words="name")
        return form

    @property
    def values(self) -> dict[str, Any]:
        return {"add": [self.mechanic.data]}


class PartForm(TicketForm):
    """How many of a part to take from the shelf, or to list as needed; ``q`` is what was searched for."""

    part_id = IdField()
    quantity = WholeNumberField(
        "Quantity", default=1, least=1, most=MAX_QUANTITY, validators=[InputRequired("Enter how many.")]
    )
    supply = SelectField(
        choices=[SelectChoice(each.value) for each in Supply], default=Supply.RESERVED.value, widget=HiddenInput()
    )
    q = TextField(default="", widget=HiddenInput(), validators=[Length(max=MAX_Q)])

    @property
    def searched(self) -> str:
        """What was searched for; nothing when it can't be read."""
        return "" if self.q.errors else self.q.data or ""

    @property
    def is_wanted(self) -> bool:
        return bool(self.supply.data == Supply.WANTED.value)

    @property
    def values(self) -> dict[str, Any]:
        return {"quantity": self.quantity.data}


class PartOfTicketForm(PartForm):
    """A part for one of the ticket's jobs; for the most likely one where none was chosen."""

    job_id = IdField()


class WhoseForm(TicketForm):
    """The customer and the vehicle of a ticket, found or written down.

    ``whose`` is the id of a customer, or of a customer and one of their vehicles as ``12-34``.
    """

    q = TextField("Customer or vehicle", default="", validators=[Length(max=MAX_Q)])
    whose = StringField(default="", validators=[Length(max=21)])

    name = TextField("Name", default="", validators=[at_most(MAX_NAME)])
    phone = phone_field()
    email = email_field()

    plate = plate_field()
    make = make_field()
    model = model_field()
    year = year_field()
    vin = vin_field()

    _CUSTOMER = ("name", "phone", "email")
    _VEHICLE = ("plate", "make", "model", "year", "vin")

    customer: Customer | None = None
    vehicle: Vehicle | None = None
    is_gone = False  # what was chosen has been archived meanwhile, or belongs to somebody else

    def choose(self, customer: Customer | None, vehicle: Vehicle | None) -> None:
        """Take what ``whose`` stands for by now."""
        self.customer, self.vehicle = customer, vehicle
        whose = self.whose.data or ""
        self.is_gone = bool(whose) and (customer is None or ("-" in whose and vehicle is None))

    @property
    def values(self) -> dict[str, Any]:
        return {
            "customer": self.customer,
            "new_customer": self._typed(self._CUSTOMER),
            "vehicle": self.vehicle,
            "new_vehicle": self._typed(self._VEHICLE),
        }

    def validate(self, extra_validators: Any = None) -> bool:
        """What can't be read and what the shop asks for, told in one go."""
        is_read = super().validate(extra_validators)
        unread = set(self.errors)
        new_customer, new_vehicle = self._typed(self._CUSTOMER), self._typed(self._VEHICLE)
        broken = objections(self.customer, new_customer, self.vehicle, new_vehicle)
        if self.is_gone:
            broken.insert(0, RuleBroken("What you chose is no longer on the list. Choose again.", field="q"))
        broken += email_objections(self.email.data)
        if new_vehicle:
            broken += vehicle_objections(cast("VehicleValues", new_vehicle))
        for each in broken:
            if each.field not in unread:
                self.blame(each)
        return is_read and not broken

    @property
    def has_new_customer(self) -> bool:
        return self._shows(self._CUSTOMER)

    @property
    def has_new_vehicle(self) -> bool:
        return self._shows(self._VEHICLE)

    def _typed(self, names: tuple[str, ...]) -> dict[str, Any] | None:
        """The values of a group of fields; None when all of them were left empty."""
        values = {name: self[name].data for name in names}
        return values if any(value not in (None, "") for value in values.values()) else None

    def _shows(self, names: tuple[str, ...]) -> bool:
        return any(self[name].data or self[name].errors for name in names)


class HandOverForm(WhoseForm):
    """A ticket that is another customer's, or another car's."""

    odometer_reason = odometer_reason_field()
    version = VersionField()

    @property
    def values(self) -> dict[str, Any]:
        return {
            **super().values,
            "odometer_reason": self.odometer_reason.data or "",
            "version": self.version.data,
        }


class OpenForm(WhoseForm):
    """A new ticket."""

    complaint = LongTextField(
        "What is wrong?",
        validators=[InputRequired("Write down what the customer came for."), Length(max=MAX_COMPLAINT)],
    )
    promised_at = MomentField("Promised for")
    mechanic = RecordField("Mechanic")

    @property
    def values(self) -> dict[str, Any]:
        return {
            **super().values,
            "complaint": self.complaint.data,
            "promised_at": self.promised_at.data,
            "mechanics": [self.mechanic.data] if self.mechanic.data else [],
        }

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = super().validate(extra_validators)
        try:
            check_promise(self.promised_at.data)
        except RuleBroken as over:
            self.blame(over)
            return False
        return is_valid


class BoardFilterForm(FilterForm):
    """Whose cards the board shows."""

    mechanic = SelectField("Mechanic", default="")

    def offer(self, *, mechanics: Iterable[MechanicRow] = (), **_: Any) -> None:
        self.mechanic.choices = _mechanic_choices(mechanics)

    @property
    def mechanic_id(self) -> int | None:
        return int(self.mechanic.data) if self.mechanic.data and not self.mechanic.errors else None


class TicketFilterForm(FilterForm):
    """What the list can be narrowed by. What can't be read is said at its field and left alone."""

    q = TextField("Search", default="", validators=[Length(max=MAX_Q)])
    status = SelectField("Status", default="open")
    mechanic = SelectField("Mechanic", default="")
    due = SelectField(
        "Promised",
        choices=[
            SelectChoice("", "Any time"),
            SelectChoice(Due.TODAY.value, "Today"),
            SelectChoice(Due.LATE.value, "Late"),
        ],
        default="",
    )
    customer = IdField()
    vehicle = IdField()
    sort = SelectField(
        "Order",
        choices=[
            SelectChoice(Sort.NEWEST.value, "Newest first"),
            SelectChoice(Sort.OLDEST.value, "Oldest first"),
            SelectChoice(Sort.PROMISED_FIRST.value, "Promised first"),
            SelectChoice(Sort.PROMISED_LAST.value, "Promised last"),
            SelectChoice(Sort.EARLY_STATUS.value, "Status"),
            SelectChoice(Sort.LATE_STATUS.value, "Status, last first"),
        ],
        default=Sort.NEWEST.value,
    )

    def offer(self, *, mechanics: Iterable[MechanicRow] = (), **_: Any) -> None:
        self.status.choices = [*_SCOPES, *(SelectChoice(each.value, each.title) for each in Status)]
        self.mechanic.choices = _mechanic_choices(mechanics)

    @cached_property
    def wanted(self) -> TicketFilter:
        status = self._read("status") or "open"
        mechanic = self._read("mechanic")
        due = self._read("due")
        return TicketFilter(
            q=self._read("q") or "",
            status=Status(status) if status in _STATUSES else None,
            scope=Scope(status) if status in _SCOPE_VALUES else Scope.ALL,
            is_waiting=status == "waiting",
            mechanic_id=int(mechanic) if mechanic else None,
            customer_id=self._read("customer"),
            vehicle_id=self._read("vehicle"),
            due=Due(due) if due else None,
            sort=Sort(self._read("sort") or Sort.NEWEST.value),
        )

    def _read(self, name: str) -> Any:
        return None if self[name].errors else self[name].data


_SCOPES = (
    SelectChoice(Scope.OPEN.value, "Open"),
    SelectChoice("waiting", "Waiting for parts"),
    SelectChoice(Scope.CLOSED.value, "Closed"),
    SelectChoice(Scope.ALL.value, "All"),
    SelectChoice(Scope.ARCHIVED.value, "Archived"),
)
_SCOPE_VALUES = {scope.value for scope in Scope}
_STATUSES = {status.value for status in Status}


def _mechanic_choices(mechanics: Iterable[MechanicRow]) -> list[SelectChoice]:
    return [SelectChoice("", "Anybody"), *(SelectChoice(str(each.id), each.name) for each in mechanics)]
