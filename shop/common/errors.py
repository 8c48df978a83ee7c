"""How the shop says no. The web turns each into the right page, fragment or problem."""

from __future__ import annotations

from collections.abc import Sequence


class RuleBroken(Exception):
    """A rule of the shop forbids it; answered 422 with the sentence at its field.

    ``field`` is the name of the form field or JSON key to blame, or None for the request as a whole. ``others`` are
    broken at the same time (see ``refuse``).
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.others: Sequence[RuleBroken] = ()


def refuse(broken: Sequence[RuleBroken]) -> None:
    """Raise the first of these with the others beside it, so that all is told at once; nothing where there is none."""
    if broken:
        first, *first.others = broken
        raise first


class Conflict(Exception):
    """The thing is no longer in the state that the request assumed; answered 409.

    ``ticket_id`` is the ticket that stands in the way, where there is one.
    """

    def __init__(self, message: str, *, ticket_id: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.ticket_id = ticket_id


class StaleEdit(Conflict):
    """Somebody saved another version since the form was opened; what was typed must be kept."""


class TooManyTries(Exception):
    """Refused for now; answered 429 with Retry-After."""

    def __init__(self, retry_after_seconds: int) -> None:
        minutes = -(-retry_after_seconds // 60)
        number, unit = (minutes, "minute") if minutes < 120 else (-(-minutes // 60), "hour")
        self.message = f"Too many tries. Wait {number} {unit}{'s' if number > 1 else ''}, then try again."
        super().__init__(self.message)
        self.retry_after_seconds = retry_after_seconds
