"""Customers, as programs send and get them."""

from __future__ import annotations

from marshmallow import fields

from shop.customers.models import MAX_EMAIL, MAX_NAME, MAX_PHONE
from shop.web.schemas import Body, Email, Row, Text


class CustomerSchema(Row):
    id = fields.Integer()
    name = fields.String()
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)


class CustomerPageSchema(Row):
    items = fields.List(fields.Nested(CustomerSchema))
    page = fields.Integer()
    per_page = fields.Integer()
    total = fields.Integer()
    pages = fields.Integer()


class CustomerChanges(Body):
    name = Text(most=MAX_NAME, metadata={"examples": ["Ada Lovelace"]})
    email = Email(most=MAX_EMAIL, allow_none=True, metadata={"examples": ["ada@example.com"]})
    phone = Text(most=MAX_PHONE, allow_none=True, metadata={"examples": ["+1 555 010 0142"]})


class NewCustomer(CustomerChanges):
    name = Text(most=MAX_NAME, required=True, metadata={"examples": ["Ada Lovelace"]})
