"""Signing in, as programs send it."""

from __future__ import annotations

from marshmallow import fields

from shop.accounts.models import MAX_CODE, MAX_EMAIL
from shop.web.schemas import Body, Row, Secret, Text


class Credentials(Body):
    email = Text(most=MAX_EMAIL, required=True, metadata={"examples": ["desk@example.com"]})
    password = Secret(required=True, metadata={"examples": ["password123"], "format": "password"})
    code = Text(
        most=MAX_CODE,
        load_default=None,
        metadata={
            "description": "Of the authenticator app, or a recovery code; where the account has a second factor alone.",
            "examples": ["123456"],
        },
    )


class TokenSchema(Row):
    token = fields.String(metadata={"description": "A JWT; send it as `Authorization: Bearer …`."})
