"""What was offered and what the customer said to it, as programs send and get it."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from shop.tickets.commands.jobs import MAX_JOBS
from shop.tickets.lifecycle import ANSWERS, Approval
from shop.tickets.models import Channel, LineKind
from shop.tickets.models.consent import MAX_NAME, MAX_WORDS
from shop.web.schemas import Body, Id, Moment, Money, OneOf, Row, Sum, Text, Whole

#: How a customer can have said it to the desk.
TOLD = (Channel.PHONE, Channel.COUNTER)


class OfferedLineSchema(Row):
    kind = fields.Enum(LineKind, by_value=fields.String)
    description = fields.String()
    quantity = fields.Integer()
    minutes = fields.Integer(allow_none=True)
    price = Money(attribute="price_cents")
    core = Money(attribute="core_cents")
    total = Sum(attribute="total_cents")


class OfferedJobSchema(Row):
    id = fields.Integer()
    complaint = fields.String()
    cause = fields.String()
    approval = fields.Enum(
        Approval, by_value=fields.String, metadata={"description": "What had been said to it before."}
    )
    asked = fields.Boolean(
        attribute="is_asked", metadata={"description": "Whether it was put to the customer, or once more."}
    )
    charge = Sum(attribute="net_cents", metadata={"description": "Before tax and supplies."})
    discounted = Sum(attribute="discount_cents")
    lines = fields.List(fields.Nested(OfferedLineSchema))


class DecisionSchema(Row):
    job_id = fields.Integer()
    answer = fields.Enum(Approval, by_value=fields.String, attribute="approval")
    amount = Sum(attribute="amount_cents", metadata={"description": "The sum it was said to."})


class ConsentSchema(Row):
    name = fields.String()
    words = fields.String()
    channel = fields.Enum(Channel, by_value=fields.String)
    at = Moment()
    answers = fields.List(fields.Nested(DecisionSchema), attribute="decisions")


class EstimateInListSchema(Row):
    number = fields.Integer()
    at = Moment()
    total = Sum(attribute="total_cents")
    answered = fields.Boolean(attribute="is_answered")


class EstimateSchema(EstimateInListSchema):
    tax = Sum(attribute="tax_cents", metadata={"description": "The tax in `total`."})
    supplies = Sum(attribute="supplies_cents", metadata={"description": "The shop supplies fee in `total`."})
    jobs = fields.List(fields.Nested(OfferedJobSchema), metadata={"description": "As they were offered."})
    consents = fields.List(fields.Nested(ConsentSchema), metadata={"description": "What the customer said to it."})


class Answer(Body):
    job_id = Id(required=True)
    answer = OneOf(*ANSWERS, required=True)


class CustomerAnswers(Body):
    estimate = Whole(
        least=1,
        required=True,
        attribute="number",
        metadata={"description": "The number of the estimate; 409 when there is a newer one.", "examples": [1]},
    )
    name = Text(
        most=MAX_NAME,
        required=True,
        metadata={"description": "The customer's, in place of a signature.", "examples": ["Ada Lovelace"]},
    )
    words = Text(least=0, most=MAX_WORDS, multiline=True, metadata={"description": "What else the customer said."})
    answers = fields.List(
        fields.Nested(Answer),
        required=True,
        validate=validate.Length(1, MAX_JOBS),
        metadata={
            "description": "One for each job that the estimate asks about.",
            "examples": [[{"job_id": 1, "answer": "approved"}]],
        },
    )

    @validates_schema(skip_on_field_errors=True)
    def check_once(self, values: dict[str, Any], **kwargs: Any) -> None:
        if len({answer["job_id"] for answer in values["answers"]}) < len(values["answers"]):
            raise ValidationError("Answer for each job once.", "answers")


class NotedAnswers(CustomerAnswers):
    channel = OneOf(*TOLD, required=True, metadata={"description": "How the customer said it.", "examples": ["phone"]})
