"""A conflict that no page of its own takes in: said in its own words, with a way back."""

from __future__ import annotations

from tests.browser import Browser


def test_says_what_stands_in_the_way_and_leads_back(desk: Browser) -> None:
    key = {"form_key": "once-and-never-again", "name": "Joy Blank"}
    desk.post("/desk/customers", key)
    page = desk.post(
        "/desk/customers", {**key, "name": "Another"}, Referer="http://localhost/desk/customers/new?name=x"
    )
    assert page.status == 409
    assert page.heading == "This form was sent before, with other words, and that was saved"
    assert "Load the page again to see it and change it." in page.text
    assert page.links["Back to the page before"] == "/desk/customers/new?name=x"
    for words in ("Something changed meanwhile", "Your browser still has what you typed"):
        assert words not in page.text


def test_htmx_gets_the_sentence(desk: Browser) -> None:
    key = {"form_key": "once-and-never-again", "name": "Joy Blank"}
    desk.post("/desk/customers", key)
    answer = desk.post("/desk/customers", {**key, "name": "Another"}, htmx=True)
    assert answer.status == 409
    assert "This form was sent before, with other words, and that was saved" in answer.text
    assert "Something changed meanwhile" not in answer.text
