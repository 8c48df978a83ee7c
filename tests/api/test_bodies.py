"""What is sent is read whole, before the database is asked for anything, or refused."""

from __future__ import annotations

import io
import json
import socket
import sqlite3
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from shop.customers.models import Customer
from shop.extensions import db
from shop.web.strict_json import MAX_BODY_BYTES
from tests.browser import Browser
from tests.chromium.live import live_shop
from tests.clients import Api

ROOM = 1024 * 1024  # for a form


class Slow(io.BytesIO):
    """A body that is still on its way: while it is waited for, somebody else can write."""

    def __init__(self, body: bytes, database: str) -> None:
        super().__init__(body)
        self.database = database
        self.pieces = 0

    def readinto(self, buffer: Any) -> int:
        self.pieces += 1
        with closing(sqlite3.connect(self.database, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        return super().readinto(buffer)


@pytest.mark.single
@pytest.mark.parametrize("path", ["/customers/", "/customers/login", "/desk/customers", "/login", "/forgot-password"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_nobody_waits_for_a_slow_sender(app: Flask, desk: Browser, api: Api, path: str, kind: str) -> None:
    with app.app_context():
        database = str(db.engine.url.database)
    body = f"csrf_token={desk.token()}&name=Joy".encode() if "form" in kind else b'{"name": "Joy"}'
    slow = Slow(body, database)
    is_api = path.startswith("/customers")
    headers = {"Content-Type": kind, "Content-Length": str(len(body))}
    if is_api:
        headers["Authorization"] = f"Bearer {api.as_('desk').token}"
    client = app.test_client(use_cookies=False) if is_api else desk.client
    answer = client.post(path, input_stream=slow, headers=headers)
    assert answer.status_code < 500, answer.get_data(as_text=True)
    assert slow.pieces


def chunked(app: Flask, path: str, body: bytes, **headers: str) -> TestResponse:
    """Sent without saying how long it is, as the server hands it over."""
    return app.test_client(use_cookies=False).post(
        path,
        input_stream=io.BytesIO(body),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )


@pytest.mark.parametrize("key", [{}, {"Idempotency_Key": "once"}], ids=["without a key", "with a key"])
@pytest.mark.parametrize(
    ("tail", "status"),
    [
        (b"", 201),
        (b"{", 413),  # what comes after the limit is not forgotten
        (b" ", 413),
        (b" " * 100_000, 413),
        (b" " * 5_000_000, 413),
    ],
)
def test_json_in_chunks_is_read_to_its_end(app: Flask, api: Api, tail: bytes, status: int, key: dict[str, str]) -> None:
    body = b'{"name": "Joy"}'.ljust(MAX_BODY_BYTES) + tail
    token = api.as_("desk").token
    answer = chunked(app, "/customers/", body, Authorization=f"Bearer {token}", Content_Type="application/json", **key)
    assert answer.status_code == status
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Customer)) == (status == 201)


@pytest.mark.single
def test_json_in_chunks_is_read_to_its_end_by_the_server_too(tmp_path: Path) -> None:
    headers = {"Content-Type": "application/json"}
    with live_shop(tmp_path, demo=False) as shop, closing(HTTPConnection("127.0.0.1", shop.port)) as server:
        for size, piece, status in (
            (100, 7, 401),  # read whole: it ends with the brace
            (MAX_BODY_BYTES, 1000, 401),
            (MAX_BODY_BYTES, MAX_BODY_BYTES, 401),
            (MAX_BODY_BYTES + 1, 1000, 413),
            (MAX_BODY_BYTES + 1, MAX_BODY_BYTES + 1, 413),
        ):
            body = b'{"email": "a@example.com", "password": "x"'.ljust(size - 1) + b"}"
            pieces = (body[start : start + piece] for start in range(0, size, piece))
            server.request("POST", "/customers/login", pieces, headers, encode_chunked=True)
            answer = server.getresponse()
            assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
            assert json.loads(answer.read())["status"] == status


def test_a_form_in_chunks_is_read_to_its_end(app: Flask) -> None:
    kind = "application/x-www-form-urlencoded"
    for size, status in ((ROOM, 400), (ROOM + 1, 413)):  # without a seal it goes no further
        assert chunked(app, "/desk/customers", b"a" * size, Content_Type=kind).status_code == status


def test_what_is_too_long_is_not_waited_for(app: Flask) -> None:
    for path, most in (("/customers/", MAX_BODY_BYTES), ("/login", ROOM)):
        unread = io.BytesIO(b"x")
        answer = app.test_client().post(path, input_stream=unread, environ_overrides={"CONTENT_LENGTH": str(most + 2)})
        assert (answer.status_code, unread.tell()) == (413, 0)


def test_the_shop_goes_on_while_somebody_sends_slowly(api: Api, address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    head = f"POST /customers/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.as_('desk').token}\r\n"
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 60\r\n\r\n{{".encode())
        time.sleep(0.3)
        started = time.monotonic()
        assert api.as_("desk").post("/customers/", {"name": "Joy"}).status_code == 201
        assert time.monotonic() - started < 3
