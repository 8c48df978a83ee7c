"""Each trial in its shortest form, on the database that the suite runs with."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from _pytest.mark import ParameterSet

from tests import services
from tests.conftest import WORKER
from tests.faults.__main__ import TRIALS
from tests.faults.hands import Hand, Shelf, Step, TicketState
from tests.faults.trial import NotTried, Result, Trial, drawn
from tests.ops.copies import need_tools


def _in_suite(trial: Trial) -> ParameterSet:
    return pytest.param(trial, id=trial.name, marks=[pytest.mark.single] if trial.is_single else [])


@pytest.mark.parametrize("trial", [_in_suite(trial) for trial in TRIALS if trial.is_in_suite])
def test_nothing_is_lost(trial: Trial) -> None:
    need_tools()
    with trial.ground(os.environ.get("TEST_DATABASE_URL"), f"shop_test_faults_{WORKER}") as shop:
        try:
            assert trial.attempt(shop, 1) == []
        except NotTried as reason:
            services.missing(trial.name, str(reason))


@pytest.mark.single
def test_a_lost_write_is_told() -> None:
    hand = Hand("a", Shelf(customer=1, mechanic=1, common_part=1, own_part=2, own_sku="BOLT"))
    hand.book["a-1"] = now = TicketState("a-1 rattles.", parts=1)
    more = replace(now, parts=2)
    assert hand.agrees_with({"a-1": now, "BOLT": 0}) == []
    assert hand.agrees_with({"BOLT": 0}) == [f"a-1 was acknowledged as {now} and is gone."]
    assert hand.agrees_with({"a-1": more, "BOLT": 1}) == [
        "BOLT was acknowledged as 0 and is 1.",
        f"a-1 was acknowledged as {now} and is {more}.",
    ]
    hand.under_way = Step("key", "POST", "/", {}, thing="a-1", after=more)
    assert hand.agrees_with({"a-1": more, "BOLT": 0}) == hand.agrees_with({"a-1": now, "BOLT": 0}) == []


@pytest.mark.single
def test_the_table_tells_what_was_lost() -> None:
    lost = ["Backup 3: a-7 was acknowledged and is not in it."]
    table = drawn([Result(TRIALS[0], "SQLite", 20, lost, ["9 writes", "3 s"])])
    head, _, row = table.splitlines()
    assert head.split() == ["promise", "how", "tried", "database", "times", "lost", "seen"]
    assert row.startswith(TRIALS[0].promise)
    assert row.endswith("SQLite    20     1     9 writes; 3 s")
