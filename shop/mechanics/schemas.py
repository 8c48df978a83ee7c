"""Mechanics, as programs send and get them."""

from __future__ import annotations

from marshmallow import fields

from shop.mechanics.models import MAX_EMAIL, MAX_NAME
from shop.web.schemas import Body, Email, Row, Text


class MechanicSchema(Row):
    id = fields.Integer()
    name = fields.String()
    email = fields.String(allow_none=True)


class MechanicChanges(Body):
    name = Text(most=MAX_NAME, metadata={"examples": ["Rosa Diaz"]})
    email = Email(most=MAX_EMAIL, allow_none=True, metadata={"examples": ["rosa@example.com"]})


class NewMechanic(MechanicChanges):
    name = Text(most=MAX_NAME, required=True, metadata={"examples": ["Rosa Diaz"]})
