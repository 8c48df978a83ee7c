"""Every template is used, every fragment belongs to a page and says all that it wants."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, meta, nodes

from shop.config import ROOT

pytestmark = pytest.mark.single

TEMPLATES = ROOT / "templates"
ALL = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
FRAGMENTS = [
    name
    for name in ALL
    if Path(name).name.startswith("_") and "{% extends" not in (TEMPLATES / name).read_text(encoding="utf-8")
]

#: What every template may ask for without wanting it: Jinja's, Flask's and ``web.page_context``'s.
EVERYWHERE = {
    "actor",
    "shop",
    "stylesheet_urls",
    "oob",
    "just_saved",
    "refusals",
    "here",
    "loop",
    "self",
    "super",
    "caller",
}

WANTS = re.compile(r"\A\{#-?\s*wants:(?P<names>.*?)#\}", re.DOTALL)


def test_there_are_templates() -> None:
    assert len(ALL) > 40
    assert FRAGMENTS


@pytest.mark.parametrize("name", ALL)
def test_template_is_used(name: str) -> None:
    mentioned = _mentions_in_code() | _mentions_elsewhere(name)
    assert name in mentioned or name.startswith("errors/"), f"nothing renders, includes or imports {name}"


@pytest.mark.parametrize("name", FRAGMENTS)
def test_fragment_belongs_to_a_page(name: str, shop: Flask) -> None:
    includes = _included(shop.jinja_env)
    assert name in includes or name in ANSWERS_ALONE, f"no page includes {name}"


@pytest.mark.parametrize("name", FRAGMENTS)
def test_fragment_says_what_it_wants(name: str, shop: Flask) -> None:
    """Everything it reads is in its first line, so it can be drawn alone with just that."""
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    found = WANTS.match(source)
    assert found, f"{name} does not begin with {{# wants: … #}}"
    wanted = set(re.findall(r"[a-z_]+", found["names"]))
    environment = shop.jinja_env
    tree = environment.parse(source)
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx in ("store", "param")}
    asked = meta.find_undeclared_variables(tree) - own - EVERYWHERE - set(environment.globals)
    assert asked <= wanted, f"{name} also wants {sorted(asked - wanted)}"


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_marked_safe(name: str) -> None:
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup\(", source), f"{name} switches escaping off"


#: Fragments that answer on their own and never stand in a page from the start, each with its reason.
ANSWERS_ALONE = {
    "errors/_fragment.html": "what htmx gets when a request fails",
    "errors/_resend.html": "what htmx gets when a sign-in has ended",
    "accounts/_proof.html": "what htmx gets when the password has to be typed once more",
}


@cache
def _mentions_in_code() -> set[str]:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "shop").rglob("*.py"))
    return set(re.findall(r'"([a-z_]+/[a-z_0-9/]+\.html)"', code))


def _mentions_elsewhere(name: str) -> set[str]:
    return {mentioned for source, names in _mentions().items() if source != name for mentioned in names}


@cache
def _mentions() -> dict[str, set[str]]:
    pattern = re.compile(r'"([a-z_]+(?:/[a-z_0-9]+)*\.html)"')
    return {name: set(pattern.findall((TEMPLATES / name).read_text(encoding="utf-8"))) for name in ALL}


@cache
def _included(environment: Environment) -> set[str]:
    trees = (environment.parse((TEMPLATES / name).read_text(encoding="utf-8")) for name in ALL)
    targets = [node.template for tree in trees for node in tree.find_all(nodes.Include)]
    return {str(target.value) for target in targets if isinstance(target, nodes.Const)}
