"""The OpenAPI document retold the way a page reads it: chapters, operations, fields and answers in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from shop.common.base import MAX_ID

Doc = dict[str, Any]

METHODS = ("get", "post", "put", "delete")

_WHO = {
    ("owner",): "The owner",
    ("owner", "desk"): "Desk and owner",
    ("owner", "desk", "mechanic"): "Staff",
    ("owner", "desk", "mechanic", "customer"): "Any account",
}
_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    about: str

    @property
    def is_refusal(self) -> bool:
        return self.status >= "400"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a program can do. ``example`` is a body that can be sent, ``gives`` the fields that come back."""

    method: str
    path: str
    summary: str
    about: str
    who: str
    query: list[Field]
    body: list[Field]
    example: str | None
    gives: list[Field]
    answers: list[Answer]

    @property
    def anchor(self) -> str:
        words = "".join(character if character.isalnum() else " " for character in self.path).split()
        return "-".join((self.method, *words))


@dataclass(frozen=True, slots=True)
class Chapter:
    name: str
    about: str
    operations: list[Operation]

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()


def outline(spec: Doc) -> list[Chapter]:
    """Every operation of the document under its tag, in the document's order."""
    found = list(_operations(spec))
    return [
        Chapter(tag["name"], tag["description"], [each for name, each in found if name == tag["name"]])
        for tag in spec["tags"]
    ]


def _operations(spec: Doc) -> Iterator[tuple[str, Operation]]:
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                yield item[method]["tags"][0], _operation(spec, path, method, item[method])


def _operation(spec: Doc, path: str, method: str, doc: Doc) -> Operation:
    body = _schema(spec, doc.get("requestBody", {}))
    answers = {status: _resolved(spec, answer) for status, answer in doc["responses"].items()}
    given = next((_schema(spec, answer) for status, answer in answers.items() if status < "300"), {})
    return Operation(
        method=method,
        path=path,
        summary=doc["summary"],
        about=doc.get("description", ""),
        who="Anyone" if doc.get("security") == [] else _WHO[tuple(doc["x-roles"])],
        query=[
            Field(each["name"], _kind(spec, each["schema"]), False, each.get("description", ""))
            for each in doc.get("parameters", [])
        ],
        body=_fields(spec, body),
        example=_example(body),
        gives=[replace(each, is_required=False) for each in _fields(spec, _resolved(spec, given.get("items", given)))],
        answers=[Answer(status, answer["description"]) for status, answer in answers.items()],
    )


def _schema(spec: Doc, holder: Doc) -> Doc:
    """The JSON schema of a request's or an answer's body; empty when it has none."""
    return _resolved(spec, holder.get("content", {}).get("application/json", {}).get("schema", {}))


def _resolved(spec: Doc, doc: Doc) -> Doc:
    """The component that a reference names, or the thing itself."""
    if "$ref" not in doc:
        return doc
    found: Doc = spec
    for step in doc["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def _fields(spec: Doc, schema: Doc) -> list[Field]:
    required = schema.get("required", ())
    return [
        Field(name, _kind(spec, each), name in required, each.get("description", ""))
        for name, each in schema.get("properties", {}).items()
    ]


def _kind(spec: Doc, schema: Doc) -> str:
    """A type in words: ``text of 1 to 120 characters or null``."""
    if "$ref" in schema:
        inner = ", ".join(_resolved(spec, schema)["properties"])
        return f"object with {inner}"
    if "enum" in schema:
        return "one of " + ", ".join(each or "null" for each in schema["enum"])
    types = schema.get("type", "object")
    types = types if isinstance(types, list) else [types]
    words = [_kind_of(spec, each, schema) for each in types if each != "null"]
    return " or ".join([*words, *(["null"] if "null" in types else [])])


def _kind_of(spec: Doc, kind: str, schema: Doc) -> str:
    if kind == "array":
        return f"list of: {_kind(spec, schema['items'])}"
    if schema.get("format") == "date-time":
        return "date and time"
    if schema.get("multipleOf"):
        if schema.get("maximum") == 100:
            return "percent, at most four decimals"
        return "amount, at most two decimals"
    if schema.get("maximum") == MAX_ID:
        return "id"
    if kind == "integer" and "maximum" in schema:
        return f"whole number from {schema['minimum']} to {schema['maximum']:,}"
    if "maxLength" in schema:
        return f"text of {schema['minLength']} to {schema['maxLength']:,} characters"
    return _KINDS[kind]


def _example(schema: Doc) -> str | None:
    examples = {name: each["examples"][0] for name, each in schema.get("properties", {}).items() if "examples" in each}
    return json.dumps(examples, indent=2) if examples else None
