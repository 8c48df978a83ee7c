"""``/openapi.json`` and ``/docs``."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, request

from shop.openapi.outline import outline
from shop.web.api_answers import shown
from shop.web.guards import anyone
from shop.web.respond import Answer, page

openapi = Blueprint("openapi", __name__)

#: Routes that are no part of a noun, described by hand: endpoint, summary, content type, whether it may be 503.
_OTHERS = (
    ("openapi.document", "This description, as OpenAPI 3.1.", "application/json", False),
    ("openapi.docs", "This description, as a page.", "text/html", False),
    ("ops.healthz", "Whether the process is alive.", "application/json", False),
    ("ops.readyz", "Whether the database answers and has the right schema.", "application/json", True),
)


@openapi.get("/openapi.json")
@anyone
def document() -> Response:
    """The description for programs."""
    return shown(spec())


@openapi.get("/docs")
@anyone
def docs() -> Answer:
    """The description for people."""
    document = spec()
    return page(
        "openapi/docs.html",
        about=document["info"]["description"],
        chapters=outline(document),
        address=request.host_url.rstrip("/"),
    )


def spec() -> dict[str, Any]:
    document: dict[str, Any] = current_app.extensions["shop_api"].spec.to_dict()
    return document


def install(app: Flask) -> None:
    app.register_blueprint(openapi)
    api = app.extensions["shop_api"]
    api.spec.tag({"name": "service", "description": "About the service itself."})
    for endpoint, summary, kind, may_fail in _OTHERS:
        schema = {"type": "string"} if kind == "text/html" else {"type": "object"}
        responses = {"200": {"description": "OK", "content": {kind: {"schema": schema}}}}
        failure = {"503": "SERVICE_UNAVAILABLE"} if may_fail else {}
        operation = {"summary": summary, "tags": ["service"], "security": [], "responses": {**responses, **failure}}
        api.spec.path(rule=next(app.url_map.iter_rules(endpoint)), operations={"get": operation})
