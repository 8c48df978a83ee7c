"""Somebody who uses a running shop by HTTP: signs in, reads, and knows what to send along."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

from bench.wrk import Call
from shop.ops.demo import people
from tools.front_door.speech import Refused

#: What a browser says that it can unpack.
ACCEPTS = ("Accept-Encoding", "gzip, deflate, br, zstd")

_PATIENCE_SECONDS = 120
_HIDDEN = re.compile(r'<input(?=[^>]* type="hidden")(?=[^>]* name="([^"]+)")(?=[^>]* value="([^"]*)")')
_POLL = re.compile(r'data-hx-get="([^"]*[?&](?:amp;)?seen=[^"]*)"')


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def poll(self) -> str:
        """Where the page asks again whether something is new; raises Refused when it does not."""
        found = _POLL.search(self.text)
        if found is None:
            raise Refused("A page that was expected to ask again does not.")
        return unescape(found[1])


class Visitor:
    """One connection to a server, and the sign-ins that were made over it."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        self._places = addresses(start=1)

    def send(self, call: Call) -> Answer:
        """Raises Refused when nobody answers."""
        for is_last in (False, True):
            try:
                self._connection.request(call.method, call.path, call.body, dict(call.headers))
                answer = self._connection.getresponse()
                return Answer(answer.status, answer.headers, answer.read())
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()  # it may have been idle for too long; the next try opens it anew
                if is_last:
                    raise Refused(f"{call.method} {call.path}: {error}") from error
        raise AssertionError("unreachable")

    def expect(self, call: Call, *statuses: int) -> Answer:
        """Raises Refused with what came instead of one of these."""
        answer = self.send(call)
        if answer.status not in statuses:
            said = answer.body[:300].decode(errors="replace")
            raise Refused(f"{call.method} {call.path} was answered with {answer.status}: {said}")
        return answer

    def cookie(self, email: str) -> tuple[str, str]:
        """Sign in on the page, as a browser does; answers the header to send from then on."""
        page = self.expect(Call("/login", headers=(self._from_elsewhere,)), 200)
        form = page.text.partition("<form")[2].partition("</form>")[0]
        fields = {**dict(_HIDDEN.findall(form)), "email": email, "password": people.PASSWORD}
        sent = (("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", _cookies(page)))
        body = urlencode({name: unescape(value) for name, value in fields.items()})
        return ("Cookie", _cookies(self.expect(Call("/login", "POST", body, (*sent, self._from_elsewhere)), 303)))

    def bearer(self, email: str) -> tuple[str, str]:
        """Sign in as a program does; answers the header to send from then on."""
        answer = self.expect(sign_in(email, next(self._places)), 200)
        return ("Authorization", f"Bearer {answer.json['token']}")

    @property
    def _from_elsewhere(self) -> tuple[str, str]:
        """The shop takes only so many tries to sign in from one place."""
        return ("X-Forwarded-For", next(self._places))


def sign_in(email: str, place: str) -> Call:
    """A program's sign-in from a place that a trusted proxy has seen."""
    body = json.dumps({"email": email, "password": people.PASSWORD})
    return Call("/customers/login", "POST", body, (("Content-Type", "application/json"), ("X-Forwarded-For", place)))


def addresses(start: int) -> Iterator[str]:
    """Addresses of the range that is kept for measurements (RFC 2544), each once."""
    for number in range(start, 2**17):
        yield f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def with_body(path: str, body: Mapping[str, Any], *, method: str = "POST") -> Call:
    return Call(path, method, json.dumps(body), (("Content-Type", "application/json"),))


def _cookies(answer: Answer) -> str:
    return "; ".join(cookie.partition(";")[0] for cookie in answer.headers.get_all("Set-Cookie", []))
