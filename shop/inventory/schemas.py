"""Parts, as programs send and get them."""

from __future__ import annotations

from marshmallow import fields

from shop.inventory.models import MAX_NAME, MAX_QUANTITY, MAX_SKU
from shop.web.schemas import Body, Money, Row, Text, Whole


class PartSchema(Row):
    id = fields.Integer()
    name = fields.String()
    sku = fields.String(allow_none=True)
    price = Money(attribute="price_cents")
    on_hand = fields.Integer()
    available = fields.Integer(metadata={"description": "How many a ticket can still take."})
    minimum = fields.Integer()


class PartChanges(Body):
    name = Text(most=MAX_NAME, metadata={"examples": ["Oil Filter"]})
    sku = Text(most=MAX_SKU, allow_none=True, metadata={"examples": ["OF-2231"]})
    price = Money(attribute="price_cents", metadata={"examples": [14.99]})
    minimum = Whole(most=MAX_QUANTITY, metadata={"examples": [4]})
    on_hand = Whole(
        most=MAX_QUANTITY,
        attribute="quantity",
        metadata={"description": "What was counted on the shelf; recorded as a count.", "examples": [12]},
    )


class NewPart(PartChanges):
    name = Text(most=MAX_NAME, required=True, metadata={"examples": ["Oil Filter"]})
    price = Money(attribute="price_cents", required=True, metadata={"examples": [14.99]})
    on_hand = Whole(most=MAX_QUANTITY, metadata={"description": "What is on the shelf already.", "examples": [12]})
