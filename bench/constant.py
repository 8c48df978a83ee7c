"""The limit, K: an answer of any size that costs nothing to make, behind the same server as the shop."""

from __future__ import annotations

from functools import cache

from flask import Flask, Response

app = Flask("constant")


@app.get("/<any(html, json):kind>/<int:size>")
def constant(kind: str, size: int) -> Response:
    return Response(_body(kind, size), mimetype="text/html" if kind == "html" else "application/json")


@app.get("/healthz")
def healthz() -> str:
    return "ok"


@cache
def _body(kind: str, size: int) -> bytes:
    """So many bytes that look like the real thing."""
    start, repeated, end = (
        (b"<main>", b"<p>A row.</p>", b"</main>") if kind == "html" else (b"[", b' {"id": 1},', b"{}]")
    )
    middle = repeated * (size // len(repeated) + 1)
    return start + middle[: max(0, size - len(start) - len(end))] + end
