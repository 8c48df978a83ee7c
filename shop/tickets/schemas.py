"""Tickets, as programs send and get them. The complaint is called ``description`` on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from shop.customers.models import MAX_ODOMETER
from shop.inventory.models import MAX_QUANTITY
from shop.tickets.lifecycle import Status
from shop.tickets.models import MAX_COMPLAINT, MAX_REASON
from shop.web.schemas import Body, Id, Moment, Money, Row, Sum, Text, Whole

MAX_MECHANICS = 100


class MechanicOnTicketSchema(Row):
    id = fields.Integer()
    name = fields.String()


class PartOnTicketSchema(Row):
    id = fields.Integer(metadata={"description": "The part's id in the inventory."})
    name = fields.String()
    quantity = fields.Integer()
    price = Money(attribute="price_cents", metadata={"description": "For each, on the day it was put there."})


class TicketSchema(Row):
    id = fields.Integer()
    number = fields.Integer()
    description = fields.String(attribute="complaint")
    status = fields.Enum(Status, by_value=fields.String)
    waiting_for_parts = fields.Boolean()
    customer_id = fields.Integer()
    vehicle_id = fields.Integer(allow_none=True)
    promised_at = Moment(allow_none=True)
    created_at = Moment()
    completed_at = Moment(allow_none=True, metadata={"description": "When the work first reached `ready`."})
    total = Sum(
        attribute="total_cents",
        metadata={"description": "What the jobs come to that are neither declined nor put off, with tax."},
    )
    tax = Sum(attribute="tax_cents", metadata={"description": "The tax in `total`."})
    over_approved = Sum(
        attribute="over_cents",
        metadata={
            "description": "How far the approved jobs go beyond what the customer consented to: one by one, or all of "
            "them with tax and shop supplies."
        },
    )
    odometer_in = fields.Integer(allow_none=True)
    odometer_out = fields.Integer(allow_none=True)
    comeback_of_id = fields.Integer(
        allow_none=True, metadata={"description": "The ticket whose work came back to be put right."}
    )
    mechanics = fields.List(fields.Nested(MechanicOnTicketSchema))
    parts = fields.List(fields.Nested(PartOnTicketSchema))


class TicketWithLineSchema(TicketSchema):
    line = fields.Nested(PartOnTicketSchema, metadata={"description": "What this request put on the ticket."})


def description_field(**options: Any) -> Text:
    return Text(
        most=MAX_COMPLAINT,
        multiline=True,
        attribute="complaint",
        metadata={"description": "What the customer complains of.", "examples": ["Squeals when braking."]},
        **options,
    )


class TicketValues(Body):
    vehicle_id = Id(allow_none=True, attribute="vehicle", metadata={"description": "One of the customer's vehicles."})
    promised_at = Moment(allow_none=True, metadata={"examples": ["2026-03-09T17:00:00-08:00"]})


class NewTicket(TicketValues):
    description = description_field(required=True)
    customer_id = Id(required=True, attribute="customer", metadata={"examples": [1]})
    mechanic_ids = fields.List(Id(), attribute="mechanics", validate=validate.Length(max=MAX_MECHANICS))


class TicketChanges(TicketValues):
    description = description_field()
    status = fields.Enum(
        Status,
        by_value=fields.String,
        attribute="to",
        metadata={"description": "Where the ticket goes; 409 when no way leads there from where it is."},
    )
    reason = Text(most=MAX_REASON, metadata={"description": "Why, with `status`; `cancelled` asks for it."})
    odometer_in = Whole(
        most=MAX_ODOMETER, allow_none=True, metadata={"description": "On arrival.", "examples": [84_120]}
    )
    odometer_out = Whole(most=MAX_ODOMETER, allow_none=True, metadata={"description": "At the end of the work."})
    odometer_reason = Text(
        most=MAX_REASON, metadata={"description": "Why the odometer is lower than at the last visit, if it is."}
    )

    @validates_schema
    def check_reasons(self, values: dict[str, Any], **kwargs: Any) -> None:
        if "reason" in values and "to" not in values:
            raise ValidationError("A reason goes with a status.", "reason")
        if "odometer_reason" in values and not {"odometer_in", "odometer_out"} & set(values):
            raise ValidationError("A reason goes with an odometer.", "odometer_reason")


class MechanicsChange(Body):
    add_ids = fields.List(
        Id(), attribute="add", validate=validate.Length(max=MAX_MECHANICS), metadata={"examples": [[1]]}
    )
    remove_ids = fields.List(
        Id(), attribute="remove", validate=validate.Length(max=MAX_MECHANICS), metadata={"examples": [[]]}
    )


def quantity_field() -> Whole:
    return Whole(least=1, most=MAX_QUANTITY, load_default=1, metadata={"examples": [2]})


class Quantity(Body):
    may_be_missing = True

    quantity = quantity_field()


class PartWanted(Body):
    inventory_id = Id(required=True, attribute="part", metadata={"examples": [1]})
    quantity = quantity_field()
    job_id = Id(attribute="job", metadata={"description": "One of the ticket's jobs; its first one if left out."})
