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
