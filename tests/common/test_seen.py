"""What a transaction has read already is not read again, and never longer than that."""

from __future__ import annotations

from itertools import count

from shop.common.seen import seen
from shop.common.transaction import transaction
from shop.extensions import db


def test_is_read_once_in_a_transaction(context: None) -> None:
    numbers = count()
    assert [seen("one", lambda: next(numbers)) for _ in range(3)] == [0, 0, 0]
    assert seen("another", lambda: next(numbers)) == 1
    db.session.rollback()
    assert seen("one", lambda: next(numbers)) == 2


def test_a_writer_reads_each_time(context: None) -> None:
    numbers = count()
    with transaction():
        assert [seen("one", lambda: next(numbers)) for _ in range(2)] == [0, 1]
    assert seen("one", lambda: next(numbers)) == 2
