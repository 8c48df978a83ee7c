"""A form of another site does nothing, even with the right token."""

from __future__ import annotations

import pytest

from tests.browser import Browser
from tests.clients import Api

pytestmark = pytest.mark.single

ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "http://localhost:81"},
    {"Origin": "http://["},
]
OURS = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://what-a-proxy-made-of-it.example"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
    {"Origin": "null"},
]


def renamed(desk: Browser, headers: dict[str, str]) -> int:
    data = {"csrf_token": desk.token(), "name": "Ann Other"}
    return desk.send("POST", "/account/name", data=data, headers=headers).status


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_a_form_of_another_site_is_refused(desk: Browser, headers: dict[str, str]) -> None:
    assert renamed(desk, headers) == 403
    assert "Ann Other" not in desk.get("/account").text


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_our_own_goes_through(desk: Browser, headers: dict[str, str]) -> None:
    assert renamed(desk, headers) == 200
    assert "Ann Other" in desk.get("/account").text


def test_a_link_of_another_site_opens_a_page(desk: Browser) -> None:
    assert desk.get("/desk/", **{"Sec-Fetch-Site": "cross-site"}).status == 200


def test_programs_may_come_from_anywhere(api: Api) -> None:
    headers = {"Sec_Fetch_Site": "cross-site", "Origin": "https://elsewhere.example"}
    assert api.as_("desk").post("/customers/", {"name": "Ann Other"}, **headers).status_code == 201
