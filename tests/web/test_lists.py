"""The links of a list carry what was typed, whatever it was, and nothing of it leads elsewhere."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask, render_template_string

from shop.web.lists import same_list

pytestmark = pytest.mark.single


@pytest.mark.parametrize(
    "typed", ["a&sort=-name#x", '"><script>', "javascript:alert(1)", "//evil.example", "ä\u2028%00"]
)
def test_what_was_typed_is_encoded(shop: Flask, typed: str) -> None:
    with shop.test_request_context(f"/desk/customers?q={quote(typed)}&after=x"):
        address = same_list(sort="name")
        assert render_template_string("{{ address }}", address=address) == address.replace("&", "&amp;")
    link = urlsplit(address)
    assert (link.scheme, link.netloc, link.path, link.fragment) == ("", "", "/desk/customers", "")
    assert parse_qs(link.query) == {"q": [typed], "sort": ["name"]}
