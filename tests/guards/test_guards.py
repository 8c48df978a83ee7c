"""The list of guards is that of the code as it is; whether each is missed, ``python3 run.py guards`` tries."""

from __future__ import annotations

import pytest

from tests.guards.guard import Guard, all_guards
from tools.front_door.settings import ROOT

pytestmark = pytest.mark.single


@pytest.mark.parametrize("guard", all_guards(), ids=lambda guard: guard.name)
def test_stands_where_the_list_says(guard: Guard) -> None:
    assert (ROOT / guard.file).read_text(encoding="utf-8").count(guard.text) == 1
    assert all((ROOT / path).exists() for path in guard.tests)
