"""The whole suite: every test with SQLite alone, and those that may care with each server, and Redis, too."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.front_door.checks import failed_checks
from tools.front_door.environment import PYTHON, prepare, prepare_npm
from tools.front_door.processes import captured, run, text_of
from tools.front_door.settings import ROOT
from tools.front_door.speech import Refused, say

_RESULTS = ROOT / "test-results"
_SERVERS = ("PostgreSQL", "MariaDB")
_PYTEST_PASSED, _PYTEST_NOTHING_TO_RUN = 0, 5


@dataclass(frozen=True)
class Outcome:
    """What one run of pytest came to."""

    database: str
    ended_well: bool
    passed: int = 0
    failed: int = 0
    skipped: tuple[str, ...] = ()


def test(arguments: list[str]) -> int:
    """Install what the tests need, run the checks and the suite, and tell what was run, failed and left out."""
    os.environ.pop("TEST_DATABASE_URL", None)  # each run gets its own
    prepare("requirements-dev.txt")
    try:
        prepare_npm()
    except Refused as refusal:  # what it would have brought is then told as missing
        say(str(refusal))
    services = _look_for_services()
    broken = failed_checks()
    servers = {name: services[name]["found"] for name in _SERVERS if "found" in services[name]}
    redis = {"TEST_REDIS_URL": services["Redis"]["found"]} if "found" in services["Redis"] else {}
    outcomes = [_run_with("SQLite", {}, arguments)]
    for name, url in servers.items():
        outcomes.append(_run_with(name, {"TEST_DATABASE_URL": url, **redis}, ["-m", "not single", *arguments]))
    return _summary(services, broken, outcomes)


def _look_for_services() -> dict[str, dict[str, str]]:
    with captured() as output:
        run([PYTHON, "-W", "ignore", "-m", "tools.front_door.services"], output=output)
        services: dict[str, dict[str, str]] = json.loads(text_of(output))
    for name, state in services.items():
        say(f"{name:<16} {state['found'].rpartition('@')[2] if 'found' in state else 'MISSING: ' + state['missing']}")
    return services


def _run_with(database: str, servers: dict[str, str], arguments: list[str]) -> Outcome:
    say(f"\n=== The tests with {database}{' and Redis' if 'TEST_REDIS_URL' in servers else ''} ===")
    report = _RESULTS / f"{database.lower()}.xml"
    report.unlink(missing_ok=True)
    in_parallel = ["-n", str(os.cpu_count() or 1), "--dist", "worksteal"]
    command = [PYTHON, "-m", "pytest", "-q", f"--junitxml={report}", *in_parallel, *arguments]
    code = run(command, env=servers)
    return _read_report(report, database, ended_well=code in (_PYTEST_PASSED, _PYTEST_NOTHING_TO_RUN))


def _read_report(report: Path, database: str, *, ended_well: bool) -> Outcome:
    if not report.exists():
        return Outcome(database, ended_well=False)
    cases = list(ET.parse(report).getroot().iter("testcase"))  # noqa: S314 - pytest wrote it a moment ago  # nosec B314
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skipped = tuple(filter(None, map(_why_skipped, cases)))
    return Outcome(database, ended_well, passed=len(cases) - failed - len(skipped), failed=failed, skipped=skipped)


def _why_skipped(case: ET.Element) -> str | None:
    skip = case.find("skipped")
    if skip is None or skip.get("type") == "pytest.xfail":
        return None
    return f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}"


def _summary(services: dict[str, dict[str, str]], broken: list[str], outcomes: list[Outcome]) -> int:
    say("\n=== Summary ===")
    missing = [f"{name}: {state['missing']}" for name, state in services.items() if "missing" in state]
    _list("Missing on this machine", missing)
    for outcome in outcomes:
        _list(f"Skipped with {outcome.database}", outcome.skipped)
    _list("Failed checks", broken)
    say(f"{'database':<12}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for outcome in outcomes:
        note = "" if outcome.ended_well or outcome.failed else "   pytest did not end well"
        say(f"{outcome.database:<12}{outcome.passed:>8}{outcome.failed:>8}{len(outcome.skipped):>9}{note}")
    passed, failed = sum(outcome.passed for outcome in outcomes), sum(outcome.failed for outcome in outcomes)
    skipped = sum(len(outcome.skipped) for outcome in outcomes)
    say(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    well = not broken and all(outcome.ended_well for outcome in outcomes)
    nothing_left_out = not missing and not skipped
    return 0 if well and passed and (nothing_left_out or not os.environ.get("CI")) else 1


def _list(heading: str, lines: Iterable[str]) -> None:
    lines = list(lines)
    if lines:
        say(f"{heading}:")
        for line in lines:
            say(f"  {line}")
