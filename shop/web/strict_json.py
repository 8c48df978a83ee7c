"""Reading what a program sends: JSON and queries that mean one thing only, or a refusal that says why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from flask import Request
from marshmallow import RAISE, Schema, ValidationError
from marshmallow.exceptions import SCHEMA
from webargs.flaskparser import FlaskParser

from shop.web.errors import Refusal

MAX_BODY_BYTES = 64 * 1024
MAX_DIGITS = 40
UNREADABLE = "Something is missing or wrong. Correct what is named and send it again."

Errors = dict[str, list[str]]


class StrictParser(FlaskParser):
    """Hands a request's JSON or query to a marshmallow schema; nothing is guessed and nothing is ignored."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        return read_object(req, may_be_missing=getattr(schema, "may_be_missing", False))

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        twice = {name: ["Give this once."] for name, values in req.args.lists() if len(values) > 1}
        if twice:
            raise ValidationError(twice)
        return req.args.to_dict()

    def handle_error(self, error: ValidationError, *args: Any, **kwargs: Any) -> NoReturn:
        ((_, messages),) = error.messages_dict.items()  # webargs files them under the place they came from
        raise Refusal(422, UNREADABLE, dict(_flat(messages)))


def read_object(request: Request, *, may_be_missing: bool = False) -> dict[str, Any]:
    """The JSON object in the body; no body at all reads as an empty one where it ``may_be_missing``.

    Raises Refusal: 415 when it is not declared as JSON, 400 when it can't be read, 422 when it is JSON but no object.
    ``web.bodies`` has refused what is too large.
    """
    body = request.get_data()
    if may_be_missing and not body:
        return {}
    if request.mimetype != "application/json":
        raise Refusal(415, "Send application/json.")
    value = parse(body)
    if not isinstance(value, dict):
        raise Refusal(422, "Send a JSON object.")
    return value


def parse(body: bytes) -> Any:
    """The value of a JSON text, with exact decimals; raises Refusal 400 where JSON leaves room for doubt."""
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_constant,
        )
    except RecursionError:
        raise Refusal(400, "This JSON is nested too deeply.") from None
    except ValueError as error:
        raise Refusal(400, f"This is not JSON that can be read: {error}.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice in an object")
    if not all(name.isprintable() for name in names):
        raise ValueError("a name holds characters that can't be shown")
    return names


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number is out of range")
    return int(text)


def _decimal(text: str) -> Decimal:
    """Exact, and within what other programs can hold; a huge or tiny exponent would only cost time."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise ValueError("a number is out of range") from None
    if len(text) > MAX_DIGITS or abs(number.adjusted()) > 300:
        raise ValueError("a number is out of range")
    return number


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _flat(messages: Any, path: str = "") -> Errors:
    """Errors by the path of their field, such as ``add_ids.0``."""
    if not isinstance(messages, Mapping):
        return {path.removesuffix(f".{SCHEMA}"): [str(message) for message in messages]}
    return {
        name: said
        for key, inner in messages.items()
        for name, said in _flat(inner, f"{path}.{key}" if path else str(key)).items()
    }
