"""How SQLite goes about the lists of a filled shop: it walks an index, and sorts nothing that grows with the years.

The servers choose another way for a small shop than for a large one: see ``test_rows_read``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, true
from sqlalchemy.orm import aliased

from shop.accounts.models import Account
from shop.common.clock import Period
from shop.common.open_work import open_work_of
from shop.common.paging import to_cursor
from shop.common.stamps import ChangeStamp
from shop.common.transaction import transaction
from shop.customers import queries as customers
from shop.customers.models import Customer, Vehicle
from shop.extensions import cache, db
from shop.inventory import queries as inventory
from shop.inventory.models import Part, StockMove
from shop.leaderboard import queries as leaderboard
from shop.mechanics.models import Mechanic
from shop.search.queries import find
from shop.tickets.beside import beside
from shop.tickets.lifecycle import Status
from shop.tickets.models import Assignment, Ticket
from shop.tickets.queries import (
    count_tickets,
    list_tickets,
    owned_by,
    page_of_tickets,
    under_way,
    whole_for_staff,
)
from shop.tickets.selection import Due, Scope, Sort, TicketFilter, is_bounded
from shop.trail import queries as trail_queries
from shop.trail import selection as trail
from tests.bench.conftest import filled_shop

pytestmark = pytest.mark.single

SORTS = "USE TEMP B-TREE FOR ORDER BY"

Statement = tuple[str, Any]


@pytest.fixture(scope="module", params=[1_000, 100_000])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Two shops of so many tickets, one after the other."""
    with filled_shop(tmp_path_factory.mktemp("plans"), request.param) as app:
        yield app


def statements_of(read: Callable[[], Any]) -> list[Statement]:
    """What is asked of the database, when nothing is kept from before."""
    asked: list[Statement] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        asked.append((statement, values))

    cache.clear()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        read()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
        db.session.rollback()
    return [(statement, values) for statement, values in asked if statement.startswith(("SELECT", "WITH"))]


def check(read: Callable[[], Any], *, may_sort: bool = False, may_walk: bool = True) -> None:
    """Reading this costs no more in a shop's tenth year than in its first.

    ``may_sort`` says that few rows are sorted as they are found; ``may_walk``, that nearly every row walked over
    is wanted.
    """
    asked = statements_of(read)
    assert asked
    for statement, plan in plans_of(asked).items():
        check_plan(statement, plan, may_sort=may_sort, may_walk=may_walk)


def plans_of(asked: list[Statement]) -> dict[str, list[str]]:
    """What SQLite says it will do for each statement."""
    driver: Any = db.session.connection().connection.driver_connection
    return {
        statement: _where_it_may_grow(driver.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall())
        for statement, values in asked
        if _OF_FEW_IDS not in statement
    }


_SMALL = re.compile("change_stamp|ticket_bin_index")
#: Who is on the few tickets of a page, and what they drive.
_OF_FEW_IDS = " IN (?, ?"


def _where_it_may_grow(steps: list[tuple[int, int, int, str]]) -> list[str]:
    """The steps by which the few ids of a page are found, where that is done first; else all of them."""
    first = {number for number, _, _, step in steps if step.startswith(("MATERIALIZE", "CO-ROUTINE"))}
    return [step for _, parent, _, step in steps if not first or parent in first]


def check_plan(statement: str, plan: list[str], *, may_sort: bool, may_walk: bool) -> None:
    """No sorting, and nothing is read from one end to the other unless it ends where the page is full."""
    assert may_sort or SORTS not in " ".join(plan), (statement, plan)
    walked = [step for step in plan if step.startswith("SCAN") and not _SMALL.search(step)]
    if any("ticket" in step or "customer" in step or "line" in step for step in walked):
        assert may_walk, (statement, plan)
        assert " LIMIT " in statement, (statement, plan)
        assert SORTS not in " ".join(plan), (statement, plan)


SCOPES = (Scope.OPEN, Scope.WORK, Scope.CLOSED, Scope.ALL, Scope.ARCHIVED)
LISTS = [TicketFilter(scope=scope, sort=sort) for scope in SCOPES for sort in Sort]
LISTS += [TicketFilter(status=status) for status in Status]
LISTS += [TicketFilter(scope=Scope.OPEN, due=due) for due in Due]
LISTS += [TicketFilter(is_waiting=True), TicketFilter(customer_id=100), TicketFilter(vehicle_id=1)]


@pytest.mark.parametrize("wanted", LISTS, ids=str)
def test_a_list_of_tickets(filled: Flask, wanted: TicketFilter) -> None:
    may_walk = wanted.status is None and not is_bounded(wanted)
    check(lambda: list_tickets(wanted), may_sort=is_bounded(wanted), may_walk=may_walk)
    check(lambda: count_tickets(wanted, at_most=1000), may_walk=may_walk)


@pytest.mark.parametrize("scope", SCOPES)
def test_the_tickets_of_one_mechanic(filled: Flask, scope: Scope) -> None:
    mechanic = db.session.scalars(select(Assignment.mechanic_id).limit(1)).one()
    wanted = TicketFilter(scope=scope, mechanic_id=mechanic)
    check(lambda: list_tickets(wanted), may_sort=is_bounded(wanted))


@pytest.mark.parametrize("sort", Sort)
def test_from_the_middle_on_and_back(filled: Flask, sort: Sort) -> None:
    """The first page is left behind by cursors, the later ones by a cursor of the same kind into the middle."""
    wanted = TicketFilter(sort=sort)
    first = list_tickets(wanted)
    check(lambda: list_tickets(wanted, after=first.after))
    check(lambda: list_tickets(wanted, before=first.after))
    if sort in (Sort.NEWEST, Sort.OLDEST):
        middle = to_cursor([(db.session.scalar(select(func.max(Ticket.id))) or 0) // 2])
        check(lambda: list_tickets(wanted, after=middle))
        check(lambda: list_tickets(wanted, before=middle))


@pytest.mark.parametrize("q", ["brake", "toyota brake", "jo", "1500", "zebra", "#1200"])
def test_a_search(filled: Flask, q: str) -> None:
    wanted = TicketFilter(q=q)
    check(lambda: list_tickets(wanted))
    check(lambda: count_tickets(wanted, at_most=1000), may_sort=True)


@pytest.mark.parametrize("q", ["brake", "jo", "1500", "zebra"])
def test_the_search_of_everything(filled: Flask, q: str) -> None:
    check(lambda: find(q), may_sort=True)


def test_my_tickets(filled: Flask) -> None:
    account = db.session.scalars(select(Account).where(Account.email == "customer@example.com")).one()
    vehicle = among_the_most().vehicle_id
    check(lambda: db.session.execute(under_way(owned_by(account))).all())
    check(lambda: list_tickets(TicketFilter(scope=Scope.CLOSED, customer_id=account.customer_id)))
    check(lambda: list_tickets(TicketFilter(customer_id=account.customer_id, vehicle_id=vehicle)))
    check(lambda: page_of_tickets(TicketFilter(customer_id=account.customer_id), number=1, size=25), may_sort=True)


def test_a_ticket_and_what_stands_beside_it(filled: Flask) -> None:
    ticket = among_the_most()
    check(lambda: whole_for_staff(select(Ticket).where(Ticket.id == ticket.id)), may_sort=True, may_walk=False)
    check(lambda: beside(ticket), may_sort=True, may_walk=False)


def among_the_most() -> Ticket:
    """An open ticket whose vehicle has been here more often than any other that is here."""
    visit = aliased(Ticket)
    those = select(Ticket).join(visit, visit.vehicle_id == Ticket.vehicle_id).where(Ticket.is_open == true())
    return db.session.scalars(those.group_by(Ticket.id).order_by(func.count().desc(), Ticket.id).limit(1)).one()


@pytest.mark.parametrize("sort", customers.Sort, ids=str)
def test_the_list_of_customers(filled: Flask, sort: customers.Sort) -> None:
    check(lambda: customers.listed(customers.CustomerFilter(sort=sort)))
    stamps = statements_of(lambda: db.session.execute(select(ChangeStamp.name, ChangeStamp.mark, ChangeStamp.listed)))
    assert statements_of(lambda: customers.how_many(customers.CustomerFilter())) == stamps


@pytest.mark.parametrize("is_archived", [False, True, None])
def test_the_vehicles_of_one_customer(filled: Flask, is_archived: bool | None) -> None:
    vehicle = db.session.scalars(select(Vehicle).order_by(Vehicle.id.desc())).first()
    assert vehicle
    middle = {"after": to_cursor([vehicle.id - 1] if is_archived is not None else [0, vehicle.id - 1])}
    for place in ({}, middle):
        asked = statements_of(
            lambda place=place: customers.vehicles_of(vehicle.customer, is_archived=is_archived, size=12, **place)  # type: ignore[misc]
        )
        walks_an_index(asked)
    walks_an_index(statements_of(lambda: customers.place_of(vehicle, size=12)))


def walks_an_index(asked: list[Statement]) -> None:
    """Of the vehicles only those of one customer are met, in their order."""
    for statement, plan in plans_of(asked).items():
        met = [step for step in plan if "vehicle" in step]
        assert all("ix_vehicle_customer_id_id" in step or "(rowid=?)" in step for step in met), (statement, plan)
        assert SORTS not in " ".join(plan), (statement, plan)


def test_who_looks_like_a_customer_and_who_was_merged_into_one(filled: Flask) -> None:
    customer = db.session.scalars(select(Customer).where(Customer.phone_key.is_not(None)).limit(1)).one()
    check(lambda: customers.look_alikes(customer, limit=3), may_sort=True, may_walk=False)
    check(lambda: customers.merged_into(customer), may_walk=False)


@pytest.mark.parametrize("sort", inventory.Sort, ids=str)
def test_the_list_of_parts(filled: Flask, sort: inventory.Sort) -> None:
    check(lambda: inventory.listed(inventory.PartFilter(sort=sort)))


@pytest.mark.parametrize("sort", [inventory.Sort.NAME, inventory.Sort.NAME_BACK], ids=str)
def test_no_part_is_read_that_is_not_low(filled: Flask, sort: inventory.Sort) -> None:
    low = inventory.PartFilter(is_low=True, sort=sort)
    second = inventory.listed(low, size=5).after
    for read in (lambda: inventory.listed(low), lambda: inventory.listed(low, after=second)):
        ((statement, plan),) = (each for each in plans_of(statements_of(read)).items() if "FROM part" in each[0])
        assert "ix_part_is_short_name_key_id (is_short=?" in " ".join(plan), (statement, plan)
        assert SORTS not in " ".join(plan), (statement, plan)


def test_of_who_waits_for_a_part_the_open_tickets_alone_are_asked(filled: Flask) -> None:
    used = select(StockMove.part_id).group_by(StockMove.part_id).order_by(func.count().desc()).limit(1)
    part = db.session.get_one(Part, db.session.scalar(used))
    for statement, plan in plans_of(statements_of(lambda: open_work_of(part))).items():
        read = " ".join(plan)
        assert "is_open=?" in read, (statement, plan)
        assert "ix_line_part_id_ticket_id (part_id=? AND ticket_id=?)" in read, (statement, plan)


@pytest.mark.parametrize("period", Period, ids=str)
def test_the_ranking_reads_no_ticket(filled: Flask, period: Period) -> None:
    for statement, _ in statements_of(lambda: leaderboard.ranking(period)):
        assert "ticket" not in statement.replace("tickets_", "")
        assert "assignment" not in statement
    check(lambda: leaderboard.ranking(period), may_sort=True)


@pytest.mark.parametrize("count", leaderboard.Count, ids=str)
def test_the_tickets_behind_a_number(filled: Flask, count: leaderboard.Count) -> None:
    mechanic = db.session.get_one(Mechanic, 5)
    check(lambda: leaderboard.tickets_behind(mechanic, Period.MONTH, count), may_sort=True)


DAY = date(2026, 5, 4)
TRAILS = [trail.TrailFilter(), trail.TrailFilter(who=2), trail.TrailFilter(who=trail.NOBODY)]
TRAILS += [trail.TrailFilter(first_day=DAY, last_day=DAY), trail.TrailFilter(who=2, first_day=DAY, last_day=DAY)]
TRAILS += [trail.TrailFilter(group=group, last_day=day) for group in trail.Group for day in (None, DAY)]


@pytest.mark.parametrize("chosen", TRAILS, ids=str)
def test_the_audit_trail(filled: Flask, chosen: trail.TrailFilter) -> None:
    """Events are found in the order of an index; of several actions, a page of each is sorted."""
    middle = to_cursor([datetime(2026, 5, 4, tzinfo=UTC), 1])
    for place in ({}, {"after": middle}, {"before": middle}):
        asked = statements_of(lambda place=place: trail_queries.listed(chosen, **place))  # type: ignore[misc]
        for statement, plan in plans_of(asked).items():
            assert chosen.group or SORTS not in " ".join(plan), (statement, plan)
            walked = [step for step in plan if "event" in step and "ix_event" not in step and "PRIMARY KEY" not in step]
            assert not walked, (statement, plan)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("ix_ticket_promised_at_id", TicketFilter(sort=Sort.PROMISED_LAST)),
        ("ix_ticket_status_id", TicketFilter(status=Status.DRAFT)),
    ],
)
def test_an_index_that_is_missing_is_noticed(filled: Flask, name: str, wanted: TicketFilter) -> None:
    (index,) = (each for each in Ticket.__table__.indexes if each.name == name)
    check(lambda: list_tickets(wanted), may_walk=wanted.status is None)
    with transaction():
        index.drop(db.session.connection())
    db.engine.dispose()  # a driver may keep its plans
    try:
        with pytest.raises(AssertionError):
            check(lambda: list_tickets(wanted), may_walk=wanted.status is None)
    finally:
        with transaction():
            index.create(db.session.connection())
