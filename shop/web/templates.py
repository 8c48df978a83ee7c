"""Jinja as the shop uses it: what was found, imported or compiled once is not made again."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from flask.templating import Environment
from jinja2 import FileSystemBytecodeCache, Template
from jinja2.bccache import Bucket
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


class CompiledTemplates(FileSystemBytecodeCache):
    """Templates as they were compiled before the last start, in a folder; where it can't be used they are made anew.

    What is made of a template follows from its text, from Jinja, and from all that its filters make of what stands in
    it, which is what ``made_by`` tells.
    """

    def __init__(self, folder: Path, made_by: str) -> None:
        super().__init__(str(folder), "%s.compiled")
        self._made_by = f"{jinja2.__version__} {made_by} "
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)

    def get_source_checksum(self, source: str) -> str:
        return hashlib.sha256((self._made_by + source).encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)
