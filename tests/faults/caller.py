"""Somebody at the front desk, over HTTP: as a program with a token, and as a browser with a cookie."""

from __future__ import annotations

import http.client
import json
import re
from contextlib import closing
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import urlencode

from tests.cast import PASSWORD

#: What a connection says when there is nobody to answer any more.
NoAnswer = (OSError, http.client.HTTPException)
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message = field(repr=False)
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return str(self.headers.get("Location", ""))


@dataclass
class SignedIn:
    """What is shown at the door, by any number of callers; ``seal`` is the token of every form."""

    token: str
    cookie: str
    seal: str


class Caller:
    """One connection, which is kept open. ``send`` and the rest raise NoAnswer."""

    def __init__(self, port: int, who: SignedIn | None = None, *, patience: float = PATIENCE_SECONDS) -> None:
        self.who = who
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)

    def get(self, path: str) -> Answer:
        """A page, or JSON, by where the path leads."""
        return self.ask("GET", path, None, {})

    def send(self, method: str, path: str, body: Any, *, key: str = "", if_match: str = "") -> Answer:
        """As a program."""
        headers = {"Content-Type": "application/json"}
        headers |= ({"Idempotency-Key": key} if key else {}) | ({"If-Match": if_match} if if_match else {})
        return self.ask(method, path, json.dumps(body).encode(), headers)

    def post(self, path: str, form: dict[str, str], *, key: str) -> Answer:
        """As a browser; ``key`` is the form's own."""
        sealed = {**form, "form_key": key} | ({"csrf_token": self.who.seal} if self.who else {})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(sealed).encode(), headers)

    def close(self) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Anything at all."""
        if self.who:
            headers = {**headers, "Authorization": f"Bearer {self.who.token}", "Cookie": self.who.cookie}
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except NoAnswer:
            self._connection.close()
            raise


def sign_in(port: int, email: str, password: str = PASSWORD) -> SignedIn:
    """The token of a program and the cookie of a browser for one of the cast."""
    with closing(Caller(port)) as nobody:
        token = nobody.send("POST", "/customers/login", {"email": email, "password": password}).json["token"]
        page = nobody.get("/login")
        nobody.who = SignedIn("", _cookie(page), _seal(page))
        inside = nobody.post("/login", {"email": email, "password": password}, key="signing-in")
        assert inside.status == 303, inside
        nobody.who = SignedIn(token, _cookie(inside), "")
        return SignedIn(token, nobody.who.cookie, _seal(nobody.get("/desk/tickets/new")))


def _cookie(answer: Answer) -> str:
    return "; ".join(each.partition(";")[0] for each in answer.headers.get_all("Set-Cookie", []))


def _seal(page: Answer) -> str:
    found = re.search(rb'name="csrf_token"[^>]* value="([^"]+)"', page.body)
    assert found, page
    return found[1].decode()
