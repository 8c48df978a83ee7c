"""What the running transaction has read already and need not read again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from shop.extensions import db

T = TypeVar("T")


def seen(key: Hashable, read: Callable[[], T]) -> T:
    """What ``read`` answered when this transaction first asked under ``key``; a writer reads each time."""
    session = db.session()
    if session.info.get("in_transaction"):
        return read()
    session.connection()  # begins, where nothing has been asked yet
    whose, found = session.info.get("seen", (None, {}))
    if whose is not session.get_transaction():
        found = {}
        session.info["seen"] = session.get_transaction(), found
    if key not in found:
        found[key] = read()
    answer: T = found[key]
    return answer
