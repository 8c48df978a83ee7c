"""What the documents promise is what the code and the files hold."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from flask import Flask

from shop.accounts import limits
from shop.accounts.limits import Limit
from shop.accounts.models import MIN_PASSWORD, MIN_STAFF_PASSWORD
from shop.config import ROOT
from tests.whole_app.test_access import ANYONE, CUSTOMERS, DESK, OWNER, SIGNED_IN, STAFF, routes

pytestmark = pytest.mark.single

WHO = {"anyone": ANYONE, "signed in": SIGNED_IN, "staff": STAFF, "desk": DESK, "owner": OWNER, "customers": CUSTOMERS}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(name: str) -> list[list[str]]:
    """The cells of every table in a document, without heads and rules."""
    lines = [line for line in read(name).splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


class TestAccess:
    def test_every_route_is_told_as_it_is(self, app: Flask) -> None:
        told = [
            (row[0], address, WHO[row[2].partition(",")[0]])
            for row in rows("docs/access.md")[1:]
            for address in re.findall(r"`(/[^`]*)`", row[1])
        ]
        used = set()
        for route in routes(app):
            plain = re.sub(r"<[^>]+>", "<id>", route.rule)
            line = next(
                line
                for line in told
                if line[0] in ("any", route.method) or route.method in line[0].split(", ")
                if plain == line[1]
                or (line[1].endswith("…") and plain.startswith(line[1][:-1]))
                or plain == f"{line[1]}/"
                or (line[1] == "/static/…" and route.rule.startswith("/static/"))
            )
            used.add(line[:2])
            assert line[2] == route.may, f"{route.method} {route.rule}"
        assert {line[:2] for line in told} == used


class TestInput:
    """/openapi.json tells of every field that programs send what may stand in it; pages share lengths and ranges."""

    def test_every_field_has_its_bounds(self, app: Flask) -> None:
        described = app.test_client().get("/openapi.json").get_json()
        schemas = described["components"]["schemas"]
        read = {
            operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            for operations in described["paths"].values()
            for operation in operations.values()
            if isinstance(operation, dict) and "requestBody" in operation
        }
        assert len(read) > 15
        for schema in read:
            assert schemas[schema]["additionalProperties"] is False, schema
            for name, field in schemas[schema]["properties"].items():
                assert self.is_bounded(field), f"{schema}.{name}: {field}"

    def is_bounded(self, field: dict[str, Any]) -> bool:
        kinds = {field["type"]} if isinstance(field["type"], str) else set(field["type"])
        if "string" in kinds:
            return "maxLength" in field or "enum" in field or field.get("format") in ("date-time", "password")
        bounds = ("maxItems", "items") if "array" in kinds else ("minimum", "maximum")
        return all(bound in field for bound in bounds)


class TestGuesses:
    @pytest.mark.parametrize(
        ("what", "limit"),
        [
            ("wrong passwords of one account", limits.WRONG_PASSWORDS),
            ("wrong codes of one account, recovery codes included", limits.WRONG_CODES),
            ("tries to sign in from one address", limits.SIGN_INS_FROM_ONE_PLACE),
        ],
    )
    def test_are_bounded_as_told(self, what: str, limit: Limit) -> None:
        (told,) = (row[1] for row in rows("docs/sign-in.md") if row[0] == what)
        minutes = int(limit.window.total_seconds() // 60)
        assert told == f"{limit.most} in {minutes} minutes" + (f", {limit.a_day} in a day" if limit.a_day else "")

    def test_passwords_are_as_long_as_told(self) -> None:
        words = f"A password has {MIN_PASSWORD} characters at least, {MIN_STAFF_PASSWORD} for those who work here"
        assert words in read("docs/sign-in.md")

    def test_how_nobody_is_locked_out_is_told(self) -> None:
        assert "whoever guesses elsewhere keeps nobody out" in read("docs/sign-in.md").replace("\n", " ")


class TestNginx:
    """The server that speaks https before the shop, as docs/deploy.md sets it up."""

    def servers(self) -> list[str]:
        blocks = re.findall(r"```nginx\n(.*?)```", read("docs/deploy.md"), re.DOTALL)
        return re.findall(r"^server \{\n(.*?)^\}", "".join(blocks), re.DOTALL | re.MULTILINE)

    def test_everything_goes_over_https(self) -> None:
        plain, private = self.servers()
        assert re.findall(r"listen (.*);", plain) == ["80"]
        assert re.findall(r"^    (?!listen|server_name)(.*);", plain, re.MULTILINE) == [
            "return 301 https://$host$request_uri"
        ]
        assert re.findall(r"listen (.*);", private) == ["443 ssl"]

    def test_newer_versions_of_tls_alone(self) -> None:
        assert re.findall(r"ssl_protocols +(.*);", self.servers()[1]) == ["TLSv1.2 TLSv1.3"]

    def test_the_certificate_is_one_that_browsers_trust(self) -> None:
        found = re.findall(
            r"ssl_certificate(?:_key)? +/etc/letsencrypt/live/shop\.example\.net/(.*);", self.servers()[1]
        )
        assert found == ["fullchain.pem", "privkey.pem"]


class TestComponents:
    def test_how_soon_a_weakness_is_closed_is_told(self) -> None:
        times = {row[0]: row[1] for row in rows("docs/updates.md") if row[1].endswith(" days")}
        assert list(times.values()) == ["2 days", "7 days", "30 days", "90 days"]

    @pytest.mark.parametrize("name", ["requirements.txt", "static/vendor/CHECKSUMS"])
    def test_what_is_there_was_looked_at(self, name: str) -> None:
        """Whoever changes a version looks whether something is known of it, and says so in docs/updates.md."""
        digest = hashlib.sha256(read(name).encode()).hexdigest()[:12]
        noted = [row for row in rows("docs/updates.md") if row[0] == f"`{name}` `{digest}`"]
        assert len(noted) == 1
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", noted[0][1])

    @pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
    def test_every_package_is_pinned_with_its_checksum(self, name: str) -> None:
        pins = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", read(name), flags=re.MULTILINE))
        assert len(pins) > 40
        for pin in pins:
            assert re.match(r"[\w.-]+(\[[\w,]+\])?==\S+", pin), pin
            assert "--hash=sha256:" in pin, pin

    def test_what_browsers_get_of_others_is_what_they_made(self) -> None:
        folder = ROOT / "static" / "vendor"
        told = dict(reversed(line.split()) for line in (folder / "CHECKSUMS").read_text(encoding="ascii").splitlines())
        there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")}
        assert there == told
