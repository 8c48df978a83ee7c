"""Jobs and their lines, as programs send and get them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from shop.inventory.models import MAX_QUANTITY
from shop.tickets.lifecycle import Approval
from shop.tickets.models import MAX_CAUSE, MAX_DESCRIPTION, MAX_JOB, MAX_MINUTES, LineKind, Supply
from shop.web.schemas import Body, Id, Moment, Money, Percent, Row, Sum, Text, Whole

FOR_THE_DESK = "For desk and owner; null for a mechanic."

#: What goes with each kind of line, by the names inside, and what of it there must be.
_PRICED = {"description", "quantity", "price_cents", "cost_cents"}
GOES_WITH = {
    LineKind.LABOUR: {"description", "minutes", "price_cents", "mechanic"},
    LineKind.PART: {*_PRICED, "core_cents"},
    LineKind.FEE: _PRICED,
    LineKind.SUBLET: _PRICED,
}
FROM_THE_SHELF = {"part", "quantity", "core_cents"}
NEEDED = {
    LineKind.LABOUR: {"description", "minutes"},
    LineKind.PART: {"description", "price_cents"},
    LineKind.FEE: {"description", "price_cents"},
    LineKind.SUBLET: {"description", "price_cents"},
}


class LineSchema(Row):
    id = fields.Integer()
    kind = fields.Enum(LineKind, by_value=fields.String)
    description = fields.String()
    quantity = fields.Integer()
    minutes = fields.Integer(allow_none=True, metadata={"description": "Book time of labour; null for all else."})
    price = Money(attribute="price_cents", metadata={"description": "For each; of labour, for an hour."})
    cost = Money(attribute="cost_cents", allow_none=True, metadata={"description": f"For each. {FOR_THE_DESK}"})
    core = Money(attribute="core_cents", metadata={"description": "Deposit on the old part, for each."})
    total = Sum(attribute="total_cents", metadata={"description": "What the line comes to, with its cores."})
    inventory_id = fields.Integer(
        attribute="part_id", allow_none=True, metadata={"description": "The part's id, when it is from the shelf."}
    )
    mechanic_id = fields.Integer(allow_none=True, metadata={"description": "Whose labour it is."})
    supply = fields.Enum(
        Supply,
        by_value=fields.String,
        allow_none=True,
        metadata={"description": "Where a part from the shelf is: still to come, kept for the ticket, or fitted."},
    )


class JobSchema(Row):
    id = fields.Integer()
    complaint = fields.String()
    cause = fields.String()
    correction = fields.String()
    approval = fields.Enum(Approval, by_value=fields.String)
    approved = Sum(
        attribute="approved_cents", allow_none=True, metadata={"description": "The sum that the customer consented to."}
    )
    over_approved = Sum(
        attribute="over_cents", metadata={"description": "How far an approved job has grown beyond that sum."}
    )
    charge = Sum(
        attribute="charge_cents", metadata={"description": "Its lines less the discount, before tax and supplies."}
    )
    cost = Sum(
        attribute="cost_cents",
        allow_none=True,
        metadata={"description": f"What its lines cost the shop, without wages. {FOR_THE_DESK}"},
    )
    discount_percent = Percent(attribute="discount_ppm")
    discount = Money(attribute="discount_cents", metadata={"description": "A discount that is an amount."})
    discounted = Sum(attribute="charges.discount", metadata={"description": "What the discount takes off the lines."})
    done_at = Moment(allow_none=True)
    lines = fields.List(fields.Nested(LineSchema))


def complaint_field(**options: Any) -> Text:
    return Text(
        most=MAX_JOB,
        metadata={"description": "What is to be done, in a line.", "examples": ["Front brakes grind"]},
        **options,
    )


class NewJob(Body):
    complaint = complaint_field(required=True)


class CannedLineSchema(Row):
    kind = fields.Enum(LineKind, by_value=fields.String)
    description = fields.String()
    quantity = fields.Integer()
    minutes = fields.Integer(allow_none=True, metadata={"description": "Book time of labour; null for all else."})
    price = Money(
        attribute="fixed_price_cents",
        allow_none=True,
        metadata={"description": "For each; null for labour and parts from the shelf: theirs is that of the day."},
    )
    core = Money(attribute="core_cents", metadata={"description": "Deposit on the old part, for each."})
    inventory_id = fields.Integer(
        attribute="stocked.id",
        dump_default=None,
        allow_none=True,
        metadata={"description": "The part's id, when it is from the shelf."},
    )


class CannedJobSchema(Row):
    id = fields.Integer()
    name = fields.String()
    lines = fields.List(fields.Nested(CannedLineSchema))


class CannedJobWanted(Body):
    canned_job_id = Id(attribute="canned", required=True, metadata={"description": "One that is on the list."})


class JobChanges(Body):
    complaint = complaint_field()
    cause = Text(
        least=0,
        most=MAX_CAUSE,
        multiline=True,
        metadata={"description": "What was found.", "examples": ["Pads are worn to 1 mm."]},
    )
    correction = Text(
        least=0,
        most=MAX_CAUSE,
        multiline=True,
        metadata={"description": "What was done.", "examples": ["Replaced the pads."]},
    )
    discount_percent = Percent(
        attribute="discount_ppm", metadata={"description": "Takes the place of a discount that is an amount."}
    )
    discount = Money(attribute="discount_cents", metadata={"description": "Takes the place of a discount in percent."})

    @post_load
    def give_one_discount(self, values: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        for one, other in (("discount_ppm", "discount_cents"), ("discount_cents", "discount_ppm")):
            if one in values:
                values.setdefault(other, 0)
        return values


class LineValues(Body):
    description = Text(most=MAX_DESCRIPTION, metadata={"examples": ["Replace front pads"]})
    quantity = Whole(least=1, most=MAX_QUANTITY, metadata={"description": "Of all but labour."})
    minutes = Whole(most=MAX_MINUTES, metadata={"description": "Book time, of labour alone.", "examples": [90]})
    price = Money(attribute="price_cents", metadata={"description": "For each; of labour, for an hour."})
    cost = Money(attribute="cost_cents", metadata={"description": "What each costs the shop; not of labour."})
    core = Money(attribute="core_cents", metadata={"description": "Deposit on each old part; of parts alone."})


class LineChanges(LineValues):
    mechanic_id = Id(
        attribute="mechanic", allow_none=True, metadata={"description": "Whose labour it is; of labour alone."}
    )


class NewLine(LineValues):
    kind = fields.Enum(
        LineKind,
        by_value=fields.String,
        required=True,
        metadata={
            "description": "`labour` wants `description` and `minutes`, and takes the shop's `price` where none is "
            "given. `part`, `fee` and `sublet` want `description` and `price`; a `part` with `inventory_id` wants "
            "neither, for it comes from the shelf at the price of the day.",
            "examples": ["labour"],
        },
    )
    mechanic_id = Id(attribute="mechanic", metadata={"description": "Whose labour it is; of labour alone."})
    inventory_id = Id(attribute="part", metadata={"description": "The part to take from the shelf."})

    @validates_schema(skip_on_field_errors=True)
    def check_kind(self, values: dict[str, Any], **kwargs: Any) -> None:
        """What is given goes with the kind, and what it needs is there."""
        kind = values["kind"]
        is_from_the_shelf = kind is LineKind.PART and "part" in values
        fits, needed = (FROM_THE_SHELF, set()) if is_from_the_shelf else (GOES_WITH[kind], NEEDED[kind])
        given = values.keys() - {"kind"}
        errors = {
            **{name: ["This is missing."] for name in needed - given},
            **{name: [f"This does not go with {_called(kind, is_from_the_shelf)}."] for name in given - fits},
        }
        if errors:
            raise ValidationError({self._name_on_the_wire(name): said for name, said in sorted(errors.items())})

    def _name_on_the_wire(self, name: str) -> str:
        return next(wire for wire, field in self.fields.items() if (field.attribute or wire) == name)


def _called(kind: LineKind, is_from_the_shelf: bool) -> str:
    return "a part from the shelf" if is_from_the_shelf else kind.value
