"""An address with a trailing slash and one without are the same, whatever the method."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import Rule


class EitherWayRule(Rule):
    """A route that is looked up by its path without the trailing slash, which werkzeug then takes as well.

    Otherwise werkzeug finds a route that ends with a slash without it for its own methods alone: all others would be
    answered 404 instead of 405. Addresses are built as the route was written.
    """

    def compile(self) -> None:
        super().compile()
        if self.rule.endswith("/") and self.rule != "/":
            self._parts.pop()


def install_slashes(app: Flask) -> None:
    """Call before any route is added."""
    app.url_rule_class = EitherWayRule
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
