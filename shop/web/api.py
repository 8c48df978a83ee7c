"""The JSON API's blueprints: behind the bearer token, read strictly, every answer described for OpenAPI."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request
from flask_smorest import Blueprint as DescribedBlueprint

from shop.common.errors import RuleBroken
from shop.common.roles import EVERYONE
from shop.extensions import csrf
from shop.web.api_description import DescribedApi, describe_refusals, headers
from shop.web.guards import Carrier, Guard, GuardedBlueprint
from shop.web.schemas import Body, ListQuery, Row
from shop.web.strict_json import StrictParser

View = TypeVar("View", bound=Callable[..., Any])


class ApiBlueprint(DescribedBlueprint, GuardedBlueprint):
    """Routes below one of the API's nouns. It ignores cookies, so nobody can borrow a browser's sign-in."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, *, noun: str, about: str) -> None:
        super().__init__(name, __name__, url_prefix=f"/{noun}", description=about)  # type: ignore[call-arg]
        self.guard = Guard(Carrier.BEARER)
        self._prepare_doc_cbks.append(describe_refusals)
        self.before_request(_refuse_query)

    def open(self, app: Flask) -> None:
        """Serve and describe these routes."""
        csrf.exempt(self)
        app.extensions["shop_api"].register_blueprint(self)

    def add_url_rule(  # type: ignore[override]
        self, rule: str, endpoint: str | None = None, view_func: Any = None, **options: Any
    ) -> None:
        facts = {
            "name": f"{self.name}.{view_func.__name__}",
            "roles": getattr(view_func, "allowed_roles", EVERYONE),
            "has_id": "<id:" in rule,
        }
        view_func._apidoc = {**getattr(view_func, "_apidoc", {}), **facts}
        super().add_url_rule(rule, endpoint, view_func, **options)

    def reads(self, schema: type[Body]) -> Callable[[View], View]:
        """Hand the JSON object to the view, read by a schema.

        A rule that is broken further down is blamed on the name that the program used, not on the one inside.
        """
        reader = schema()
        names = {field.attribute or name: field.data_key or name for name, field in reader.fields.items()}
        arguments = self.arguments(reader, required=not schema.may_be_missing)

        def decorate(view: View) -> View:
            @wraps(view)
            def blaming(*args: Any, **kwargs: Any) -> Any:
                try:
                    return view(*args, **kwargs)
                except RuleBroken as broken:
                    for each in (broken, *broken.others):
                        each.field = names.get(each.field or "", each.field)
                    raise

            return cast("View", arguments(blaming))

        return decorate

    def lists(self, row: type[Row], *, wrapped: type[Row] | None = None) -> Callable[[View], View]:
        """Hand the query of a list to the view; it answers an array of rows, or the object that wraps them."""
        asked = self.arguments(ListQuery(), location="query")
        answered = self.response(200, wrapped or row(many=True), headers=headers("X-Total-Count", "Link"))

        def decorate(view: View) -> View:
            return cast("View", asked(answered(view)))

        return decorate

    def gives_all(self, row: type[Row]) -> Callable[[View], View]:
        """Describe a list that is answered whole."""
        return cast(
            "Callable[[View], View]",
            self.response(200, row(many=True), headers=headers("ETag", "X-Total-Count")),
        )

    def gives(self, status: int, row: type[Row] | None = None) -> Callable[[View], View]:
        """Describe what the view answers when all is well: a single thing with its ETag, or nothing."""
        sent = headers("ETag", "Location") if status == 201 else headers("ETag") if row else None
        return cast("Callable[[View], View]", self.response(status, row, headers=sent))


def _refuse_query() -> None:
    """A route that reads no query takes none, as a list takes nothing but what it knows."""
    view: Any = current_app.view_functions[request.endpoint or ""]
    read = view._apidoc.get("arguments", {}).get("parameters", ())
    if not any(each["in"] == "query" for each in read):
        ApiBlueprint.ARGUMENTS_PARSER.parse(Body(), location="query")


def install_api(app: Flask) -> None:
    """Call before the features register their blueprints, and before ``install_errors``."""
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["shop_api"] = DescribedApi(app)
