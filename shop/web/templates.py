"""Jinja as the shop uses it: what was found or imported once is not looked for at every page."""

from __future__ import annotations

from typing import Any

from flask.templating import Environment
from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context


class OwnTemplate(Template):
    """A template whose macros are imported once. Jinja looks each time whether it was given globals of its own."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()


class OwnEnvironment(Environment):
    """An environment that remembers its templates by name, unless they may change while it runs."""

    template_class = OwnTemplate

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._found: dict[str, Template] = {}

    def get_template(self, name: str | Template, parent: str | None = None, globals: Any = None) -> Template:  # noqa: A002 - Jinja's name
        found = self._found.get(name) if isinstance(name, str) and not globals and not self.auto_reload else None
        if found is None:
            found = super().get_template(name, parent, globals)
            self._found[str(found.name)] = found
        return found
