"""What sqlmap prints is understood; ``python3 run.py attack`` runs it."""

from __future__ import annotations

import pytest

from tests.attack.outsiders import judged

pytestmark = pytest.mark.single

CLEAN = "[ERROR] all tested parameters do not appear to be injectable. Try to increase values for '--level'"
FOUND = "GET parameter 'q' is vulnerable. Do you want to keep testing the others\n---\nParameter: q (GET)\n    Type: x"


def test_what_is_found_is_told() -> None:
    assert judged("q", CLEAN) == []
    assert judged("q", FOUND) == ["q: is vulnerable", "q: Parameter: q (GET)"]


@pytest.mark.parametrize("said", ["", "[CRITICAL] connection refused", f"{CLEAN}\nThe time limit was reached."])
def test_what_was_not_tried_is_told(said: str) -> None:
    assert judged("q", said) == [f"q was not tried to the end: {said}"]
