"""A backup that the owner asks for on the page of backups, and what that page says."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from shop.common.clock import at_moment, now
from shop.common.transaction import transaction
from shop.extensions import db
from shop.inventory.models import Part
from shop.ops import asked, nightly
from shop.ops.asked import ask_for_backup, backup_if_asked
from shop.ops.backup import back_up
from shop.ops.copying import BackupRefused
from shop.ops.models import ShopFact, tried_fact
from shop.ops.queries import asked_backup, backup_files, backup_state
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import make_part

PAGE = "/desk/settings/backups"

both_ways = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])


def files(folder: Path) -> list[str]:
    return [file.path.name for file in backup_files(folder, ".zip")]


@both_ways
def test_one_is_asked_for_made_and_shown(folder: Path, owner: Browser, htmx: bool) -> None:
    page = owner.get(PAGE)
    assert "There is no good backup yet" in page.text
    assert "No backup is in the folder" in page.text
    page = page.form("Back up now").submit(htmx=htmx)
    assert "A backup is asked for." in page.text
    assert "Back up now" not in page.text
    assert files(folder) == [], "the request makes none"
    backup_if_asked()
    (name,) = files(folder)
    page = owner.get(PAGE)
    assert "The last good backup was made today" in page.text
    assert "Back up now" in page.text
    assert page.rows()[0][1:2] == [f"{name} by hand"]
    assert page.rows()[0][3] == "restored aside, the books agree"
    assert f"restore {folder / name}" in page.text
    assert "asked for a backup" in owner.get("/desk/audit?kind=settings").text


def test_the_page_asks_again_only_while_one_is_made(folder: Path, owner: Browser) -> None:
    assert "data-poll" not in owner.get(PAGE).html
    page = owner.get(PAGE).form("Back up now").submit()
    element = page.fragment("backups")
    assert element
    address = str(element["data-hx-get"])
    with at_moment(now().replace(second=1)):
        address = str(owner.get(PAGE, htmx=True).fragment("backups")["data-hx-get"])  # type: ignore[index]
        assert owner.get(address, htmx=True).status == 204
        backup_if_asked()
        answer = owner.get(address, htmx=True)
    assert answer.status == 200
    assert "The last good backup was made" in answer.text
    assert "data-poll" not in answer.html


def test_asked_for_twice_it_is_made_once(folder: Path, cast: Cast) -> None:
    for _ in range(2):
        ask_for_backup(by=cast.account("owner"))
    for _ in range(2):
        backup_if_asked()
    assert len(files(folder)) == 1


def test_of_two_processes_one_makes_it(folder: Path, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_for_backup(by=cast.account("owner"))
    wanted = asked_backup()
    assert wanted
    assert asked._claim(wanted)
    assert not asked._claim(wanted)
    backup_if_asked()
    assert files(folder) == [], "somebody is at it"
    with at_moment(now() + timedelta(hours=2, minutes=1)):
        backup_if_asked()
    assert len(files(folder)) == 1, "whoever was at it has failed"


def test_whoever_is_late_leaves_what_another_one_is_at(
    folder: Path, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_for_backup(by=cast.account("owner"))

    def make(kind: str) -> None:  # and take longer than anybody waits for
        wanted = asked_backup()
        assert wanted
        with at_moment(now() + timedelta(hours=3)):
            assert asked._claim(wanted)

    monkeypatch.setattr(asked, "make_proven", make)
    backup_if_asked()
    assert asked_backup() is not None


def test_what_is_no_backup_is_not_listed(folder: Path, owner: Browser) -> None:
    (folder / "folder.zip").mkdir()
    (folder / "loop.zip").symlink_to("loop.zip")
    (folder / os.fsdecode(b"od\xffd.zip")).write_bytes(b"x")
    (folder / "mine.zip").write_bytes(b"x")
    page = owner.get(PAGE)
    assert page.status == 200
    assert [row[1] for row in page.rows()] == ["mine.zip by hand"]


def test_what_is_left_of_one_that_was_killed_goes(folder: Path) -> None:
    draft = folder / ".shop-2020-01-01T000000Z.zip.abcd1234.draft"
    draft.write_bytes(b"x")
    os.utime(draft, (1, 1))
    nightly._thin_out()
    assert not draft.exists()


def test_while_it_is_made_the_page_says_since_when(folder: Path, cast: Cast, owner: Browser) -> None:
    ask_for_backup(by=cast.account("owner"))
    wanted = asked_backup()
    assert wanted
    asked._claim(wanted)
    page = owner.get(PAGE)
    assert "A backup is being made, since" in page.text
    assert "Back up now" not in page.text


def test_nobody_who_makes_it_is_told_with_the_command(folder: Path, cast: Cast, owner: Browser) -> None:
    with at_moment(now() - timedelta(minutes=5)):
        ask_for_backup(by=cast.account("owner"))
    page = owner.get(PAGE)
    assert "Nobody makes the backup" in page.text
    assert "flask --app wsgi backup" in page.text


def test_why_none_was_made_is_told_and_it_can_be_asked_for_again(
    folder: Path, cast: Cast, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(to: Path) -> Path:
        raise BackupRefused("The disk is full.")

    ask_for_backup(by=cast.account("owner"))
    with monkeypatch.context() as patched:
        patched.setattr(nightly, "back_up", refuse)
        with pytest.raises(BackupRefused):
            backup_if_asked()
    page = owner.get(PAGE)
    assert page.text.count("No backup was made: The disk is full.") == 1
    assert "The disk is full." in owner.get("/desk/").text
    page.form("Back up now").submit()
    backup_if_asked()
    assert backup_state().trouble == ""
    assert "The disk is full." not in owner.get("/desk/").text


def test_one_whose_books_do_not_agree_says_so(folder: Path, cast: Cast, owner: Browser) -> None:
    make_part(on_hand=5)
    with transaction():
        db.session.execute(update(Part).values(on_hand=6))
    ask_for_backup(by=cast.account("owner"))
    backup_if_asked()
    page = owner.get(PAGE)
    assert "the books do not agree" in page.rows()[0][3]
    assert "The last backup needs you" in page.text


def test_one_made_by_a_command_is_listed_as_not_tried_out(folder: Path, owner: Browser) -> None:
    made = back_up()
    (row,) = owner.get(PAGE).rows()
    assert (row[1], row[3]) == (f"{made.name} by hand", "not yet")


@pytest.mark.parametrize(("hours", "is_told"), [(35, False), (37, True)])
def test_an_old_one_is_told_after_a_day_and_a_half(folder: Path, owner: Browser, hours: int, is_told: bool) -> None:
    with at_moment(now() - timedelta(hours=hours)):
        nightly.make_proven("nightly")
    for page in (owner.get(PAGE), owner.get("/desk/")):
        assert ("the background process seems not to run" in page.text.lower()) is is_told


def test_a_folder_that_cannot_be_read_is_told(folder: Path, owner: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("shop.ops.backup_views.backup_files", fail)
    page = owner.get(PAGE)
    assert page.status == 200
    assert "The folder of backups can’t be read" in page.text


def test_what_is_thinned_out_is_forgotten(folder: Path) -> None:
    for days in (400, 399, 0):
        with at_moment(now() - timedelta(days=days)):
            nightly.make_proven("nightly")
    nightly._thin_out()
    names = {tried_fact(path) for path in folder.glob("*.zip")}
    facts = db.session.query(ShopFact.name).filter(ShopFact.name.startswith("backup.tried."))
    assert {name for (name,) in facts} == names


def test_nobody_but_the_owner_comes_here(desk: Browser, mechanic: Browser, visitor: Browser) -> None:
    assert {desk.get(PAGE).status, mechanic.get(PAGE).status} == {403}
    assert desk.post(PAGE).status == 403
    assert visitor.get(PAGE).path == "/login"


def test_the_settings_lead_here(owner: Browser) -> None:
    assert owner.get("/desk/settings").follow("All backups").path == PAGE
