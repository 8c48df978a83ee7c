"""Programs of other people that attack web applications: wapiti reads every page, sqlmap tries every parameter.

They are installed into an environment of their own, and are told to talk to nobody but the shop.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask
from sqlalchemy import make_url

from tests.attack.ground import ROLES, WATCHERS, Attacked, attacked, demo_ground
from tests.attack.surface import SeenForm
from tests.faults.shop import FaultShop
from tests.faults.trial import NotTried, Trial
from tools.front_door.environment import prepare
from tools.front_door.processes import captured, run, text_of
from tools.front_door.settings import ROOT
from tools.front_door.speech import Refused, say

Thing = TypeVar("Thing")

_LOCK = "tests/attack/requirements.txt"
_FOLDER = ROOT / "instance" / "attack"
_EVERYTHING = 10_000
_LEAST_FOR_A_QUERY = 100  # requests that wapiti makes of an address whose query it attacks
_PATIENCE_SECONDS = 3_600

#: Of wapiti's modules, those that say something of a page that is read. Left out are what needs a server on the
#: internet (ssrf, xxe, log4shell) and what looks for other products (wapp, cms, nikto).
_MODULES = (
    *("cookieflags", "crlf", "csp", "csrf", "exec", "file", "http_headers", "ldap", "permanentxss"),
    *("redirect", "shellshock", "sql", "timesql", "xss"),
)
_DBMS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MySQL", "mysql": "MySQL"}
_SEALS = "csrf_token,form_key"
_CLEAN = re.compile("all tested parameters do not appear to be injectable|no parameter\\(s\\) found for testing")
_CUT_OFF = re.compile("time limit|unhandled exception|user aborted", re.IGNORECASE)
_FOUND = re.compile("Parameter: .*|is vulnerable|appears to be injectable", re.IGNORECASE)


def read_everything(shop: FaultShop, times: int) -> list[str]:
    """Wapiti, signed in as each role, at so many addresses that it can read."""
    found: list[str] = []
    with attacked(shop) as there:
        surface = there.look_around(ROLES)
        for who in ROLES:
            addresses = _evenly([each for each in surface.addresses[who] if not each.startswith("/static/")], times)
            asked_before = there.requests()
            found += [f"As {who}: {each}" for each in _wapiti(there, who, addresses)]
            asked = there.requests() - asked_before
            if asked < sum(_LEAST_FOR_A_QUERY if "?" in each else 1 for each in addresses):
                found.append(f"As {who}: {asked} requests for {len(addresses)} pages are no attack.")
            shop.noted.append(f"{len(addresses)} pages as {who}, {asked:,} requests")
        shop.noted.append(there.answers())
        return [*found, *there.failures()]


def inject_into_addresses(shop: FaultShop, times: int) -> list[str]:
    """Sqlmap at so many addresses with a query, of pages and of the JSON API."""
    with attacked(shop) as there:
        surface = there.look_around(WATCHERS)
        queries = {
            _shape(address): _target_at(address.partition("?")[0], parse_qsl(address.partition("?")[2], True), who)
            for who in WATCHERS
            for address in surface.addresses[who]
            if "?" in address and not address.startswith("/static/")
        }
        return _inject(there, [*queries.values(), *_queries_of_the_api(there.app)], times)


def inject_into_forms(shop: FaultShop, times: int) -> list[str]:
    """Sqlmap at so many fields of forms, each time in the shop as it was: what was sent before would fill the page."""
    with attacked(shop) as there:
        forms = {form.rule: _target_of(form) for form in there.look_around(WATCHERS).forms if form.fields}
        fields = [replace(form, tried=(name,)) for form in forms.values() for name in form.tried]
        return _inject(there, fields, times, as_it_was=True)


def inject_into_programs(shop: FaultShop, times: int) -> list[str]:
    """Sqlmap at so many operations of the JSON API, by its own description; what takes something away comes last."""
    with attacked(shop) as there:
        described = there.app.test_client().get("/openapi.json").get_json()
        operations = []
        for path, place in described["paths"].items():
            shared = {"parameters": place.pop("parameters", [])}
            for method, operation in place.items():
                only = {**described, "paths": {path: {method: operation, **shared}}}
                operations.append(Operation(f"{method.upper()} {path}", only))
        return _inject(there, sorted(operations, key=lambda it: it.about.startswith("DELETE")), times)


def judged(about: str, said: str) -> list[str]:
    """A sentence for each thing that sqlmap found, or that it did not look at everything."""
    if found := _FOUND.findall(said):
        return [f"{about}: {each}" for each in dict.fromkeys(found)]
    is_tried = _CLEAN.search(said) and not _CUT_OFF.search(said)
    return [] if is_tried else [f"{about} was not tried to the end: {said[-300:]}"]


TRIALS = (
    Trial(
        "wapiti",
        "Wapiti finds nothing on any page that a role can read",
        f"wapiti, {len(_MODULES)} of its modules, signed in as each role",
        read_everything,
        times=10,
        times_if_long=_EVERYTHING,
        ground=demo_ground,
    ),
    Trial(
        "sqlmap-addresses",
        "Sqlmap finds no way into the database through an address",
        "sqlmap, level 3, on every parameter of the query",
        inject_into_addresses,
        times=2,
        times_if_long=_EVERYTHING,
        ground=demo_ground,
    ),
    Trial(
        "sqlmap-forms",
        "Sqlmap finds no way into the database through a form",
        "sqlmap, level 3, on every field",
        inject_into_forms,
        times=2,
        times_if_long=_EVERYTHING,
        databases=("SQLite",),  # which alone is put back in no time
        ground=demo_ground,
    ),
    Trial(
        "sqlmap-programs",
        "Sqlmap finds no way into the database through the JSON API",
        "sqlmap, level 3, on every operation that is described",
        inject_into_programs,
        times=2,
        times_if_long=_EVERYTHING,
        ground=demo_ground,
    ),
)


@dataclass(frozen=True)
class Target:
    """Somewhere to send fields to; ``who`` does, and those of them are ``tried``."""

    path: str
    fields: list[tuple[str, str]]
    who: str
    tried: tuple[str, ...]
    is_form: bool = False

    @property
    def about(self) -> str:
        return f"{self.path} {','.join(self.tried)}"

    def options(self, there: Attacked, folder: Path) -> list[object]:
        """What sqlmap is told. ``form_key`` is another one each time, else it is the same form."""
        who, address = there.sign_in(self.who), there.address + self.path.format(**there.new_links())
        what: list[object] = ["--url", f"{address}?{urlencode(self.fields)}"]
        if self.is_form:
            sealed = urlencode([*self.fields, ("csrf_token", who.seal), ("form_key", "a" * 22)])
            what = ["--url", address, "--data", sealed, "--randomize", "form_key"]
        # Pages are told apart by what can be read on them, which is a tenth of them.
        what += ["-p", ",".join(self.tried), "--text-only"]
        return [*what, "--cookie", who.cookie, "--header", f"Authorization: Bearer {who.token}"]


@dataclass(frozen=True)
class Operation:
    """One of those of the JSON API, and a description of the API that knows no other."""

    about: str
    description: dict[str, Any]

    def options(self, there: Attacked, folder: Path) -> list[object]:
        """What sqlmap is told."""
        described = folder / "openapi.json"
        described.write_text(json.dumps(self.description), encoding="utf-8")
        token = there.sign_in("owner").token
        return [
            *("--openapi", described, "--openapi-base", there.address, "--skip", "user-agent,referer,host,cookie"),
            *("--header", f"Authorization: Bearer {token}"),
        ]


def _wapiti(there: Attacked, who: str, addresses: Sequence[str]) -> list[str]:
    """What it found, a sentence for each."""
    links = there.new_links()
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [
            *(_program("wapiti"), "--url", f"{there.address}/", "--scope", "folder", "--depth", "0"),
            *(part for each in addresses for part in ("--start", there.address + each.format(**links))),
            *("--module", ",".join(_MODULES), "--skip", _SEALS, "--max-parameters", "1000", "--timeout", "30"),
            # As behind the nginx of docs/deploy.md, where everything goes over https.
            *("--header", f"Cookie: {there.sign_in(who, 'https').cookie}", "--header", "X-Forwarded-Proto: https"),
            *("--store-session", folder, "--store-config", folder, "--flush-session", "--no-bugreport"),
            *("--format", "json", "--output", report, "--verbose", "0"),
        ]
        said = _said(command)
        if not report.exists():
            return [f"Wapiti did not come to an end: {said[-500:]}"]
        told = json.loads(report.read_text(encoding="utf-8"))
    return [
        f"{name}: {one['method']} {one['path']} {one['info']} ({one['parameter']})"
        for kind in ("vulnerabilities", "anomalies")
        for name, each in told[kind].items()
        for one in each
    ]


def _inject(
    there: Attacked, targets: Sequence[Target | Operation], times: int, *, as_it_was: bool = False
) -> list[str]:
    """What sqlmap finds at so many of them; it is told at once, for the whole takes an hour."""
    found: list[str] = []
    chosen = _evenly(targets, times)
    put_back = there.remember() if as_it_was else there.forget_tries
    for done, target in enumerate(chosen, 1):
        put_back()
        before, started = there.requests(), time.monotonic()
        told = judged(target.about, _sqlmap(there, target))
        seconds, requests = time.monotonic() - started, there.requests() - before
        say(f"  {done} of {len(chosen)}: {target.about}, {requests:,} requests, {seconds:.0f} seconds")
        for sentence in told:
            say(f"  {sentence}")
        found += told
    there.shop.noted += [f"{len(chosen)} of {len(targets)}, {there.requests():,} requests", there.answers()]
    return [*found, *there.failures()]


def _sqlmap(there: Attacked, target: Target | Operation) -> str:
    dbms = _DBMS[make_url(there.shop.database_url).get_backend_name()]
    with TemporaryDirectory() as folder:
        command = [
            *(_program("sqlmap"), *target.options(there, Path(folder)), "--batch", "--level", "3", "--dbms", dbms),
            *("--skip-waf", "--ignore-code", "*", "--ignore-redirects", "--disable-coloring"),
            *("--time-limit", _PATIENCE_SECONDS, "--output-dir", folder, "--flush-session"),
        ]
        started = time.monotonic()
        said = _said(command)
    # It says nothing of that itself.
    return said if time.monotonic() - started < _PATIENCE_SECONDS else f"{said}\nThe time limit was reached."


def _program(name: str) -> Path:
    """One of the tools; they are installed when there is none."""
    try:
        return prepare(_LOCK, _FOLDER).with_name(name)
    except Refused as reason:
        raise NotTried(str(reason)) from reason


def _said(command: Sequence[object]) -> str:
    with captured() as output:
        run(command, output=output)
        return text_of(output)


def _evenly(things: Sequence[Thing], most: int) -> list[Thing]:
    """So many of them, from beginning to end."""
    count = min(most, len(things))
    return [things[place * len(things) // count] for place in range(count)]


def _shape(address: str) -> tuple[str, str]:
    """What addresses have in common that differ in their values alone."""
    parts = urlsplit(address)
    return re.sub("[0-9]+", "1", parts.path), ",".join(sorted(name for name, _ in parse_qsl(parts.query, True)))


def _queries_of_the_api(app: Flask) -> list[Target]:
    """One for each field of each list, for beside another that is refused none of them would be looked at."""
    described = app.test_client().get("/openapi.json").get_json()
    return [
        _target_at(path, [(field["name"], "1")], "owner")
        for path, operations in described["paths"].items()
        for field in operations.get("get", {}).get("parameters", [])
        if field["in"] == "query"
    ]


def _target_of(form: SeenForm) -> Target:
    who = {"my": "customer", "floor": "mechanic"}.get(form.path.split("/")[1], "owner")
    return _target_at(form.path, [(name, values[0]) for name, values in form.fields], who, is_form=True)


def _target_at(path: str, fields: list[tuple[str, str]], who: str, *, is_form: bool = False) -> Target:
    return Target(path, fields, who, tuple(dict.fromkeys(name for name, _ in fields)), is_form)
