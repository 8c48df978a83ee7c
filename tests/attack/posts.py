"""Random posts to forms: filled as a person fills them, and then not so. The same ones again from the same seed."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode

from tests.attack.surface import SeenForm

Fields = tuple[tuple[str, str], ...]

#: What somebody types into a field that came empty.
ORDINARY = (
    *("1", "2", "12.00", "0.5", "Rattles when cold", "Somebody", "somebody@example.net", "+1 415 555 0199"),
    *("2031-05-05", "2031-05-05T10:30", "8ABC123", "1HGCM82633A004352", "2004", "on", "approved", "password123", ""),
)
#: What nobody types.
HOSTILE = (
    *("\0", "a\0b", "\ud800", "\udfff\ud800", "\ufeff", "\u202edlrow", "e\u0301" * 60, "\U0001f697", "\r\n\r\nA: b"),
    *("a" * 300, "a" * 3_000, "a" * 21_000, "\n" * 500, " ", "\t", "\u3000", "ß" * 120, "ﬃ" * 120, "\u0130\u0131" * 40),
    *("0", "-1", "-0", "00012", "+1", "1.", "1e9", "1e999", "NaN", "Infinity", "٣", "¹", "½", "1_000", "1,5", "0x10"),
    *("2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "9" * 80),
    *("99999999.99", "99999999999999.99", "0.001", "-0.01", "1e-5", "10:75", "9999:59", "99999 min", "100.001"),
    *("0001-01-01", "9999-12-31", "9999-12-31T23:59", "0001-01-01T00:00", "2026-02-30", "2026-03-08T02:30"),
    *("10000-01-01", "'", '"', "' OR '1'='1", "1; DROP TABLE account--", "\\", "%", "_%", "%s%n", "{{7*7}}", "${7*7}"),
    *("<script>alert(1)", "../../etc/passwd", "//evil.example", "https://evil.example/", "javascript:alert(1)"),
    *("=1+1", "@SUM(A1)", "null", "[]", "a@b", "a@b@c", "ä@exämple.com", '"a b"@example.com', "\0@a.de"),
    *("a" * 65 + "@example.com", "a@" + "b" * 250 + ".com"),
)
#: Fields of which no form has all.
UNASKED = (
    *("id", "role", "version", "customer_id", "account_id", "ticket_id", "price_cents", "password_hash", "next"),
    *("is_owner", "archived_at", "status", "number", "created_at", "own_password", "seen", "_method", "", "a\0b"),
    "x" * 2_000,
)
OTHER_IDS = ("1", "2", "3", "17", "40", "2147483647", "2147483648", "0", "-1", "01", "1e3", "%D9%A3", "%00", "1%20")
_ID = re.compile(r"(?<=/)[0-9]+(?=/|$)")
_SEALS_SPOILT_OF_HUNDRED = 3
_MULTIPART_OF_HUNDRED = 5
_HTMX_OF_HUNDRED = 30
_BOUNDARY = "----------------------------attack"


@dataclass(frozen=True)
class Post:
    """``path`` may hold the name of a link; ``is_sealed`` posts come with the token of their sender's forms."""

    path: str
    fields: Fields
    key: str
    is_sealed: bool = True
    is_htmx: bool = False
    is_multipart: bool = False

    def headers(self) -> dict[str, str]:
        kind = (
            f"multipart/form-data; boundary={_BOUNDARY}" if self.is_multipart else "application/x-www-form-urlencoded"
        )
        return {"Content-Type": kind} | ({"HX-Request": "true"} if self.is_htmx else {})

    def body(self, seal: str) -> bytes:
        fields = [*self.fields, ("form_key", self.key), ("csrf_token", seal if self.is_sealed else "forged")]
        raw = [(name.encode(errors="surrogatepass"), value.encode(errors="surrogatepass")) for name, value in fields]
        return _multipart(raw) if self.is_multipart else urlencode(raw).encode()

    def __str__(self) -> str:
        return f"POST {self.path} {[(name[:20], value[:30]) for name, value in self.fields]!r}"


def random_posts(forms: Sequence[SeenForm], seed: str, count: int) -> Iterator[Post]:
    """So many, every route as often as another."""
    chance = random.Random(seed)
    by_rule = defaultdict(list)
    for form in forms:
        by_rule[form.rule].append(form)
    routes = sorted(by_rule)
    for number in range(count):
        form = chance.choice(by_rule[routes[number % len(routes)]])
        yield _post(form, chance, key=f"{seed}-{number}")


def _post(form: SeenForm, chance: random.Random, key: str) -> Post:
    def is_one_of(hundred: int) -> bool:
        return chance.randrange(100) < hundred

    post = Post(
        form.path,
        tuple((name, _ordinary(values, chance)) for name, values in form.fields),
        key,
        is_htmx=is_one_of(_HTMX_OF_HUNDRED),
        is_multipart=is_one_of(_MULTIPART_OF_HUNDRED),
    )
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        post = chance.choice(_WAYS)(post, chance)
    return replace(post, is_sealed=not is_one_of(_SEALS_SPOILT_OF_HUNDRED))


def _ordinary(values: Sequence[str], chance: random.Random) -> str:
    return chance.choice(values) if any(values) else chance.choice(ORDINARY)


def _spoil(post: Post, chance: random.Random) -> Post:
    """A hostile value in one field."""
    if not post.fields:
        return post
    place = chance.randrange(len(post.fields))
    fields = list(post.fields)
    fields[place] = (fields[place][0], chance.choice(HOSTILE))
    return replace(post, fields=tuple(fields))


def _leave_out(post: Post, chance: random.Random) -> Post:
    place = chance.randrange(len(post.fields) + 1)
    return replace(post, fields=post.fields[:place] + post.fields[place + 1 :])


def _repeat(post: Post, chance: random.Random) -> Post:
    """The same field once more, with something else in it."""
    if not post.fields:
        return post
    name = chance.choice(post.fields)[0]
    return replace(post, fields=(*post.fields, (name, chance.choice(HOSTILE + ORDINARY))))


def _add(post: Post, chance: random.Random) -> Post:
    """A field that nobody asked for."""
    return replace(post, fields=(*post.fields, (chance.choice(UNASKED), chance.choice(HOSTILE + ORDINARY))))


def _lead_elsewhere(post: Post, chance: random.Random) -> Post:
    """Somebody else's thing, or none, in the address."""
    ids = list(_ID.finditer(post.path))
    if not ids:
        return post
    place = chance.choice(ids)
    return replace(post, path=post.path[: place.start()] + chance.choice(OTHER_IDS) + post.path[place.end() :])


_WAYS = (_spoil, _spoil, _spoil, _leave_out, _repeat, _add, _lead_elsewhere)


def _multipart(fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    part = partial(b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'.__mod__)
    boundary = _BOUNDARY.encode()
    parts = [part((boundary, name.replace(b'"', b"%22"), value)) for name, value in fields]
    return b"".join(parts) + b"--" + boundary + b"--\r\n"
