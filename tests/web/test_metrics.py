"""The figures at /metrics: who may read them, what is counted, and how processes add theirs up."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from shop import create_app
from shop.common.clock import at_moment, now
from shop.common.stamps import cache_asked
from shop.config import ROOT, SettingRefused, Settings, read_settings
from shop.extensions import db
from shop.web.kept_answers import keep_answers
from shop.web.metrics import measure_answers
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.factories import make_ticket

TOKEN = "a token for tests alone, long enough"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def measured(app: Flask, settings: Settings) -> Iterator[Flask]:
    """A process as a server runs it, whose figures may be read."""
    process = create_app(replace(settings, metrics_token=TOKEN))
    keep_answers(process)
    measure_answers(process)
    yield process
    cache_asked.disconnect(process.extensions["shop_figures"].cache_asked)
    with process.app_context():
        db.engine.dispose()


def figures(app: Flask) -> dict[str, float]:
    """By name with labels, as Prometheus reads them."""
    response = app.test_client().get("/metrics", headers=BEARER)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    lines = (line.rpartition(" ") for line in response.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def requests(route: str, status: str = "2xx", method: str = "GET") -> str:
    return f'shop_requests_total{{method="{method}",route="{route}",status="{status}"}}'


class TestWhoMayRead:
    def test_nobody_unless_it_is_asked_for(self, app: Flask) -> None:
        measure_answers(app)
        assert app.test_client().get("/metrics", headers=BEARER).status_code == 404

    @pytest.mark.parametrize(
        "header", [None, "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü"]
    )
    def test_nobody_without_the_token(self, measured: Flask, header: str | None) -> None:
        response = measured.test_client().get("/metrics", headers={"Authorization": header} if header else {})
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert "shop_requests" not in response.text

    def test_no_owner_either(self, measured: Flask, cast: Cast) -> None:
        browser = Browser(measured)
        cast.account_id("owner")
        browser.sign_in(cast.email("owner"), PASSWORD)
        assert browser.get("/metrics").status == 401

    def test_a_short_token_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SettingRefused, match="METRICS_TOKEN"):
            read_settings(SHOP_DATA=str(tmp_path), METRICS_TOKEN="short")


class TestWhatIsCounted:
    def test_requests_by_route_and_kind_of_status(self, measured: Flask) -> None:
        client = measured.test_client()
        for url in ("/static/js/shop.js", "/static/js/board.js", "/static/nowhere", "/nowhere"):
            client.get(url)
        client.open("/nowhere", method="BREW")
        seen = figures(measured)
        assert seen[requests("/static/<path:path>")] == 2
        assert seen[requests("/static/<path:path>", "4xx")] == 1
        assert seen[requests("none", "4xx")] == 1
        assert seen[requests("none", "4xx", "other")] == 1
        assert seen['shop_request_seconds_count{method="GET",route="/static/<path:path>"}'] == 3
        assert seen['shop_request_seconds_bucket{le="+Inf",method="GET",route="/static/<path:path>"}'] == 3

    def test_what_is_given_again_is_counted_under_its_route(self, measured: Flask, cast: Cast) -> None:
        with measured.app_context():
            keeps = db.engine.dialect.name == "sqlite"  # on servers others' transactions may come in between
        cast.account_id("desk")
        browser = Browser(measured)
        browser.sign_in(cast.email("desk"), PASSWORD)
        browser.get("/desk/tickets")  # the first page writes when the sign-in was last seen
        with at_moment(now().replace(second=0)):
            for _ in range(3):
                browser.get("/desk/inventory")
        seen = figures(measured)
        assert seen[requests("/desk/inventory")] == 3
        if keeps:
            assert seen["shop_kept_answers_total"] == 2

    def test_the_cache(self, measured: Flask, cast: Cast) -> None:
        cast.account_id("desk")
        browser = Browser(measured)
        browser.sign_in(cast.email("desk"), PASSWORD)
        with measured.app_context():
            make_ticket()
        browser.get("/desk/")
        browser.get("/desk/?mechanic=")
        seen = figures(measured)
        hit, missed = (f'shop_cache_total{{result="{result}",topic="tickets"}}' for result in ("hit", "miss"))
        assert seen[missed] >= 1
        assert seen[hit] >= 1

    def test_connections_in_use(self, measured: Flask) -> None:
        with measured.app_context(), db.engine.connect():
            assert figures(measured)["shop_database_connections"] == 1
        assert figures(measured)["shop_database_connections"] == 0


@pytest.mark.single
def test_processes_add_up(tmp_path: Path) -> None:
    """Two that have a folder in common: each tells of both, and what only living ones have ends with them."""
    program = """
import sys
from shop.web.metrics import Figures
figures = Figures()
figures.answered("GET", "/", "200 OK", 0.01)
figures.connection_taken()
print(figures.told().decode(), "that is all", sep="", flush=True)
sys.stdin.readline()
"""

    def start() -> subprocess.Popen[str]:
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        command = [sys.executable, "-c", program]
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def told(process: subprocess.Popen[str]) -> tuple[float, float]:
        assert process.stdout
        text = "".join(iter(process.stdout.readline, "that is all\n"))
        counted = re.search(r"^shop_requests_total\{.*\} (.+)$", text, re.MULTILINE)
        living = re.search(r"^shop_database_connections (.+)$", text, re.MULTILINE)
        assert counted
        assert living
        return float(counted[1]), float(living[1])

    with start() as first:
        assert told(first) == (1, 1)
        with start() as second:
            assert told(second) == (2, 2)
            second.communicate("end\n")
        with start() as third:
            assert told(third) == (3, 2)
            third.communicate("end\n")
        first.communicate("end\n")
