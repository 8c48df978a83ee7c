"""The floor under a page from a database: the newest 25 tickets by bare ``sqlite3``, and strings joined together."""

from __future__ import annotations

import sqlite3
from functools import cache
from html import escape

from flask import Flask

from shop.config import read_settings

app = Flask("floor")

_NEWEST = """
    SELECT t.number, t.status, t.complaint, t.promised_at, c.name, v.make, v.model, v.plate, t.id
    FROM (SELECT * FROM ticket WHERE archived_at IS NULL ORDER BY id DESC LIMIT 25) AS t
    JOIN customer AS c ON c.id = t.customer_id
    LEFT JOIN vehicle AS v ON v.id = t.vehicle_id
    ORDER BY t.id DESC
"""
_WHO = """
    SELECT a.ticket_id, m.name FROM assignment AS a JOIN mechanic AS m ON m.id = a.mechanic_id
    WHERE a.ticket_id IN ({})
"""


@app.get("/tickets")
def tickets() -> str:
    rows = _connection().execute(_NEWEST).fetchall()
    ids = [row[-1] for row in rows]
    who: dict[int, list[str]] = {ticket_id: [] for ticket_id in ids}
    for ticket_id, name in _connection().execute(_WHO.format(",".join("?" * len(ids))), ids):
        who[ticket_id].append(name)
    return "<table>" + "".join(_row(row, who[row[-1]]) for row in rows) + "</table>"


@app.get("/healthz")
def healthz() -> str:
    return "ok"


def _row(row: tuple[object, ...], mechanics: list[str]) -> str:
    cells = "".join(f"<td>{escape(str(value))}</td>" for value in (*row, ", ".join(mechanics)))
    return f"<tr>{cells}</tr>"


@cache
def _connection() -> sqlite3.Connection:
    """One for the process, whose one thread uses it."""
    return sqlite3.connect(str(read_settings().database_url.database), isolation_level=None, check_same_thread=False)
