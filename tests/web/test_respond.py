"""Answers that depend on what the browser says about itself."""

from __future__ import annotations

import pytest

from tests.browser import Browser
from tests.factories import make_customer


@pytest.mark.parametrize("referrer", ["http://[", "http://[::1", "https://]/x", "\xe9", "//", "x" * 3000])
def test_a_referrer_that_can_not_be_read_leads_to_the_front(desk: Browser, referrer: str) -> None:
    with desk.app.app_context():
        joy = make_customer().id
    page = desk.post(f"/desk/customers/{joy}", {"name": "Joy", "version": "99"}, Referer=referrer)
    assert page.status == 409


def test_an_address_that_only_takes_forms_leads_to_the_page_of_the_form(desk: Browser) -> None:
    for address, above in (
        ("/account/password", "/account"),
        ("/desk/tickets/999999/jobs/1/lines", "/desk/tickets/999999/jobs/1"),
        ("/desk/board/1/moves", "/desk"),
        ("/logout", "/"),
    ):
        page = desk.get(address)
        assert (page.status, page.heading) == (405, "This address only takes what a form sends")
        assert above in page.links.values()
