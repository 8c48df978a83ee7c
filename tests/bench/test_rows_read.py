"""How many rows PostgreSQL and MariaDB read for a page of each list: they choose by the sizes of tables, so a shop that
has grown is filled, and what they did is counted. SQLite's plans are held by ``test_plans``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, literal, select, text, true

from shop.common.clock import Period
from shop.common.open_work import open_work_of
from shop.common.transaction import transaction
from shop.customers import queries as customers
from shop.customers.models import Customer
from shop.extensions import db
from shop.inventory import queries as inventory
from shop.inventory.models import Part, StockMove
from shop.leaderboard import queries as leaderboard
from shop.tickets.beside import beside
from shop.tickets.models import Ticket
from shop.tickets.queries import count_tickets, list_tickets, whole_for_staff
from shop.tickets.selection import Sort, TicketFilter
from shop.trail import queries as trail_queries
from tests.bench.conftest import filled_shop
from tests.bench.test_plans import LISTS, TRAILS, among_the_most, statements_of

SIZE = 100_000  # tickets
PARTS_OF_EACH = 20

#: A page of 26 with whatever stands in its rows, or everything that is open.
MOST_ROWS = 1_300
#: Counting ends at a thousand, and MariaDB counts each twice.
MOST_COUNTED = 2_600


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Ten years of a large shop, with a large shelf."""
    with filled_shop(tmp_path_factory.mktemp("rows"), SIZE) as app:
        _fill_the_shelf()
        yield app


def _fill_the_shelf() -> None:
    """So many parts more of each, for which the generator would need a million tickets."""
    copies = (select(literal(f", copy {number}").label("mark")) for number in range(PARTS_OF_EACH))
    mark = next(copies).union_all(*copies).subquery()
    texts = {name: getattr(Part, name) + mark.c.mark for name in ("name", "name_key", "sku", "sku_key")}
    same = {name: getattr(Part, name) for name in ("price_cents", "cost_cents", "on_hand", "minimum", "location")}
    same |= {name: getattr(Part, name) for name in ("reserved", "version", "created_at")}
    each = select(*texts.values(), *same.values()).join_from(Part, mark, true())
    with transaction():
        connection = db.session.connection()
        connection.execute(insert(Part.__table__).from_select([*texts, *same], each))
    tables = "part" if connection.dialect.name == "postgresql" else "TABLE part"
    with transaction():
        db.session.execute(text(f"ANALYZE {tables}"))


def rows_read(read: Callable[[], Any]) -> int:
    """By the most greedy of the statements that this takes, with nothing kept from before."""
    return max(map(_rows_of, *zip(*statements_of(read), strict=True)))


def _rows_of(statement: str, values: Any) -> int:
    connection = db.session.connection()
    cursor = connection.connection.cursor()
    if connection.dialect.name == "postgresql":
        cursor.execute("SET LOCAL random_page_cost = 1.1")  # as on a disk without a head
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", values)
        return _by_postgresql(cursor.fetchone()[0][0]["Plan"])
    cursor.execute(f"ANALYZE FORMAT=JSON {statement}", values)
    return _by_mariadb(json.loads(cursor.fetchone()[0]))


def _by_postgresql(node: dict[str, Any]) -> int:
    seen = 0
    if "Relation Name" in node or "Index Name" in node:
        names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        seen = sum(node.get(name, 0) for name in names) * node["Actual Loops"]
    return int(seen) + sum(map(_by_postgresql, node.get("Plans", [])))


def _by_mariadb(node: Any) -> int:
    if isinstance(node, list):
        return sum(map(_by_mariadb, node))
    if not isinstance(node, dict):
        return 0
    seen = (node.get("r_rows") or 0) * (node.get("r_loops") or 0) if "table_name" in node else 0
    return int(seen) + sum(map(_by_mariadb, node.values()))


def pages() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every list in every order, from its beginning and from its second page on and back; and the page of a ticket."""
    for wanted in LISTS:
        yield str(wanted), partial(list_tickets, wanted)
    for order in Sort:
        first = list_tickets(TicketFilter(sort=order))
        yield f"tickets after, {order}", partial(list_tickets, TicketFilter(sort=order), after=first.after)
        yield f"tickets before, {order}", partial(list_tickets, TicketFilter(sort=order), before=first.after)
    for q in ("brake", "jo", "1500", "zebra", "#1200"):
        yield f"tickets with {q}", partial(list_tickets, TicketFilter(q=q))
    for by in customers.Sort:
        for is_archived in (False, True):
            people = customers.CustomerFilter(sort=by, is_archived=is_archived)
            yield str(people), partial(customers.listed, people)
    customer = db.session.get_one(Customer, 100)
    yield "who looks like a customer", partial(customers.look_alikes, customer, limit=3)
    yield "who was merged into a customer", partial(customers.merged_into, customer)
    for how in inventory.Sort:
        parts = inventory.PartFilter(sort=how)
        yield f"parts, {how}", partial(inventory.listed, parts)
        yield f"parts after, {how}", partial(inventory.listed, parts, after=inventory.listed(parts).after)
    low = inventory.PartFilter(is_low=True)
    yield "low parts", partial(inventory.listed, low)
    yield "low parts after", partial(inventory.listed, low, after=inventory.listed(low).after)
    used = select(StockMove.part_id).group_by(StockMove.part_id).order_by(func.count().desc()).limit(1)
    yield "who waits for a part", partial(open_work_of, db.session.get_one(Part, db.session.scalar(used)))
    for period in Period:
        yield f"ranking, {period}", partial(leaderboard.ranking, period)
    ticket = among_the_most()
    yield "a ticket", partial(whole_for_staff, select(Ticket).where(Ticket.id == ticket.id))
    yield "what stands beside a ticket", partial(beside, ticket)
    for chosen in TRAILS:
        yield str(chosen), partial(trail_queries.listed, chosen)


def test_no_page_reads_more_than_it_shows(grown: Flask) -> None:
    read = {name: rows_read(page) for name, page in pages()}
    counted = {str(wanted): rows_read(partial(count_tickets, wanted, at_most=1000)) for wanted in LISTS}
    assert {name: rows for name, rows in read.items() if rows > MOST_ROWS} == {}
    assert {name: rows for name, rows in counted.items() if rows > MOST_COUNTED} == {}
    everything = rows_read(lambda: db.session.execute(text("SELECT max(price_cents + 1) FROM part")).all())
    assert everything > MOST_COUNTED, "what reads a whole table would not be noticed"
