"""Answers travel compressed, wherever that makes them notably smaller and whoever asks can unpack it.

It is done last, outside of the layer that keeps answers, for there the keys of the forms are made anew.

How short something becomes tells whether a guessed word is in it twice (BREACH). To have guess after guess answered,
another site must make a person's browser ask with that person's cookie: what is asked so is answered as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

try:
    from zlib_ng import zlib_ng as zlib
except ImportError:  # Intel Macs do without
    import zlib  # type: ignore[no-redef]

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: What is shorter goes in one packet as it is.
LEAST_BYTES = 1000
#: Where whoever keeps an answer puts a function that compresses its body in less time.
QUICKLY = "shop.compress_quickly"

_LEVEL = 5  # as small as the standard library's usual 6, in a third of its time where zlib-ng is there
_WINDOW = 1 << zlib.MAX_WBITS
_GZIP_HEAD = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
_LAST_BLOCK = b"\x03\0"  # an empty one

_GZIP = "gzip"
_SUFFIX = "-gzip"
_KINDS = {"application/json", "application/problem+json", "image/svg+xml"}
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH")


def compress_answers(app: Flask) -> None:
    """Put this before the application and before all that was put there; call it last."""
    app.wsgi_app = Compression(app.wsgi_app)  # type: ignore[method-assign]


class Compression:
    """What is compressed has another ETag than the same as it is: with a suffix that the application never sees."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        told: list[Any] = []

        def listen(status: str, headers: list[tuple[str, str]], *_error: Any) -> Callable[[bytes], object]:
            told[:] = status, headers
            return _never_written

        has_it_compressed = _without_suffix(environ)
        answer = self._app(environ, listen)
        status, headers = told
        said = dict(headers)
        if status[:3] == "304" and has_it_compressed:
            headers = _with(headers, _suffixed(said))
        elif _is_compressible(said):
            headers = [*headers, ("Vary", "Accept-Encoding")]
            if status[:3] != "206" and int(said["Content-Length"]) >= LEAST_BYTES and _is_wanted(environ):
                answer, length = _compressed(environ, answer)
                changed = {"Content-Encoding": _GZIP, "Content-Length": length, **_suffixed(said)}
                headers = _with(headers, changed)
        start_response(status, headers)
        return answer


def _compressed(environ: WSGIEnvironment, answer: Iterable[bytes]) -> tuple[Iterable[bytes], str | None]:
    """The body as it travels, and its length; nobody knows that of a body that is not asked for."""
    if environ["REQUEST_METHOD"] == "HEAD":
        return answer, None
    whole = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    compress: Callable[[bytes], bytes] = environ.get(QUICKLY, _compress)
    packed = compress(whole)
    return [packed], str(len(packed))


def _compress(whole: bytes) -> bytes:
    return zlib.compress(whole, _LEVEL, wbits=zlib.MAX_WBITS | 16)


class Mould:
    """A text compressed once, around a word in it that is another one each time.

    Between the pieces the word stands uncompressed, in a block of its own (RFC 1951, 3.2.4), and nothing in a piece
    refers back to it. So a page of 40 kB is compressed with another word in a twentieth of the time.
    """

    def __init__(self, text: bytes, word: bytes) -> None:
        blank = b"\xff" * len(word)  # stands in no text
        before, self._pieces = b"", []
        for piece in text.split(word):
            deflate = zlib.compressobj(_LEVEL, wbits=-zlib.MAX_WBITS, zdict=before)
            self._pieces.append(deflate.compress(piece) + deflate.flush(zlib.Z_SYNC_FLUSH))
            before = (before + piece + blank)[-_WINDOW:]

    def cast(self, text: bytes, word: bytes) -> bytes:
        """The text as it is with this word, which is as long as the first one, in gzip's format (RFC 1952)."""
        length = len(word)
        block = b"\0" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + word
        check = zlib.crc32(text).to_bytes(4, "little") + (len(text) & 0xFFFFFFFF).to_bytes(4, "little")
        return _GZIP_HEAD + block.join(self._pieces) + _LAST_BLOCK + check


def _is_compressible(said: Mapping[str, str]) -> bool:
    """Whether it is text whose length is known: what is streamed is left alone."""
    kind = said.get("Content-Type", "").partition(";")[0]
    return (kind.startswith("text/") or kind in _KINDS) and "Content-Length" in said


def _is_wanted(environ: WSGIEnvironment) -> bool:
    from_elsewhere = environ.get("HTTP_SEC_FETCH_SITE") in ("cross-site", "same-site")
    return not (from_elsewhere and "HTTP_COOKIE" in environ) and _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))


@lru_cache(100)
def _takes_gzip(accepted: str) -> bool:
    """Whether gzip is among what is accepted, and not less welcome than the thing as it is."""
    wanted = parse_accept_header(accepted, Accept)
    as_it_is = next((quality for name, quality in wanted if name.lower() == "identity"), 0)
    return wanted.quality(_GZIP) > 0 and wanted.quality(_GZIP) >= as_it_is


def _without_suffix(environ: WSGIEnvironment) -> bool:
    """Ask for the application's own ETags; whether any was that of something compressed."""
    found = False
    for name in _CONDITIONS:
        if _SUFFIX in environ.get(name, ""):
            environ[name] = environ[name].replace(f'{_SUFFIX}"', '"')
            found = True
    return found


def _suffixed(said: Mapping[str, str]) -> dict[str, str | None]:
    tag = said.get("ETag", "")
    return {"ETag": f'{tag[:-1]}{_SUFFIX}"'} if tag.startswith('"') else {}


def _with(headers: list[tuple[str, str]], changed: Mapping[str, str | None]) -> list[tuple[str, str]]:
    """The headers with these in place of what they were; None leaves one out."""
    kept = [(name, value) for name, value in headers if name not in changed]
    return kept + [(name, value) for name, value in changed.items() if value is not None]


def _never_written(_piece: bytes) -> None:
    raise NotImplementedError("The shop's answers are iterables.")
