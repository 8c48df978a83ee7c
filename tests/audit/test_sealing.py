"""The history stays as it was: the database refuses to alter it, and seals tell when somebody did nevertheless."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from shop.audit import append_only, digests, sealing
from shop.audit.models import Event, EventChange, Seal
from shop.audit.sealing import Sealer, Verdict
from shop.common.transaction import transaction
from shop.customers.commands import edit_customer
from shop.extensions import db
from shop.ops import checks, schema
from tests.cast import Cast
from tests.conftest import unguarded
from tests.factories import make_customer


@pytest.fixture(autouse=True)
def some_history(context: None, cast: Cast) -> None:
    """Twenty events of a customer whose telephone number changes."""
    desk, joy = cast.account("desk"), make_customer(name="Joy Park", phone="555 0100")
    with transaction():
        for number in range(20):
            edit_customer(joy, phone=f"555 01{number:02}" if number else "555 0199", by=desk)


def sealed(monkeypatch: pytest.MonkeyPatch, *, batch: int = 6) -> None:
    monkeypatch.setattr(sealing, "BATCH", batch)
    sealer = Sealer()
    assert (sealer(), sealer()) == (0, 4)


def verdict(**asked: str) -> Verdict:
    with checks.one_moment() as connection:
        return sealing.verify(connection, **asked)


def by_force(*statements: object) -> None:
    """As somebody with the database's own tools would."""
    with transaction(), unguarded(db.session.connection()):
        for statement in statements:
            db.session.execute(statement)  # type: ignore[call-overload]


def erased(change: EventChange) -> dict[str, str | None]:
    digest = digests.of_values(change.salt, change.before, change.after)
    return {"before": None, "after": None, "salt": None, "digest": digest}


def a_change() -> EventChange:
    return db.session.scalars(select(EventChange).order_by(EventChange.id).offset(4).limit(1)).one()


class TestAppendOnly:
    def test_the_database_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        for statement in (
            update(Event).values(action="customer.added"),
            update(Event).values(by_id=None),
            delete(Event),
            delete(EventChange),
            update(EventChange).values(after="somebody else"),
            update(EventChange).values(before=None, after=None, salt=None),
            update(EventChange).values(field="name", before=None, after=None, salt=None, digest="0" * 64),
            update(EventChange).values(digest="0" * 64),
            update(Seal).values(hash="0" * 64),
            delete(Seal),
        ):
            with pytest.raises(DBAPIError, match="stays"), transaction():
                db.session.execute(statement)
        assert verdict().problems == []

    def test_a_refusal_is_told_as_our_own_fault(self) -> None:
        """Never as a database that is away, nor as somebody who was quicker."""
        from shop.common.database import is_broken_rule, is_lost_race

        with pytest.raises(DBAPIError) as refused, transaction():
            db.session.execute(delete(Event))
        assert is_broken_rule(refused.value) or not is_lost_race(refused.value)  # type: ignore[arg-type]
        assert type(refused.value).__name__ == "IntegrityError" or is_broken_rule(refused.value)

    def test_a_value_can_be_replaced_by_its_digest_once(self) -> None:
        change = a_change()
        erasing = update(EventChange).where(EventChange.id == change.id)
        with transaction():
            db.session.execute(erasing.values(**erased(change)))
        with pytest.raises(DBAPIError), transaction():
            db.session.execute(erasing.values(digest="0" * 64))

    def test_postgresql_does_not_empty_them_at_once(self) -> None:
        if db.engine.dialect.name == "postgresql":
            with pytest.raises(DBAPIError), transaction():
                db.session.execute(text("TRUNCATE event_change"))

    def test_triggers_that_are_gone_are_told_and_put_back(self) -> None:
        with transaction():
            append_only.stand_aside(db.session.connection())
        problem = next(iter(verdict().problems))
        assert problem in checks.problems()
        assert "does not refuse" in problem
        schema.bring_up_to_date()
        assert verdict().problems == []
        with pytest.raises(DBAPIError), transaction():
            db.session.execute(delete(Event))


class TestSeals:
    def test_hold(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        found = verdict()
        assert (found.problems, found.sealed, found.seals, found.not_sealed) == ([], 20, 4, 0)
        assert checks.problems() == []

    def test_cover_only_what_was_there_the_time_before(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sealing, "BATCH", 100)
        sealer = Sealer()
        sealer()
        edit_customer(make_customer(), name="Somebody new", by=cast.account("desk"))
        assert sealer() == 1
        assert (verdict().sealed, verdict().not_sealed) == (20, 1)
        assert sealer() == 1
        assert (verdict().sealed, verdict().not_sealed) == (21, 0)
        assert sealer() == 0

    def test_of_two_workers_one_seals(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        last = db.session.scalars(select(Seal).order_by(Seal.id.desc()).limit(1)).one()
        twin = {name: getattr(last, name) for name in ("first_id", "last_id", "marks", "previous", "hash", "sealed_at")}
        with pytest.raises(DBAPIError), transaction():
            db.session.execute(insert(Seal).values(twin))

    def test_still_hold_when_values_are_erased(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        with transaction():
            for change in db.session.scalars(select(EventChange)).all():
                db.session.execute(update(EventChange).where(EventChange.id == change.id).values(**erased(change)))
        assert db.session.scalar(select(func.count(EventChange.after))) == 0
        assert verdict().problems == []

    def test_tell_what_was_altered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        ids = list(db.session.scalars(select(Event.id).order_by(Event.id)))
        by_force(
            update(Event).where(Event.id == ids[1]).values(by_id=None),
            update(EventChange).where(EventChange.event_id == ids[3]).values(after="555 6666"),
            update(EventChange)
            .where(EventChange.event_id == ids[7])
            .values(before=None, after=None, salt=None, digest="0" * 64),
            delete(EventChange).where(EventChange.event_id == ids[12]),
        )
        assert verdict().problems == [f"Event {ids[place]} was altered." for place in (1, 3, 7, 12)]

    def test_tell_what_is_missing_or_was_put_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        ids = list(db.session.scalars(select(Event.id).order_by(Event.id)))
        by_force(
            delete(EventChange).where(EventChange.event_id == ids[10]),
            delete(Event).where(Event.id == ids[10]),
        )
        assert verdict().problems == [f"Event {ids[10]} is missing."]
        again = {"id": ids[10], "action": "customer.added", "subject_kind": "customer", "subject_id": 1, "facts": {}}
        with transaction():
            db.session.execute(insert(Event).values(again))
        assert verdict().problems == [f"Event {ids[10]} was altered."]

    def test_tell_of_altered_seals(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        first, second, third, _ = db.session.scalars(select(Seal).order_by(Seal.id)).all()
        by_force(update(Seal).where(Seal.id == second.id).values(hash="0" * 64))
        follows = "Seal {} does not follow the one before it: a seal was altered or is missing."
        assert verdict().problems == [f"Seal {second.id} was altered.", follows.format(third.id)]
        by_force(delete(Seal).where(Seal.id == second.id))
        assert verdict().problems == [follows.format(third.id)]
        by_force(update(Seal).where(Seal.id == first.id).values(marks="nonsense"))
        assert first.marks  # the hash does not stand on it
        assert verdict().problems == [follows.format(third.id)]

    def test_an_end_that_is_gone_is_told_to_whoever_noted_the_last_hash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        noted = verdict().last_hash
        assert verdict(holds=noted).problems == []
        last = db.session.scalars(select(Seal).order_by(Seal.id.desc()).limit(1)).one()
        gone = select(Event.id).where(Event.id >= last.first_id)
        by_force(
            delete(Seal).where(Seal.id == last.id),
            delete(EventChange).where(EventChange.event_id.in_(gone.scalar_subquery())),
            delete(Event).where(Event.id >= last.first_id),
        )
        assert verdict().problems == []
        assert "its end is gone" in verdict(holds=noted).problems[0]

    def test_the_digest_of_an_erased_value_tells_nothing(self) -> None:
        """Without the salt nobody finds the number by trying all there are."""
        change = a_change()
        digest = digests.of_values(change.salt, change.before, change.after)
        assert digest != digests.of_values(None, change.before, change.after)
        assert len(set(db.session.scalars(select(EventChange.salt)))) == 20


class TestCommand:
    def run(self, app: Flask, *arguments: str) -> tuple[int, str]:
        result = app.test_cli_runner().invoke(args=["audit", "verify", *arguments])
        return result.exit_code, result.output

    def test_says_that_all_holds(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        code, output = self.run(app)
        assert code == 0, output
        assert "The history holds: 20 events under 4 seals, 0 newer ones not sealed yet." in output
        assert re.search(r"The last seal is [0-9a-f]{64}\n", output)

    def test_says_what_does_not(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        event_id = db.session.scalar(select(func.min(Event.id)))
        by_force(update(Event).where(Event.id == event_id).values(action="customer.archived"))
        code, output = self.run(app, "--holds", "0" * 64)
        assert code == 1
        assert f"Event {event_id} was altered." in output
        assert "No seal has the hash" in output
        assert "The history does not hold: 2 problems" in output

    def test_check_reads_the_newest(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed(monkeypatch)
        event_id = db.session.scalar(select(func.max(Event.id)))
        by_force(update(Event).where(Event.id == event_id).values(subject_id=7))
        assert f"Event {event_id} was altered." in checks.problems()
