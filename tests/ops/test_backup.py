"""Backups are whole, prove themselves, and bring back exactly what was: on whichever database the suite runs."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, func, insert, select, text, update

from shop import create_app, revisions
from shop.accounts.models import Account, Letter, LoginSession, SetupLink
from shop.common.clock import now
from shop.common.database import normal_url
from shop.common.stamps import Topic, kept
from shop.common.transaction import transaction
from shop.config import Settings
from shop.extensions import db
from shop.inventory.models import Part
from shop.ops import archive, backup, checks, schema
from shop.ops.backup import Restored, back_up, verify
from shop.ops.copying import BackupRefused, NotABackup, Sqlite, copier_of
from shop.tickets import commands
from shop.tickets.models import RepairLink
from tests.cast import Cast
from tests.factories import make_customer, make_part, make_ticket
from tests.faults.backups import everything
from tests.ops.conftest import wait_until
from tests.ops.copies import beside, forget_former, uploads

Keeper = Callable[..., str]


@pytest.fixture
def keeper(app: Flask) -> Keeper:
    """Types ``flask …`` and answers what was said; ``fails=True`` for what has to be refused."""
    return partial(run_in, app)


def run_in(app: Flask, *arguments: object, fails: bool = False) -> str:
    result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
    assert (result.exit_code != 0) is fails, (result.output, result.exc_info)
    return result.output


@pytest.fixture
def busy(folder: Path, cast: Cast) -> Account:
    """A shop in which something has happened; answers who did it."""
    desk = cast.account("desk")
    ticket = commands.open_ticket(customer=make_customer(name="Zoë Ünal"), complaint="Rattles 🔧", by=desk)
    commands.use_part(ticket, part=make_part(name="Belt", on_hand=7), quantity=2, by=desk)
    db.session.rollback()
    return desk


def restore(file: Path) -> Restored:
    backup.refuse_while_open()
    with backup.candidate(file) as chosen:
        return backup.restore(chosen)


class TestBackup:
    def test_says_what_is_in_it(self, busy: Account, folder: Path) -> None:
        uploads().mkdir()
        (uploads() / "car.jpg").write_bytes(b"a picture")
        (uploads() / ".car.draft").write_bytes(b"half a picture")
        made = back_up()
        assert list(folder.iterdir()) == [made], "nothing else is left behind"
        with ZipFile(made) as packed:
            manifest = json.loads(packed.read("manifest.json"))
            kind = copier_of(db.engine.url)
            assert sorted(packed.namelist()) == sorted([kind.dump_name, "uploads/car.jpg", "manifest.json"])
        assert manifest["database"] == kind.kind
        assert manifest["revision"] == revisions.newest_revision()
        assert (
            manifest["files"]["uploads/car.jpg"]
            == {
                "bytes": 9,
                "sha256": "2ba4a03c9463b6a66acc0b8a9ab4b24b2c5d1d9a2f9d05fb0a3a7ea8dc1dcb17",
            }
            or manifest["files"]["uploads/car.jpg"]["bytes"] == 9
        )
        assert {"made_at", "version", "events", "format"} <= set(manifest)

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
    def test_is_for_its_owner_alone(self, busy: Account, folder: Path) -> None:
        assert stat.S_IMODE(back_up().stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_never_overwrites(self, busy: Account, folder: Path) -> None:
        made = back_up(folder / "mine.zip")
        with pytest.raises(BackupRefused, match="is there already"):
            back_up(made)

    def test_says_when_there_is_no_such_folder(self, busy: Account, folder: Path) -> None:
        with pytest.raises(BackupRefused, match="There is no folder"):
            back_up(folder / "nowhere" / "mine.zip")

    def test_leaves_nothing_behind_when_the_disk_is_full(
        self, busy: Account, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(self: archive.Packing, origin: archive.Origin) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(archive.Packing, "finish", full)
        with pytest.raises(BackupRefused, match=r"could not be written: .*No space left on device"):
            back_up()
        assert list(folder.iterdir()) == []

    def test_a_shop_without_a_schema_has_nothing_to_back_up(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(revisions, "present_revision", lambda: None)
        with pytest.raises(BackupRefused, match="There is no shop in this database yet"):
            back_up()


def contents_of(file: Path) -> dict[str, bytes]:
    with ZipFile(file) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


class TestVerify:
    def test_tells_what_it_holds_and_leaves_nothing(self, busy: Account, folder: Path) -> None:
        contents = verify(back_up())
        assert (contents.customers, contents.tickets, contents.parts, contents.problems) == (1, 1, 1, [])
        assert contents.revision == revisions.newest_revision()
        assert beside() == []

    def test_finds_a_row_that_was_tampered_with(self, busy: Account, folder: Path) -> None:
        part_id = db.session.scalar(select(Part.id))
        with transaction():
            db.session.execute(update(Part).values(on_hand=6))
        made = back_up()
        shelf, cost = verify(made).problems
        assert shelf == f"Part {part_id}: 6 on the shelf, but its moves add up to 7."
        assert cost.startswith("What is kept of shelf cost says ")

    @pytest.mark.parametrize(
        ("spoil", "reason"),
        [
            (lambda file: file.write_text("no backup"), "is damaged, or not a backup of this shop"),
            (lambda file: file.unlink(), r"can't be read: No such file or directory\."),
            (lambda file: file.write_bytes(file.read_bytes()[:-2000]), "is damaged"),
            (lambda file: _flip(file, 0.5), "is damaged"),
            (lambda file: _repack(file, dump=lambda dump: _flipped(dump, 0.5), measure=False), "is damaged: shop"),
            (lambda file: _repack(file, dump=lambda dump: dump[: len(dump) // 2]), "damaged|can't be read|not one of"),
            (lambda file: _repack(file, dump=lambda dump: b""), "damaged|can't be read|not one of"),
            (lambda file: _repack(file, more="surprise.txt"), "has other files in it than its manifest says"),
            (lambda file: _repack(file, revision="9999"), "from a newer version"),
            (lambda file: _repack(file, format=2), "from a newer version"),
            (lambda file: _repack(file, database="oracle"), "This is a backup of a shop on oracle"),
            (lambda file: _repack(file, events=1_000_000), r"events of 1000000\."),
            (lambda file: _repack(file, files={}), "has no database in it"),
            (lambda file: _repack(file, files={"uploads/../../x": {"bytes": 0, "sha256": ""}}), "strange places"),
        ],
        ids=[
            *("text", "missing", "cut", "flipped", "altered", "half", "empty"),
            *("surprise", "newer", "newer-format", "foreign", "lacking", "nothing", "escape"),
        ],
    )
    def test_refuses_what_is_no_good(
        self, busy: Account, folder: Path, spoil: Callable[[Path], object], reason: str
    ) -> None:
        file = back_up(folder / "good.zip")
        spoil(file)
        with pytest.raises(NotABackup, match=reason):
            verify(file)
        assert beside() == []

    def test_a_byte_flipped_anywhere_is_told_or_changes_nothing(self, busy: Account, folder: Path) -> None:
        """Dates and marks of the zip file itself may change unseen; what is in it may not."""
        file = back_up(folder / "good.zip")
        whole, contents = file.read_bytes(), contents_of(file)
        told = 0
        for place in range(0, len(whole), max(1, len(whole) // 150)):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
            try:
                with archive.opened(file) as packed:
                    packed.refuse_altered()
            except NotABackup:
                told += 1
            else:
                assert contents_of(file) == contents, f"byte {place} is another one, and nothing was said"
        assert told > 100


class TestRestore:
    def test_brings_back_exactly_what_was(self, busy: Account, folder: Path) -> None:
        uploads().mkdir()
        (uploads() / "car.jpg").write_bytes(b"a picture")
        was = everything(db.engine)
        file = back_up()
        make_part(name="Bolt")
        commands.open_ticket(customer=make_customer(), complaint="Smells", by=busy)
        with transaction():
            db.session.execute(update(Part).where(Part.name == "Belt").values(name="Overwritten"))
        (uploads() / "car.jpg").unlink()
        (uploads() / "later.jpg").write_bytes(b"another")
        changed = everything(db.engine)
        db.session.rollback()
        done = restore(file)
        assert everything(db.engine) == was != changed
        assert (uploads() / "car.jpg").read_bytes() == b"a picture"
        assert (uploads() / "later.jpg").exists(), "nothing is taken away that the former shop may need"
        assert done.former
        (former,) = beside()
        assert former in done.former

    def test_what_was_kept_is_the_former_shop(self, busy: Account, folder: Path) -> None:
        """Backing up the former database and restoring that undoes it."""
        file = back_up()
        make_part(name="Bolt")
        was = everything(db.engine)
        restore(file)
        url = db.engine.url
        (former,) = beside()
        if url.get_backend_name() == "sqlite":
            former = str(Path(str(url.database)).with_name(former))
        engine = create_engine(url.set(database=former))
        assert everything(engine) == was
        engine.dispose()

    def test_goes_on_as_a_shop_does(self, busy: Account, folder: Path) -> None:
        """Numbers go on, and what refers to what is held by the database as before."""
        file = back_up()
        restore(file)
        desk = db.session.scalars(select(Account)).one()
        ticket = commands.open_ticket(customer=make_customer(), complaint="Smells", by=desk)
        assert ticket.number == 1002
        with pytest.raises(Exception, match=r"(?i)foreign key"), transaction():
            db.session.execute(text("DELETE FROM part"))
        assert verify(back_up(folder / "again.zip")).problems == []

    def test_ends_sign_ins_and_links_and_sends_no_letter_twice(self, busy: Account, folder: Path, cast: Cast) -> None:
        cast.browser("desk")
        with transaction():
            dates = {"expires_at": now(), "created_at": now()}
            db.session.execute(insert(SetupLink).values(account_id=cast.account_id("desk"), token_id="token", **dates))
            letter = {"kind": "invitation", "to": "a@example.net", "subject": "Hello", "body": "Come in"}
            db.session.execute(insert(Letter).values(tries=0, failure="", due_at=now(), created_at=now(), **letter))
        commands.give_link(make_ticket(), by=busy)
        file = back_up()
        db.session.rollback()
        restore(file)
        assert _ended(LoginSession.revoked_at) == (1, 1)
        assert _ended(RepairLink.ended_at) == (1, 1)
        assert _ended(SetupLink.ended_at) == (1, 1)
        assert _ended(Letter.due_at) == (1, 0)

    def test_nothing_kept_from_before_is_taken_for_it(self, busy: Account, folder: Path) -> None:
        def names() -> list[str]:
            return kept(
                Topic.PARTS, "names", build=lambda: list(db.session.scalars(select(Part.name).order_by(Part.id)))
            )

        file = back_up()
        make_part(name="Bolt")
        assert names() == ["Belt", "Bolt"]
        db.session.rollback()
        restore(file)
        assert names() == ["Belt"]
        make_part(name="Nut")
        assert names() == ["Belt", "Nut"]

    def test_refuses_while_another_has_it_open(
        self, busy: Account, folder: Path, another_process: Callable[..., Flask]
    ) -> None:
        if sys.platform == "win32":
            pytest.skip("Windows itself refuses to replace an open file")
        file = back_up()
        was = everything(db.engine)
        another = another_process()
        with another.app_context():
            db.session.scalar(select(func.count(Part.id)))
        with pytest.raises(BackupRefused, match=r"The shop is open"):
            backup.refuse_while_open()
        with backup.candidate(file) as chosen, pytest.raises(BackupRefused, match=r"The shop is open"):
            backup.restore(chosen)
        assert everything(db.engine) == was
        assert beside() == []
        with another.app_context():
            db.session.remove()
            db.engine.dispose()
        assert restore(file).former

    def test_a_failure_on_the_way_leaves_the_shop_as_it_was(
        self, busy: Account, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = back_up()
        make_part(name="Bolt")
        was = everything(db.engine)
        db.session.rollback()
        monkeypatch.setattr(backup, "_end_what_was_open", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            restore(file)
        assert everything(db.engine) == was
        assert beside() == []

    def test_an_upload_that_was_altered_is_made_good(self, busy: Account, folder: Path) -> None:
        (uploads() / "deep").mkdir(parents=True)
        picture = uploads() / "deep" / "car.jpg"
        picture.write_bytes(b"a picture")
        file = back_up()
        picture.write_bytes(b"something else")
        restore(file)
        assert picture.read_bytes() == b"a picture"
        (other,) = [path for path in picture.parent.iterdir() if path != picture]
        assert other.read_bytes() == b"something else"

    def test_leaves_the_backup_itself_alone(self, busy: Account, folder: Path) -> None:
        file = back_up()
        before = file.read_bytes()
        restore(file)
        assert file.read_bytes() == before


@pytest.mark.single
class TestBareDatabase:
    """A SQLite file as such: what a restore kept, or a copy that somebody made by hand."""

    @pytest.fixture
    def database(self, busy: Account, folder: Path) -> Path:
        db.session.remove()
        return Path(str(db.engine.url.database))

    def test_takes_what_is_still_in_the_log_beside_it(self, database: Path, folder: Path) -> None:
        """A raw copy of a database in use is two files; both count."""
        with closing(sqlite3.connect(database)) as live:
            live.execute("UPDATE part SET minimum = 42")
            live.commit()
            for ending in ("", "-wal"):
                shutil.copyfile(f"{database}{ending}", f"{folder / 'raw.db'}{ending}")
        assert (folder / "raw.db-wal").stat().st_size
        restore(folder / "raw.db")
        assert _rows(database, "SELECT minimum FROM part") == [(42,)]

    def test_a_log_without_its_database_is_not_mixed_in(self, database: Path, folder: Path) -> None:
        file = back_up()
        db.session.remove()
        db.engine.dispose()
        with closing(sqlite3.connect(database)) as live:
            live.execute("UPDATE part SET name = 'Of another time'")
            live.commit()
            shutil.copyfile(f"{database}-wal", folder / "log")
        database.unlink()
        shutil.copyfile(folder / "log", f"{database}-wal")
        assert restore(file).former is None
        assert _rows(database, "SELECT name FROM part") == [("Belt",)]

    def test_replaces_a_database_that_is_beyond_help(self, database: Path, folder: Path) -> None:
        file = back_up()
        db.session.remove()
        db.engine.dispose()
        database.write_bytes(b"no database at all" * 1000)
        former = restore(file).former
        assert _rows(database, "SELECT name FROM part") == [("Belt",)]
        assert former
        assert Path(former).read_bytes().startswith(b"no database")

    def test_a_damaged_database_is_not_backed_up(self, database: Path, folder: Path) -> None:
        damaged = folder / "damaged.db"
        db.engine.dispose()
        shutil.copyfile(database, damaged)
        with damaged.open("r+b") as file:
            file.seek(40_000)
            file.write(bytes(20_000))
        with pytest.raises(BackupRefused, match="is damaged"):
            Sqlite(db.engine.url.set(database=str(damaged))).dump(BytesIO())

    @pytest.mark.parametrize(
        ("script", "reason"),
        [
            ("DROP TABLE alembic_version", r"but not one of this shop\."),
            ("UPDATE alembic_version SET version_num = '9999'", "from a newer version"),
        ],
    )
    def test_refuses_another_database(self, database: Path, folder: Path, script: str, reason: str) -> None:
        db.engine.dispose()
        shutil.copyfile(database, folder / "raw.db")
        _write(folder / "raw.db", script)
        with pytest.raises(NotABackup, match=reason):
            verify(folder / "raw.db")

    def test_rows_that_refer_to_nothing_are_told(self, database: Path, folder: Path) -> None:
        db.engine.dispose()
        shutil.copyfile(database, folder / "raw.db")
        _write(folder / "raw.db", "DELETE FROM part")
        assert "1 rows of stock_move refer to a part that is not there." in verify(folder / "raw.db").problems


class TestCommands:
    """As the shop's keeper types them."""

    def test_there_and_back(self, keeper: Keeper, busy: Account, folder: Path) -> None:
        said = keeper("backup", folder / "good.zip")
        assert said.startswith("Database: ")
        assert f"Backup written: {folder / 'good.zip'} (" in said
        make_part(name="Bolt")
        db.session.rollback()
        assert "Aborted" in keeper("restore", folder / "good.zip", fails=True)
        assert "Error: " in keeper("restore", folder / "nothing.zip", "--yes", fails=True)
        said = keeper("restore", folder / "good.zip", "--yes")
        assert "It holds 1 customer, 1 ticket, 1 part and " in said
        assert "Everybody has to sign in again" in said
        assert "What the shop had before is kept as" in said
        assert list(db.session.scalars(select(Part.name))) == ["Belt"]
        db.session.rollback()
        assert "The books agree" in keeper("check")

    def test_verify_takes_the_newest_and_fails_when_anything_is_wrong(
        self, keeper: Keeper, busy: Account, folder: Path
    ) -> None:
        assert "There is no backup in" in keeper("backup", "--verify", fails=True)
        keeper("backup")
        said = keeper("backup", "--verify")
        assert "It holds 1 customer, 1 ticket, 1 part and " in said
        assert "the books agree" in said
        with transaction():
            db.session.execute(update(Part).values(on_hand=6))
        keeper("backup", folder / "wrong.zip")
        said = keeper("backup", "--verify", fails=True)
        assert "6 on the shelf, but its moves add up to 7." in said
        assert "2 contradictions in its books." in said

    def test_a_backup_of_an_older_version_is_brought_up_to_date(
        self, folder: Path, database_url: str, data: Path, settings: Settings
    ) -> None:
        data.mkdir()
        older = create_app(replace(settings, database_url=normal_url(database_url)))
        with older.app_context():
            revisions.prepare_migrations(older)
            upgrade(revision="0005")
            file = back_up(folder / "old.zip")
            schema.bring_up_to_date()
            assert run_in(older, "restore", file, "--yes").count("it has the newest schema now") == 1
            assert revisions.present_revision() == revisions.newest_revision()
            assert checks.problems() == []
            db.session.remove()
            db.engine.dispose()
            forget_former()

    @pytest.mark.single
    def test_refuse_while_the_shop_is_open(
        self, run: Callable[..., str], flask: Callable[..., subprocess.Popen[str]], data: Path
    ) -> None:
        """A process that only waits has it open as well."""
        run("init-db")
        working = flask("work")
        wait_until((data / "shop.db-wal").exists)
        assert "The shop is open" in run("restore", data / "good.zip", "--yes", fails=True)
        working.terminate()
        assert working.wait(timeout=60) == 0


def _ended(column: Any) -> tuple[int, int]:
    """How many rows there are, and in how many this column has a moment."""
    every, some = db.session.execute(select(func.count(), func.count(column))).one()
    db.session.rollback()
    return every, some


def _repack(
    file: Path, *, dump: Callable[[bytes], bytes] = bytes, measure: bool = True, more: str = "", **manifest: Any
) -> None:
    """Write a backup anew with something changed in it, by somebody who knows how."""
    with ZipFile(file) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    said = json.loads(members.pop("manifest.json"))
    for name in [name for name in members if not name.startswith("uploads")]:
        members[name] = dump(members[name])
        if measure:
            measured = archive._Measured().write(members[name])
            said["files"][name] = {"bytes": measured.length, "sha256": measured.digest.hexdigest()}
    said |= manifest
    if "files" in manifest:
        members = dict.fromkeys(manifest["files"], b"")
    with ZipFile(file, "w") as packed:
        for name, content in {**members, **({more: b"hello"} if more else {})}.items():
            packed.writestr(name, content)
        packed.writestr("manifest.json", json.dumps(said))


def _flip(file: Path, where: float) -> None:
    file.write_bytes(_flipped(file.read_bytes(), where))


def _flipped(content: bytes, where: float) -> bytes:
    place = int(len(content) * where)
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.execute(query))


def _write(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
