"""Backups while others write, and restores that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, create_engine, select

from shop.common.base import Base
from shop.common.stamps import ChangeStamp
from shop.extensions import db
from shop.inventory.models import StockMove
from shop.ops import backup, checks
from shop.ops.models import ShopFact
from tests.cast import Cast
from tests.factories import make_part
from tests.faults.shop import FaultShop
from tests.faults.trial import Trial
from tests.faults.writer import BUSY

_WRITERS = 16
_OPENING_SECONDS = 60
_NOT_BROUGHT_BACK = {"login_session", "setup_link", "letter", ChangeStamp.__tablename__, ShopFact.__tablename__}


def under_writers(shop: FaultShop, times: int) -> list[str]:
    """Each backup restores, its books agree, and it holds all that was acknowledged before it began."""
    with shop.opened() as app:
        make_part(name="Belt", on_hand=0)
        Cast(app).account_id("desk")
    lost: list[str] = []
    with shop.writers(_WRITERS) as said:
        _wait_for_all(said)
        for number in range(times):
            before, file = _acknowledged(said()), shop.data / f"{number}.zip"
            shop.run("backup", file)
            lost += [f"Backup {number}: {sentence}" for sentence in _missing(shop, file, before)]
            file.unlink(missing_ok=True)
        words = said()
    shop.noted.append(f"{len(_acknowledged(words)):,} writes acknowledged, {words.count(BUSY)} told to try again")
    return lost


def killed_restores(shop: FaultShop, times: int) -> list[str]:
    """Wherever a restore is killed: what is there afterwards is the former shop or the restored one, to the row."""
    with shop.opened() as app:
        make_part(name="Belt", on_hand=7)
        Cast(app).account_id("desk")
    file = shop.data / "good.zip"
    shop.run("backup", file)
    restored = _rows(shop)
    started = time.monotonic()
    shop.run("restore", file, "--yes")
    seconds = time.monotonic() - started
    lost = [] if _rows(shop) == restored else ["A restore that nobody disturbed brought back something else."]
    for number in range(times):
        with shop.opened():
            make_part(name=f"Bolt {number}", sku=f"BOLT-{number}")
        former = _rows(shop)
        process = shop.flask("restore", file, "--yes")
        try:
            process.communicate(timeout=seconds * (number + 0.5) / times)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        _wait_until_left(shop)
        now = _rows(shop)
        if now not in (former, restored):
            lost.append(f"Killed restore {number}: the shop is neither the former one nor the restored one.")
        with shop.opened():
            lost += [f"Killed restore {number}: {sentence}" for sentence in checks.problems()]
    return lost


def everything(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of what a restore brings back as it was."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in _NOT_BROUGHT_BACK]
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        }


TRIALS = (
    Trial(
        "backups",
        "A backup holds all that was acknowledged before it began",
        f"backup beside {_WRITERS} writers, restored",
        under_writers,
        times=3,
        times_if_long=20,
    ),
    Trial(
        "killed restores",
        "A restore is whole or absent",
        "kill -9 at moments all over a restore",
        killed_restores,
        times=4,
        times_if_long=40,
    ),
)


def _acknowledged(said: list[str]) -> set[str]:
    return set(said) - {BUSY}


def _wait_for_all(said: Callable[[], list[str]]) -> None:
    """Until each of the writers is at work."""
    deadline = time.monotonic() + _OPENING_SECONDS
    while len({each.partition("-")[0] for each in _acknowledged(said())}) < _WRITERS:
        assert time.monotonic() < deadline, said()
        time.sleep(0.05)


def _missing(shop: FaultShop, file: Path, before: set[str]) -> list[str]:
    with shop.opened(), backup.candidate(file) as chosen:
        engine = create_engine(chosen.scratch)
        with engine.connect() as connection:
            reasons = set(connection.scalars(select(StockMove.reason)))
        engine.dispose()
        absent = [f"{each} was acknowledged and is not in it." for each in sorted(before - reasons)]
        return [*chosen.contents.problems, *absent]


def _rows(shop: FaultShop) -> dict[str, list[tuple[object, ...]]]:
    with shop.opened():
        return everything(db.engine)


def _wait_until_left(shop: FaultShop) -> None:
    """A server may need a moment to see that a client was killed."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with shop.opened():
            try:
                return backup.refuse_while_open()
            except backup.BackupRefused:
                time.sleep(0.1)
    raise AssertionError("a killed restore still holds the database")
