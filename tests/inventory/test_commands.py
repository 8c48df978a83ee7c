"""What people do with parts, called directly."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.accounts.models import Account
from shop.audit.models import Event
from shop.audit.queries import timeline
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.common.stamps import Topic, stamp
from shop.common.transaction import transaction
from shop.extensions import db
from shop.inventory import commands, queries, stock
from shop.inventory.models import MAX_QUANTITY, MoveKind, Part, StockMove
from shop.tickets.lifecycle import Approval
from shop.tickets.models import Supply, Ticket
from tests.cast import Cast
from tests.factories import make_part, make_part_line, make_ticket


@pytest.fixture
def by(context: None, cast: Cast) -> Account:
    return cast.account("desk")


def moves_of(part: Part) -> list[StockMove]:
    return list(db.session.scalars(select(StockMove).where(StockMove.part_id == part.id).order_by(StockMove.id)))


def assert_books_agree(part: Part) -> None:
    """What lies on the shelf is the sum of all moves, and each balance is the sum up to it."""
    total = 0
    for move in moves_of(part):
        total += move.quantity
        assert move.balance == total >= 0
    assert part.on_hand == total


class TestAdding:
    def test_works_and_leaves_an_event_and_the_first_count(self, by: Account) -> None:
        part = commands.add_part(name="Oil filter", price_cents=1499, sku="OIL-1", on_hand=4, by=by)
        (move,) = moves_of(part)
        assert (move.kind, move.quantity, move.balance, move.reason) == (MoveKind.COUNTED, 4, 4, "Opening stock")
        assert [entry.sentence for entry in timeline(part)] == ["counted 4", "added the part"]
        assert_books_agree(part)

    def test_of_an_empty_shelf_moves_nothing(self, by: Account) -> None:
        assert moves_of(commands.add_part(name="Oil filter", price_cents=0, by=by)) == []

    @pytest.mark.parametrize(
        ("name", "twin"),
        [
            ("Oil filter", "OIL  FILTER"),
            ("ÄPFEL", "äpfel"),
            ("Straße", "STRASSE"),
            ("é", "e\u0301"),
            ("Σίγμας", "ΣΊΓΜΑΣ"),
        ],
    )
    def test_a_name_is_unique_whatever_its_case(self, by: Account, name: str, twin: str) -> None:
        commands.add_part(name=name, price_cents=1, by=by)
        with pytest.raises(RuleBroken, match=name) as refused:
            commands.add_part(name=twin, price_cents=1, by=by)
        assert refused.value.field == "name"

    def test_a_sku_is_unique_whatever_its_dashes(self, by: Account) -> None:
        commands.add_part(name="Oil filter", sku="oil-1", price_cents=1, by=by)
        with pytest.raises(RuleBroken, match=r"Oil filter has this SKU") as refused:
            commands.add_part(name="Air filter", sku="OIL 1", price_cents=1, by=by)
        assert refused.value.field == "sku"

    def test_several_parts_may_have_no_sku(self, by: Account) -> None:
        for name in ("One", "Two"):
            assert commands.add_part(name=name, sku=None, price_cents=1, by=by).sku_key is None


class TestEditing:
    def test_replaces_what_is_given(self, by: Account) -> None:
        part = make_part(name="Oil filter", price_cents=1499)
        commands.edit_part(part, price_cents=1599, minimum=4, by=by, version=1)
        assert (part.name, part.price_cents, part.minimum, part.version) == ("Oil filter", 1599, 4, 2)
        assert [entry.sentence for entry in timeline(part)] == ["changed the part’s price and minimum"]

    def test_that_changes_nothing_leaves_nothing(self, by: Account) -> None:
        part = make_part()
        commands.edit_part(part, name=part.name, sku=part.sku, by=by)
        assert (part.version, timeline(part)) == (1, [])

    def test_may_change_the_case_of_its_own_name(self, by: Account) -> None:
        part = make_part(name="oil filter")
        assert commands.edit_part(part, name="Oil Filter", by=by).name == "Oil Filter"

    def test_to_the_name_of_another_is_refused(self, by: Account) -> None:
        part, other = make_part(), make_part(name="Air filter")
        with pytest.raises(RuleBroken, match=other.name):
            commands.edit_part(part, name="AIR FILTER", by=by)

    def test_of_an_older_version_is_refused(self, by: Account) -> None:
        part = make_part()
        commands.edit_part(part, minimum=3, by=by, version=1)
        with pytest.raises(StaleEdit):
            commands.edit_part(part, minimum=9, by=by, version=1)
        assert part.minimum == 3

    def test_of_an_archived_part_is_refused(self, by: Account) -> None:
        part = commands.archive_part(make_part(on_hand=0), by=by)
        with pytest.raises(Conflict):
            commands.edit_part(part, minimum=9, by=by)


class TestShelf:
    def test_receive_count_scrap_leave_their_moves(self, by: Account) -> None:
        part = make_part(on_hand=5)
        commands.receive(part, quantity=10, reason="Note 4471", by=by)
        commands.scrap(part, quantity=2, reason="Cracked", by=by)
        commands.count(part, quantity=12, by=by)
        commands.count(part, quantity=12, by=by)
        told = [(move.kind.value, move.quantity, move.balance) for move in moves_of(part)[1:]]
        assert told == [("received", 10, 15), ("scrapped", -2, 13), ("counted", -1, 12), ("counted", 0, 12)]
        assert [entry.sentence for entry in timeline(part)] == [
            "counted 12",
            "counted 12",
            "scrapped 2",
            "received 10",
        ]
        assert_books_agree(part)

    def test_a_ticket_takes_and_gives_back(self, by: Account) -> None:
        part, ticket = make_part(on_hand=5), make_ticket()
        with transaction():
            stock.reserve(part, 5)
            assert (part.on_hand, part.available) == (5, 0)
            stock.fit(part, 5, ticket=ticket, by=by)
            stock.put_back(part, 2, ticket=ticket, by=by)
        used, returned = moves_of(part)[1:]
        assert (used.kind, used.quantity, used.ticket_id, used.reason) == (MoveKind.USED, -5, ticket.id, ticket.label)
        assert (returned.kind, returned.quantity, returned.by_id) == (MoveKind.RETURNED, 2, by.id)
        assert_books_agree(part)

    @pytest.mark.parametrize(("on_hand", "words"), [(3, "Only 3 on the shelf."), (0, "None on the shelf.")])
    def test_more_than_there_is_can_not_go(self, by: Account, on_hand: int, words: str) -> None:
        part = make_part(on_hand=on_hand)
        with pytest.raises(RuleBroken) as refused, transaction():
            stock.reserve(part, on_hand + 1)
        assert (refused.value.message, refused.value.field) == (words, "quantity")
        assert part.on_hand == on_hand
        assert_books_agree(part)

    def test_what_is_kept_for_tickets_stays(self, by: Account) -> None:
        part = make_part(on_hand=5)
        with transaction():
            stock.reserve(part, 3)
        for attempt, words in (
            (lambda: commands.scrap(part, quantity=3, reason="Rust", by=by), "Only 2 available: 5 on the shelf, 3"),
            (lambda: commands.count(part, quantity=2, by=by), "3 of these are kept for tickets"),
        ):
            with pytest.raises(RuleBroken, match=words):
                attempt()
        commands.count(part, quantity=3, by=by)
        assert (part.on_hand, part.reserved, part.available) == (3, 3, 0)
        assert_books_agree(part)

    @pytest.mark.parametrize("quantity", [0, -1, MAX_QUANTITY + 1])
    def test_a_quantity_is_a_sensible_number(self, by: Account, quantity: int) -> None:
        part = make_part()
        for move in (
            lambda: commands.receive(part, quantity=quantity, by=by),
            lambda: commands.scrap(part, quantity=quantity, reason="Cracked", by=by),
        ):
            with pytest.raises(RuleBroken) as refused:
                move()
            assert refused.value.field == "quantity"

    def test_a_shelf_is_not_endless(self, by: Account) -> None:
        part = make_part(on_hand=1)
        with pytest.raises(RuleBroken, match="at most"):
            commands.receive(part, quantity=MAX_QUANTITY, by=by)

    def test_scrapping_takes_a_reason(self, by: Account) -> None:
        with pytest.raises(RuleBroken) as refused:
            commands.scrap(make_part(), quantity=1, reason="", by=by)
        assert refused.value.field == "reason"

    def test_moves_are_never_altered(self, by: Account) -> None:
        part = make_part(on_hand=5)
        (move,) = moves_of(part)
        move.reason = "Another story"
        with pytest.raises(RuntimeError, match="never altered"):
            db.session.flush()
        db.session.rollback()
        db.session.delete(move)
        with pytest.raises(RuntimeError, match="never altered"):
            db.session.flush()

    def test_a_move_renews_the_stamps_of_parts_and_tickets(self, by: Account) -> None:
        part = make_part()
        before = [stamp(topic) for topic in (Topic.PARTS, Topic.TICKETS)]
        commands.receive(part, quantity=1, by=by)
        assert all(stamp(topic) != was for topic, was in zip((Topic.PARTS, Topic.TICKETS), before, strict=True))


class TestArchiving:
    def test_frees_name_and_sku_and_keeps_the_history(self, by: Account) -> None:
        part = make_part(name="Oil filter", sku="OIL-1", on_hand=2)
        commands.scrap(part, quantity=2, reason="Old", by=by)
        commands.archive_part(part, by=by)
        again = commands.add_part(name="OIL FILTER", sku="oil1", price_cents=1, by=by)
        assert again.id != part.id
        assert len(moves_of(part)) == 2
        assert db.session.scalar(queries.visible_to(by).where(Part.id == part.id)) is None
        assert db.session.scalar(queries.known_to(by).where(Part.id == part.id)) is part

    def test_is_refused_while_something_is_left(self, by: Account) -> None:
        part = make_part(on_hand=1)
        with pytest.raises(Conflict, match="still 1 on the shelf"):
            commands.archive_part(part, by=by)
        assert not part.is_archived

    def test_is_refused_while_an_open_ticket_wants_it(self, by: Account) -> None:
        part, ticket = make_part(on_hand=0), make_ticket()
        make_part_line(ticket, part, supply=Supply.WANTED)
        with pytest.raises(Conflict, match=f"Ticket {ticket.label} still wants it"):
            commands.archive_part(part, by=by)
        with transaction():
            ticket.jobs[0].approval = Approval.DECLINED
        commands.archive_part(part, by=by)
        assert part.is_archived

    def test_twice_is_once(self, by: Account) -> None:
        part = make_part(on_hand=0)
        commands.archive_part(commands.archive_part(part, by=by), by=by)
        assert [entry.sentence for entry in timeline(part)] == ["archived the part"]

    def test_nothing_goes_onto_or_off_an_archived_shelf_but_returns(self, by: Account) -> None:
        part, ticket = make_part(on_hand=1), make_ticket()
        with transaction():
            stock.reserve(part, 1)
            stock.fit(part, 1, ticket=ticket, by=by)
        commands.archive_part(part, by=by)
        with pytest.raises(RuleBroken, match="no longer on the shop's list"):
            commands.receive(part, quantity=1, by=by)
        with transaction():
            stock.put_back(part, 1, ticket=ticket, by=by)
        assert part.on_hand == 1

    def test_restore_brings_it_back(self, by: Account) -> None:
        part = commands.archive_part(make_part(name="Oil filter", sku="OIL-1", on_hand=0), by=by)
        commands.restore_part(part, by=by)
        assert (part.is_archived, part.name_key, part.sku_key) == (False, "oil filter", "OIL1")

    def test_restore_is_refused_when_the_name_was_given_away(self, by: Account) -> None:
        part = commands.archive_part(make_part(name="Oil filter", on_hand=0), by=by)
        commands.add_part(name="Oil Filter", price_cents=1, by=by)
        with pytest.raises(RuleBroken, match="Oil Filter"):
            commands.restore_part(part, by=by)
        assert part.is_archived


class TestRaces:
    def test_of_sixteen_who_take_the_last_one_exactly_one_wins(self, app: Flask, cast: Cast) -> None:
        part_id, ticket_id, account_id = _shelf_with(1, app, cast)

        def take_the_last_one() -> None:
            with transaction():
                part = db.session.get_one(Part, part_id)
                ticket, by = _ticket_and_account(ticket_id, account_id)
                stock.reserve(part, 1)
                stock.fit(part, 1, ticket=ticket, by=by)

        outcomes = _at_once(app, [take_the_last_one] * 16)
        assert sorted(outcomes) == [*["None on the shelf."] * 15, "done"]
        _assert_ledger(app, part_id, on_hand=0)

    def test_counting_between_receiving_and_taking_keeps_the_books_true(self, app: Flask, cast: Cast) -> None:
        part_id, ticket_id, account_id = _shelf_with(20, app, cast)

        def take() -> None:
            with transaction():
                part = db.session.get_one(Part, part_id)
                ticket, by = _ticket_and_account(ticket_id, account_id)
                stock.reserve(part, 1)
                stock.fit(part, 1, ticket=ticket, by=by)

        def receive() -> None:
            part = db.session.get_one(Part, part_id)
            commands.receive(part, quantity=2, by=db.session.get_one(Account, account_id))

        def count() -> None:
            part = db.session.get_one(Part, part_id)
            commands.count(part, quantity=10, by=db.session.get_one(Account, account_id))

        assert _at_once(app, [take, receive, count] * 4) == ["done"] * 12
        _assert_ledger(app, part_id)

    def test_of_two_who_edit_the_same_version_one_is_told(self, app: Flask, cast: Cast) -> None:
        part_id, _, account_id = _shelf_with(1, app, cast)

        def edit() -> None:
            part, by = db.session.get_one(Part, part_id), db.session.get_one(Account, account_id)
            commands.edit_part(part, minimum=part.minimum + 1, by=by, version=1)

        outcomes = _at_once(app, [edit] * 4)
        assert outcomes.count("done") == 1
        assert outcomes.count("Somebody saved this part before you.") == 3


def _shelf_with(on_hand: int, app: Flask, cast: Cast) -> tuple[int, int, int]:
    with app.app_context():
        return make_part(on_hand=on_hand).id, make_ticket().id, cast.account_id("desk")


def _ticket_and_account(ticket_id: int, account_id: int) -> tuple[stock.Job, Account]:
    return db.session.get_one(Ticket, ticket_id), db.session.get_one(Account, account_id)


def _at_once(app: Flask, works: list[Callable[[], None]]) -> list[str]:
    """Run each in a thread of its own, all starting together; answers what became of them."""
    gate = Barrier(len(works))
    outcomes: list[str] = []

    def run(work: Callable[[], None]) -> None:
        with app.app_context():
            gate.wait()
            try:
                work()
                outcomes.append("done")
            except (RuleBroken, Conflict) as refused:
                outcomes.append(refused.message)

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _assert_ledger(app: Flask, part_id: int, on_hand: int | None = None) -> None:
    with app.app_context():
        part = db.session.get_one(Part, part_id)
        assert on_hand in (None, part.on_hand)
        assert part.on_hand == db.session.scalar(
            select(func.sum(StockMove.quantity)).where(StockMove.part_id == part_id)
        )
        assert_books_agree(part)
        moved = select(func.count()).select_from(Event).where(Event.action == "part.moved")
        assert db.session.scalar(moved) == len(moves_of(part)) - 1
