"""Programs of other people that attack web applications: wapiti reads every page, sqlmap tries every parameter.

They are installed into an environment of their own, and are told to talk to nobody but the shop.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
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
from tools.front_door.speech import Refused

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


def inject_everywhere(shop: FaultShop, times: int) -> list[str]:
    """Sqlmap at so many forms and addresses with a query, and, where that is all of them, at the JSON API as well."""
    with attacked(shop) as there:
        surface = there.look_around(WATCHERS)
        queries = {
            _shape(address): Target(address.partition("?")[0], parse_qsl(address.partition("?")[2], True), who)
            for who in WATCHERS
            for address in surface.addresses[who]
            if "?" in address and not address.startswith("/static/")
        }
        forms = {form.rule: _target_of(form) for form in surface.forms if form.fields}
        targets = [*queries.values(), *_queries_of_the_api(there.app), *forms.values()]
        chosen = _evenly(targets, times)
        found = [sentence for target in chosen for sentence in _inject(there, target)]
        if chosen == targets:
            found += _inject_into_the_api(there)
        names = sum(len(target.fields) for target in chosen)
        shop.noted += [f"{len(chosen)} of {len(targets)} addresses and forms, {names} parameters", there.answers()]
        return [*found, *there.failures()]


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
        "sqlmap",
        "Sqlmap finds no way into the database",
        "sqlmap, level 3, on the parameters of addresses, forms and JSON",
        inject_everywhere,
        times=4,
        times_if_long=_EVERYTHING,
        ground=demo_ground,
    ),
)


@dataclass(frozen=True)
class Target:
    """Somewhere to send fields to; ``who`` does."""

    path: str
    fields: list[tuple[str, str]]
    who: str
    is_form: bool = False


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


def _inject(there: Attacked, target: Target) -> list[str]:
    """What sqlmap says of the fields of a target; ``form_key`` is another one each time, else it is the same form."""
    who, links = there.sign_in(target.who), there.new_links()
    there.forget_tries()
    path, fields = target.path.format(**links), urlencode(target.fields)
    what: list[object] = ["--url", f"{there.address}{path}?{fields}"]
    if target.is_form:
        sealed = urlencode([*target.fields, ("csrf_token", who.seal), ("form_key", "a" * 22)])
        what = ["--url", f"{there.address}{path}", "--data", sealed, "--randomize", "form_key"]
        what += ["--header", "HX-Request: true"]  # what is refused is then told in a fragment
    names = ",".join(dict.fromkeys(name for name, _ in target.fields))
    bearer = f"Authorization: Bearer {who.token}"
    said = _sqlmap(there, [*what, "-p", names, "--cookie", who.cookie, "--header", bearer])
    about = f"{target.path} {names}"
    return judged(about, said)


def _inject_into_the_api(there: Attacked) -> list[str]:
    """Sqlmap reads the description of the API itself."""
    token = there.sign_in("owner").token
    said = _sqlmap(
        there,
        [
            *("--openapi", f"{there.address}/openapi.json", "--header", f"Authorization: Bearer {token}"),
            *("--skip", "user-agent,referer,host,cookie"),
        ],
    )
    return judged("The API", said)


def _sqlmap(there: Attacked, target: Sequence[object]) -> str:
    dbms = _DBMS[make_url(there.shop.database_url).get_backend_name()]
    with TemporaryDirectory() as folder:
        command = [
            *(_program("sqlmap"), *target, "--batch", "--level", "3", "--dbms", dbms, "--skip-waf"),
            *("--ignore-code", "*", "--ignore-redirects", "--disable-coloring", "--time-limit", _PATIENCE_SECONDS),
            *("--output-dir", folder, "--flush-session"),
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
        Target(path, [(field["name"], "1")], "owner")
        for path, operations in described["paths"].items()
        for field in operations.get("get", {}).get("parameters", [])
        if field["in"] == "query"
    ]


def _target_of(form: SeenForm) -> Target:
    who = {"my": "customer", "floor": "mechanic"}.get(form.path.split("/")[1], "owner")
    return Target(form.path, [(name, values[0]) for name, values in form.fields], who, is_form=True)
