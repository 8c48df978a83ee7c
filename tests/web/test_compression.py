"""Answers travel compressed where that pays, and are understood, compared and kept as if they did not."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shop.common.clock import at_moment, now
from shop.extensions import db
from shop.web.compression import LEAST_BYTES, Mould, compress_answers
from shop.web.kept_answers import keep_answers
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.clients import Api, Caller
from tests.factories import make_customer, make_ticket

SCRIPT = "/static/js/shop.js"
TICKETS = "/desk/tickets"
GZIP = {"Accept-Encoding": "gzip, deflate, br, zstd"}


@pytest.fixture
def shipped(another_process: Callable[[], Flask]) -> Flask:
    """A process as a server runs it."""
    app = another_process()
    keep_answers(app)
    compress_answers(app)
    return app


@pytest.fixture
def desk_there(shipped: Flask, cast: Cast) -> Browser:
    cast.account_id("desk")
    browser = Browser(shipped)
    browser.sign_in(cast.email("desk"), PASSWORD)
    browser.get(TICKETS)  # its first page writes when the sign-in was last seen
    return browser


def is_compressed(response: TestResponse) -> bool:
    return response.headers.get("Content-Encoding") == "gzip"


def unpacked(response: TestResponse) -> str:
    assert is_compressed(response)
    assert int(response.headers["Content-Length"]) == len(response.data)
    return gzip.decompress(response.data).decode()


class TestStaticFiles:
    def test_a_file_is_the_same_either_way(self, shipped: Flask) -> None:
        plain, packed = (shipped.test_client().get(SCRIPT, headers=headers) for headers in ({}, GZIP))
        assert unpacked(packed) == plain.text
        assert len(packed.data) < len(plain.data) / 2
        assert packed.headers["ETag"] != plain.headers["ETag"]
        for response in (plain, packed):
            assert response.headers["Vary"] == "Accept-Encoding"
            assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"

    @pytest.mark.parametrize("headers", [{}, GZIP], ids=["plain", "compressed"])
    def test_who_has_it_is_told_so(self, shipped: Flask, headers: dict[str, str]) -> None:
        tag = shipped.test_client().get(SCRIPT, headers=headers).headers["ETag"]
        again = shipped.test_client().get(SCRIPT, headers={**headers, "If-None-Match": tag})
        assert again.status_code == 304
        assert again.headers["ETag"] == tag
        assert not again.data

    def test_a_part_is_a_part_of_the_file_as_it_is(self, shipped: Flask) -> None:
        whole = shipped.test_client().get(SCRIPT)
        part = shipped.test_client().get(SCRIPT, headers={**GZIP, "Range": "bytes=100-199"})
        assert (part.status_code, part.data) == (206, whole.data[100:200])
        assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole.data)}"
        assert not is_compressed(part)

    def test_no_part_is_added_to_what_was_compressed(self, shipped: Flask) -> None:
        tag = shipped.test_client().get(SCRIPT, headers=GZIP).headers["ETag"]
        rest = shipped.test_client().get(SCRIPT, headers={**GZIP, "Range": "bytes=100-", "If-Range": tag})
        assert rest.status_code == 200

    def test_asking_for_the_head_alone(self, shipped: Flask) -> None:
        got, head = (shipped.test_client().open(SCRIPT, method=method, headers=GZIP) for method in ("GET", "HEAD"))
        assert head.status_code == 200
        assert not head.data
        for name in ("ETag", "Content-Type", "Content-Encoding", "Vary", "Cache-Control"):
            assert head.headers[name] == got.headers[name]

    def test_kept_for_ever_under_its_own_name_alone(self, shipped: Flask) -> None:
        with shipped.test_request_context():
            url = shipped.jinja_env.globals["asset"]("js/shop.js")  # type: ignore[operator]
        assert "immutable" in shipped.test_client().get(url).headers["Cache-Control"]
        assert shipped.test_client().get(f"{url}0").headers["Cache-Control"] == "public, no-cache"

    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("shop.css", "text/css; charset=utf-8"),
            ("staff.css", "text/css; charset=utf-8"),
            ("icons/sprite.svg", "image/svg+xml; charset=utf-8"),
            ("vendor/htmx.LICENSE", "text/plain; charset=utf-8"),
        ],
    )
    def test_says_what_it_is(self, shipped: Flask, path: str, kind: str) -> None:
        assert shipped.test_client().get(f"/static/{path}").headers["Content-Type"] == kind

    def test_a_sheet_for_everybody_and_one_for_staff(self, shipped: Flask) -> None:
        everybody, staff = (shipped.test_client().get(f"/static/{name}.css").text for name in ("shop", "staff"))
        assert ".repair {" in everybody
        assert ".job-card:hover" not in everybody
        assert ".job-card:hover" in staff
        assert "/*" not in everybody + staff


@pytest.mark.parametrize(
    ("accepted", "is_understood"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("br, gzip;q=0.8, *;q=0.1", True),
        ("identity;q=0, gzip", True),
        ("identity;q=0.5, gzip;q=0.5", True),
        ("", False),
        ("br", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity;q=1, gzip;q=0.5", False),
    ],
)
def test_what_the_other_side_says_it_understands(shipped: Flask, accepted: str, is_understood: bool) -> None:
    response = shipped.test_client().get(SCRIPT, headers={"Accept-Encoding": accepted})
    assert is_compressed(response) is is_understood


class TestPages:
    def test_a_page_is_the_same_either_way(self, desk_there: Browser) -> None:
        plain, packed = (desk_there.client.get(TICKETS, headers=headers) for headers in ({}, GZIP))
        assert "<h1" in unpacked(packed)
        assert unpacked(packed).count("\n") == plain.text.count("\n")
        for response in (plain, packed):
            assert "Accept-Encoding" in ", ".join(response.headers.getlist("Vary"))
        assert "HX-Request" in ", ".join(packed.headers.getlist("Vary"))

    def test_a_page_that_is_given_again_has_new_keys(self, desk_there: Browser) -> None:
        with at_moment(now().replace(second=0)):
            pages = [unpacked(desk_there.client.get("/desk/inventory?add=1", headers=GZIP)) for _ in range(3)]
        keys = [re.findall(r'name="form_key" value="([^"]+)"', page) for page in pages]
        assert len(keys[0]) > 1
        assert len({key for page in keys for key in page}) == 3 * len(keys[0])
        secrets = re.compile(r'name="(form_key|csrf_token)"[^>]+')  # the token holds the second in which it was made
        assert len({secrets.sub("", page) for page in pages}) == 1

    def test_what_is_short_goes_as_it_is(self, shipped: Flask) -> None:
        response = shipped.test_client().get("/healthz", headers=GZIP)
        assert len(response.data) < LEAST_BYTES
        assert not is_compressed(response)
        assert "Accept-Encoding" in response.headers.getlist("Vary")

    def test_nothing_has_no_length_to_save(self, desk_there: Browser) -> None:
        response = desk_there.client.get("/", headers=GZIP)
        assert response.status_code == 303
        assert not is_compressed(response)

    @pytest.mark.parametrize(
        ("site", "is_ours"), [("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False)]
    )
    def test_another_site_learns_no_length(self, desk_there: Browser, site: str, is_ours: bool) -> None:
        response = desk_there.client.get(f"{TICKETS}?q=guess", headers={**GZIP, "Sec-Fetch-Site": site})
        assert response.status_code == 200
        assert is_compressed(response) is is_ours

    def test_who_brings_no_cookie_has_nothing_to_guess(self, shipped: Flask) -> None:
        response = shipped.test_client().get("/login", headers={**GZIP, "Sec-Fetch-Site": "cross-site"})
        assert is_compressed(response)


class TestPrograms:
    @pytest.fixture
    def program(self, shipped: Flask, cast: Cast) -> Caller:
        return Caller(shipped, Api(cast).as_("desk").token)

    def test_a_list_that_is_known_is_not_sent(self, program: Caller, shipped: Flask) -> None:
        with shipped.app_context():
            for _ in range(20):
                make_customer()
        first = program.get("/customers/", **GZIP)
        assert len(gzip.decompress(first.data)) > LEAST_BYTES
        again = program.get("/customers/", If_None_Match=first.headers["ETag"], **GZIP)
        assert again.status_code == 304
        assert again.headers["ETag"] == first.headers["ETag"]

    def test_a_thing_read_compressed_is_changed(self, program: Caller, shipped: Flask) -> None:
        with shipped.app_context():
            ticket = make_ticket()
            ticket.complaint = "It rattles. " * 100
            db.session.commit()
            url = f"/service_tickets/{ticket.id}"
        first = program.get(url, **GZIP)
        tag = first.headers["ETag"]
        assert is_compressed(first)
        assert not tag.startswith("W/")
        changed = program.put(url, {"description": "Rattles less."}, If_Match=tag)
        assert changed.status_code == 200
        assert program.put(url, {"description": "Rattles."}, If_Match=tag).status_code == 412


class TestMould:
    @pytest.mark.parametrize(
        "text",
        [
            "no such word",
            "seal",
            "seal and seal and seal",
            "sealseal",
            "key=seal1 key=seal2 " * 5000,
            "ünïcödé seal " * 9000,
            "".join(f"<p>{number**7}</p>{'seal' * (number % 3)}" for number in range(20_000)),
        ],
        ids=["none", "alone", "some", "side by side", "many", "not ASCII", "beyond the window"],
    )
    def test_is_what_the_text_would_be(self, text: str) -> None:
        mould = Mould(text.encode(), b"seal")
        for word in ("door", "key=", "</p>"):
            whole = text.replace("seal", word).encode()
            assert gzip.decompress(mould.cast(whole, word.encode())) == whole
