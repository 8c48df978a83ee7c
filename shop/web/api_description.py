"""The API described in OpenAPI 3.1: what all routes have in common, and every refusal that a route can give."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask_smorest import Api

from shop.common.base import MAX_ID
from shop.common.roles import Role
from shop.config import VERSION
from shop.web.errors import JSON_PROBLEM, WORDS
from shop.web.ids import IdConverter
from shop.web.schemas import Moment, Money

Doc = dict[str, Any]

ABOUT = """\
Sign in with `POST /customers/login` and send the token as `Authorization: Bearer …`. Paths answer with and without
the trailing slash.

Lists come newest first and in pages; follow the `Link` header. A single thing comes with an `ETag`: send it back as
`If-None-Match` to be told 304 when nothing changed, or as `If-Match` with a change that must not go over somebody
else's (412 if it would).

JSON is read strictly: an object, known fields only, each name once, at most 64 kB. So is the query, whatever the
method. A refusal is a problem after RFC 9457; its `errors` names the fields.
"""

_PROBLEM: Doc = {
    "type": "object",
    "description": "A refusal, after RFC 9457.",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "examples": ["about:blank"]},
        "title": {"type": "string", "examples": ["Unprocessable Entity"]},
        "status": {"type": "integer", "examples": [422]},
        "detail": {"type": "string", "examples": ["Only 3 on the shelf."]},
        "request_id": {"type": "string", "description": "Finds the line in the shop's log."},
        "errors": {
            "type": "object",
            "description": "Sentences by the name of the field or query key.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "examples": [{"quantity": ["Only 3 on the shelf."]}],
        },
    },
}

_HEADERS: dict[str, Doc] = {
    "ETag": {"description": "Names this state of the thing.", "schema": {"type": "string"}},
    "Location": {"description": "Where the thing is.", "schema": {"type": "string"}},
    "X-Total-Count": {"description": "How many rows there are in all.", "schema": {"type": "integer", "minimum": 0}},
    "Link": {"description": "`first`, `prev`, `next` and `last`, after RFC 8288.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {"description": "Says that a bearer token is wanted.", "schema": {"type": "string"}},
}

_HEADERS_OF_REFUSALS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
_REFUSALS = (400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 503)


class DescribedApi(Api):
    """flask-smorest's description, with our refusals in place of its own."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Any) -> None:
        super().__init__(
            app,
            spec_kwargs={
                "title": "Repair shop",
                "version": VERSION,
                "openapi_version": "3.1.0",
                "info": {"description": ABOUT},
                "security": [{"bearer": []}],
            },
        )
        self.spec.components.security_scheme(
            "bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Good for one hour."}
        )
        self.register_field(Moment, "string", "date-time")
        self.register_field(Money, "number", None)
        self.ma_plugin.converter.add_attribute_function(_describe_money)
        self.register_converter(
            IdConverter, lambda converter: {"type": "integer", "minimum": 1, "maximum": MAX_ID, "examples": [1]}
        )

    def _register_responses(self) -> None:
        self.spec.components.schema("Problem", _PROBLEM)
        for name, header in _HEADERS.items():
            self.spec.components.header(name, header, lazy=True)
        for status in _REFUSALS:
            response = {
                "description": WORDS.get(status, (HTTPStatus(status).phrase,))[0] + ".",
                "content": {JSON_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            if status in _HEADERS_OF_REFUSALS:
                response["headers"] = headers(_HEADERS_OF_REFUSALS[status])
            self.spec.components.response(HTTPStatus(status).name, response, lazy=True)
        self.spec.components.response("NOT_MODIFIED", {"description": "What you have is still so."}, lazy=True)


def _describe_money(converter: Any, field: Any, **kwargs: Any) -> Doc:
    if not isinstance(field, Money):
        return {}
    units = 10**field.decimals
    bounds = {"multipleOf": 1 / units, "minimum": 0}
    return bounds if field.most is None else {**bounds, "maximum": field.most / units}


def headers(*names: str) -> Doc:
    """Headers of an answer by their names in ``_HEADERS``."""
    return dict(zip(names, names, strict=True))


def describe_refusals(doc: Doc, facts: Doc, *, method: str, **kwargs: Any) -> Doc:
    """Add to an operation who may use it and every refusal it can give, from what its route is made of."""
    roles: frozenset[Role] | None = facts["roles"]
    doc["operationId"] = facts["name"]
    statuses = {422, 503}
    if roles is None:
        doc["security"] = []
    else:
        statuses |= {401, 403}
        doc["x-roles"] = [role.value for role in Role if role in roles]
    if "requestBody" in doc:
        statuses |= {400, 413, 415}
    if facts["has_id"]:
        statuses |= {404}
    if method != "get" and roles is not None:
        statuses |= {409}
    if method in ("put", "delete"):
        statuses |= {412}
    if method == "get":
        statuses |= {304}
    responses = doc["responses"] | {status: HTTPStatus(status).name for status in statuses}
    doc["responses"] = dict(sorted(responses.items()))
    return doc
