"""Rules that are broken at the same time are told at the same time."""

from __future__ import annotations

import pytest
from flask import Flask

from shop.common.errors import RuleBroken, refuse

BROKEN = [
    RuleBroken("Too short.", field="plate"),
    RuleBroken("Too long.", field="vin"),
    RuleBroken("Not like that.", field="vin"),
    RuleBroken("Not today."),
]


def test_nothing_is_refused_where_nothing_is_broken() -> None:
    refuse([])


def test_a_program_is_told_all_of_it(app: Flask) -> None:
    with pytest.raises(RuleBroken) as refused:
        refuse(BROKEN)
    with app.test_request_context("/service_tickets/"):
        answer = app.make_response(app.handle_user_exception(refused.value))
    assert answer.status_code == 422
    problem = answer.get_json()
    assert problem["detail"] == "Too short."
    assert problem["errors"] == {"plate": ["Too short."], "vin": ["Too long.", "Not like that."]}
