"""The JSON API as a program uses it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.cast import Cast


class Api:
    """``api.as_("desk")`` signs in once and carries the token; ``api.nobody`` has none."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.nobody = Caller(cast.app, None)
        self._callers: dict[str, Caller] = {}

    def as_(self, who: str) -> Caller:
        if who not in self._callers:
            self._callers[who] = Caller(self.cast.app, self.cast.token(who))
        return self._callers[who]


class Caller:
    def __init__(self, app: Flask, token: str | None) -> None:
        self.app = app
        self.token = token

    def get(self, url: str, **headers: str) -> TestResponse:
        return self.send("GET", url, headers=headers)

    def post(self, url: str, json: Any = None, **headers: str) -> TestResponse:
        return self.send("POST", url, json=json, headers=headers)

    def put(self, url: str, json: Any = None, **headers: str) -> TestResponse:
        return self.send("PUT", url, json=json, headers=headers)

    def delete(self, url: str, **headers: str) -> TestResponse:
        return self.send("DELETE", url, headers=headers)

    def send(self, method: str, url: str, *, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """Header names are given with underscores: ``If_Match="…"``."""
        sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if options.get("json") is None:
            options.pop("json", None)
        return self.app.test_client(use_cookies=False).open(url, method=method, headers=sent, **options)
