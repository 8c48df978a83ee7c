"""What the shop shows to whoever looks around: the addresses that can be read, and the forms with their fields."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from bs4 import Tag
from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException

from tests.browser import Browser, Form
from tests.whole_app.test_access import routes

_SEALS = {"csrf_token", "form_key"}
_ARGUMENT = re.compile(r"<(?:[^:<>]+(?:\([^)]*\))?:)?([^<>]+)>")
_WORDS = {"path": "css/everyone.css", "way": "up"}
_FIRST = "1"


@dataclass(frozen=True)
class SeenForm:
    """Where it goes and what it is filled with; of a choice, every value. ``{repair}`` and the like stand for a link's
    token.
    """

    rule: str
    path: str
    fields: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.fields)


@dataclass
class Surface:
    """``addresses`` are the pages that each role can read; ``forms`` are everybody's, for every route."""

    addresses: dict[str, list[str]] = field(default_factory=dict)
    forms: list[SeenForm] = field(default_factory=list)


def look_around(browsers: Mapping[str, Browser], links: Mapping[str, str], samples: int) -> Surface:
    """Follow every link in everybody's browser, and go where none leads; ``links`` are the tokens of letters.

    Of addresses that differ in nothing but their values, ``samples`` are looked at.
    """
    surface = Surface()
    found: dict[tuple[str, tuple[str, ...]], SeenForm] = {}
    for who, browser in browsers.items():
        walk = _Walk(browser, links, samples)
        surface.addresses[who] = [*walk.read]
        for form in walk.forms:
            found.setdefault((form.path, form.names), form)
    shown = {form.rule for form in found.values()}
    surface.forms = [*found.values(), *_never_shown(browsers, links, shown)]
    return surface


def address_of(rule: str) -> str:
    """An address of this rule: of the first thing of each kind."""
    token = rule.split("/")[1]  # a link of this kind
    return _ARGUMENT.sub(lambda found: {**_WORDS, "token": f"{{{token}}}"}.get(found[1], _FIRST), rule)


class _Walk:
    def __init__(self, browser: Browser, links: Mapping[str, str], samples: int) -> None:
        self.read: dict[str, None] = {}
        self.forms: list[SeenForm] = []
        self._browser, self._links, self._samples = browser, links, samples
        self._map = browser.app.url_map.bind("localhost")
        self._seen: Counter[tuple[str, frozenset[str]]] = Counter()
        self._met: set[str] = set()
        self._ahead: deque[str] = deque()
        for route in routes(browser.app):
            if route.method == "GET" and not route.is_api:
                self._meet(address_of(route.rule))
        while self._ahead:
            self._look_at(self._ahead.popleft())

    def _meet(self, address: str) -> None:
        """Go there later, unless enough of its kind were seen."""
        parts = urlsplit(self._plain(address))
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        rule = self._rule_of(parts.path, "GET")
        if rule is None or path in self._met:
            return
        self._met.add(path)
        kind = (rule, frozenset(name for name, _ in parse_qsl(parts.query, keep_blank_values=True)))
        self._seen[kind] += 1
        if self._seen[kind] <= self._samples:
            self._ahead.append(path)

    def _look_at(self, path: str) -> None:
        page = self._browser.get(path.format(**self._links), follow=False)
        if page.status != 200:
            return
        self.read[path] = None
        for tag in page.soup.select("[href], [data-hx-get]"):
            self._meet(urljoin(path, str(tag.get("href") or tag["data-hx-get"])))
        for tag in page.soup.find_all("form"):
            self._read(Form(page, tag), path)

    def _read(self, form: Form, path: str) -> None:
        fields = tuple((name, choices) for name, choices in _fields_of(form) if name not in _SEALS)
        address = self._plain(urljoin(path, form.action))
        if form.tag.get("method") != "post":
            query = urlencode([(name, choices[0]) for name, choices in fields])
            self._meet(f"{address.partition('?')[0]}?{query}")
        elif (rule := self._rule_of(urlsplit(address).path, "POST")) is not None:
            self.forms.append(SeenForm(rule, address, fields))

    def _plain(self, address: str) -> str:
        """With the name of a link instead of its token, which is another one each time."""
        for name, token in self._links.items():
            address = address.replace(token, f"{{{name}}}")
        return address

    def _rule_of(self, path: str, method: str) -> str | None:
        try:
            rule, _ = self._map.match(path, method, return_rule=True)
        except HTTPException:
            return None
        return str(rule.rule)


def _fields_of(form: Form) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each name with the values that it can have in a browser, first the one that it has."""
    for name in sorted(form.names):
        own = form.values.get(name)
        others = [_value_of(tag) for tag in form.tag.select(f'[name="{name}"][value], select[name="{name}"] option')]
        yield name, tuple(dict.fromkeys([*([own] if own is not None else []), *others])) or ("",)


def _value_of(tag: Tag) -> str:
    return str(tag.get("value", tag.get_text()))


def _never_shown(browsers: Mapping[str, Browser], links: Mapping[str, str], shown: set[str]) -> Iterator[SeenForm]:
    """For each route that no form leads to at present, such as that which puts back what was archived: the fields that
    it asks for when it is sent none.
    """
    app = next(iter(browsers.values())).app
    for route in routes(app):
        if route.method == "POST" and not route.is_api and route.rule not in shown:
            path = address_of(route.rule)
            asked = {name for browser in browsers.values() for name in _asked_for(browser, path.format(**links))}
            yield SeenForm(route.rule, path, tuple((name, (_FIRST,)) for name in sorted(asked - _SEALS)))


def _asked_for(browser: Browser, path: str) -> set[str]:
    asked: set[str] = set()

    class Fields(ImmutableMultiDict[str, str]):
        def __contains__(self, name: object) -> bool:
            asked.add(str(name))
            return super().__contains__(name)

        def get(self, name: str, *others: Any, **more: Any) -> Any:
            asked.add(name)
            return super().get(name, *others, **more)

    class Listening(Request):
        parameter_storage_class = Fields

    usual, browser.app.request_class = browser.app.request_class, Listening
    try:
        browser.client.post(path, data={"csrf_token": browser.token()})
    finally:
        browser.app.request_class = usual
    return asked
