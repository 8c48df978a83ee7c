"""Schemathesis holds the API to its own description: whatever is sent, nothing breaks and nothing is undeclared."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from shop.tickets.models import Supply
from tests import factories
from tests.api.described import schemathesis
from tests.cast import Cast
from tests.clients import Api

pytestmark = pytest.mark.single

EXAMPLES = int(os.environ.get("TEST_SCHEMATHESIS_EXAMPLES", "6"))
OF_NOBODY = min(EXAMPLES, 2)  # who is turned away before anything that was sent is read


@pytest.mark.parametrize("who", ["owner", "customer", "nobody"])
def test_the_api_is_what_it_says(who: str, app: Flask, cast: Cast, api: Api, address: str, tmp_path: Path) -> None:
    with app.app_context():
        vehicle = factories.make_vehicle()
        part = factories.make_part(on_hand=1000)
        customer = cast.account("customer").customer if who == "customer" else None
        ticket = factories.make_ticket(
            customer=customer, vehicle=None if customer else vehicle, mechanics=[factories.make_mechanic()]
        )
        factories.make_part_line(ticket, part, supply=Supply.RESERVED)
        factories.make_canned_job(part)
        factories.make_version(ticket)
    token = (api.as_(who).token or "") if who != "nobody" else ""
    command = schemathesis(address, token, examples=EXAMPLES if token else OF_NOBODY)
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1200, check=False)
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
