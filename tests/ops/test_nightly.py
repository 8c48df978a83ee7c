"""The backup of every night: one, proven, thinned out, and its trouble told to the owner."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import update

from shop.common.clock import at_moment, local, now, start_of_day, today
from shop.common.transaction import transaction
from shop.extensions import db
from shop.inventory.models import Part
from shop.ops import nightly
from shop.ops.backup import back_up
from shop.ops.copying import BackupRefused, NoScratch, NotABackup
from shop.ops.nightly import kept, nightly_backup
from shop.ops.queries import backup_state
from tests.browser import Browser
from tests.factories import make_part
from tests.ops.copies import nightly_files

NOON = timedelta(hours=12)


class TestKept:
    """By hand: what stays of a backup at each noon of 500 days."""

    def test_seven_days_four_weeks_twelve_months(self) -> None:
        noon = start_of_day(today()) + NOON
        there = {noon - timedelta(days=days) for days in range(500)}
        stay = kept(there)
        days = {noon - timedelta(days=days) for days in range(7)}
        assert days <= stay
        by_week = {tuple(local(moment).isocalendar())[:2] for moment in stay}
        by_month = {(local(moment).year, local(moment).month) for moment in stay}
        assert len(by_month) == 12
        assert len(by_week) >= 4
        assert len(stay) <= 7 + 4 + 12
        assert min(stay) > noon - timedelta(days=366)

    def test_night_after_night_comes_to_the_same(self) -> None:
        """What is thinned out each night never lacks what a later night would have kept."""
        noon = start_of_day(today()) + NOON
        there = set()
        for day in range(500):
            there = kept({*there, noon + timedelta(days=day)})
        last = noon + timedelta(days=499)
        assert {last - timedelta(days=days) for days in range(7)} <= there
        assert len({(local(moment).year, local(moment).month) for moment in there}) == 12
        assert len({tuple(local(moment).isocalendar())[:2] for moment in there}) >= 4

    def test_the_newest_of_a_day_stays_and_holes_do_not_count(self) -> None:
        noon = start_of_day(today()) + NOON
        twice, old = {noon, noon - timedelta(hours=1)}, noon - timedelta(days=700)
        assert kept({*twice, old}) == {noon, old}


class TestNightly:
    def test_once_a_day_after_two(self, folder: Path) -> None:
        midnight = start_of_day(today())
        for hours in (1, 3, 4, 20):
            with at_moment(midnight + timedelta(hours=hours)):
                nightly_backup()
            assert len(nightly_files(folder)) == (0 if hours < 2 else 1)
        assert backup_state().made_at == midnight + timedelta(hours=3)
        with at_moment(midnight + timedelta(hours=27)):
            nightly_backup()
        assert len(nightly_files(folder)) == 2

    def test_several_processes_make_one(self, folder: Path, another_process: Callable[..., Flask]) -> None:
        apps, failures, ready = [another_process() for _ in range(3)], [], Barrier(3)
        noon = start_of_day(today()) + NOON

        def work(app: Flask) -> None:
            try:
                with app.app_context(), at_moment(noon):
                    ready.wait()
                    nightly_backup()
            except Exception as error:  # noqa: BLE001 - told by the test
                failures.append(error)

        threads = [Thread(target=work, args=(app,)) for app in apps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(nightly_files(folder)) == 1

    def test_thins_out_its_own_and_leaves_every_other_file(self, folder: Path) -> None:
        by_hand = back_up()
        noon = start_of_day(today()) + NOON
        moments = {noon - timedelta(days=days) for days in (*range(1, 40), 400, 401, 402)}
        for moment in moments:
            (folder / _name(moment)).touch()
        draft = folder / ".nightly-x.zip.1234.draft"
        draft.touch()
        os.utime(draft, (0, 0))
        with at_moment(noon):
            nightly_backup()
        assert by_hand.exists()
        assert not draft.exists()
        stay = {_name(moment) for moment in kept({*moments, noon})}
        assert set(nightly_files(folder)) == stay
        assert _name(noon) in stay
        assert len(stay) < 20

    def test_a_failure_is_told_to_the_owner_and_tried_again(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, owner: Browser
    ) -> None:
        def refuse() -> None:
            raise BackupRefused("The disk is full.")

        noon = start_of_day(today()) + NOON
        with monkeypatch.context() as patched:
            patched.setattr(nightly, "back_up", lambda to: refuse())
            with at_moment(noon), pytest.raises(BackupRefused):
                nightly_backup()
        assert nightly_files(folder) == []
        assert "No backup was made: The disk is full." in owner.get("/desk/").text
        with at_moment(noon + timedelta(minutes=10)):
            nightly_backup()
        assert nightly_files(folder) == [], "somebody may still be at it"
        with at_moment(noon + timedelta(hours=2, minutes=1)):
            nightly_backup()
        assert len(nightly_files(folder)) == 1
        assert "backup needs you" not in owner.get("/desk/").text

    def test_one_that_can_t_be_gone_back_to_is_thrown_away(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def damaged(file: Path) -> None:
            raise NotABackup("It is damaged.")

        monkeypatch.setattr(nightly, "verify", damaged)
        with at_moment(start_of_day(today()) + NOON), pytest.raises(NotABackup):
            nightly_backup()
        assert nightly_files(folder) == []
        assert backup_state().trouble == "No backup was made: It is damaged."

    def test_one_that_could_not_be_tried_stays_and_is_told(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def no_place(file: Path) -> None:
            raise NoScratch("There is no place.")

        monkeypatch.setattr(nightly, "verify", no_place)
        with at_moment(start_of_day(today()) + NOON):
            nightly_backup()
        assert len(nightly_files(folder)) == 1
        assert backup_state().trouble == "It was made, but could not be tried out. There is no place."

    def test_contradictions_are_told_and_the_backup_stays(self, folder: Path) -> None:
        part_id = make_part(on_hand=5).id
        with transaction():
            db.session.execute(update(Part).values(on_hand=6))
        with at_moment(start_of_day(today()) + NOON):
            nightly_backup()
        assert len(nightly_files(folder)) == 1
        assert f"the books do not agree: Part {part_id}: 6 on the shelf" in backup_state().trouble

    def test_none_for_days_is_told_to_the_owner(self, folder: Path, owner: Browser) -> None:
        noon = start_of_day(today()) + NOON
        with at_moment(noon - timedelta(days=5)):
            nightly_backup()
        page = owner.get("/desk/settings").text
        assert "the background process seems not to run" in page
        assert "The last good one is of" in page
        with at_moment(now() if local(now()).hour >= nightly.BACKUP_HOUR else noon):
            nightly_backup()
        assert "seems not to run" not in owner.get("/desk/settings").text


def test_nobody_but_the_owner_is_told(app: Flask, owner: Browser, desk: Browser) -> None:
    with app.app_context():
        nightly._note(trouble="No backup was made: The disk is full.")
    assert "The disk is full." in owner.get("/desk/").text
    assert "The disk is full." not in desk.get("/desk/").text


def _name(moment: datetime) -> str:
    return f"nightly-{moment:%Y-%m-%dT%H%M%SZ}.zip"
