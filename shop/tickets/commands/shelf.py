"""A ticket's parts and the shelf: kept, fitted, given back. All of it joins the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.record import record
from shop.inventory import stock
from shop.tickets.models import Job, Line, Supply


def reserve(line: Line) -> None:
    """Keep a line's parts for its ticket; raises RuleBroken on ``quantity`` when too few are available."""
    stock.reserve(line.stocked, line.quantity)
    line.supply = Supply.RESERVED


def lock_parts(jobs: Iterable[Job]) -> None:
    """Let nobody else take the parts of these jobs until the transaction ends; before asking what the shelf has."""
    stock.lock(*{line.stocked for line in _by_part(jobs)})


def reserve_what_is_there(job: Job, *, by: Account | None) -> None:
    """Keep the parts of a job, which are locked, as far as the shelf has them."""
    for line in _by_part([job]):
        reserve_if_there(line, by=by)


def reserve_if_there(line: Line, *, by: Account | None) -> None:
    """Keep a line's parts if it wants any, the shelf has them, and the shop still does."""
    if line.is_wanted and not line.is_missing and line.part is not None and not line.part.is_archived:
        reserve(line)
        record_part(Action.PART_USED, line, by=by)


def fit(line: Line, *, by: Account) -> None:
    """Put a line's parts into the vehicle: now they have left the shelf."""
    stock.fit(line.stocked, line.quantity, ticket=line.ticket, by=by)
    line.supply = Supply.FITTED
    record_part(Action.PART_FITTED, line, by=by)


def take_out(line: Line, *, by: Account) -> None:
    """Take a line's parts out of the vehicle again; they stay kept for the ticket."""
    stock.take_out(line.stocked, line.quantity, ticket=line.ticket, by=by)
    line.supply = Supply.RESERVED
    record_part(Action.PART_TAKEN_OUT, line, by=by)


def fit_all(job: Job, *, by: Account) -> None:
    """Fit what is kept for a job."""
    for line in _by_part([job]):
        if line.supply is Supply.RESERVED:
            fit(line, by=by)


def give_back(jobs: Iterable[Job], *, by: Account | None) -> None:
    """Give all parts of these jobs back to the shelf; their lines stay, as wanted."""
    for line in _by_part(jobs):
        give_line_back(line, by=by)


def give_line_back(line: Line, *, by: Account | None) -> None:
    """Give a line's parts back to the shelf, if it has any."""
    if line.part is None or line.is_wanted:
        return
    if line.supply is Supply.RESERVED:
        stock.release(line.part, line.quantity)
    else:
        stock.put_back(line.part, line.quantity, ticket=line.ticket, by=by)
    line.supply = Supply.WANTED
    record_part(Action.PART_RETURNED, line, by=by)


def record_part(action: Action, line: Line, *, by: Account | None) -> None:
    """The part by the name that the shop has for it; what stands on the line may have been typed for the customer."""
    record(action, line.ticket, by=by, part=line.stocked.name, part_id=line.part_id, quantity=line.quantity)


def _by_part(jobs: Iterable[Job]) -> list[Line]:
    """The lines with parts from stock in the order in which everybody locks them."""
    lines = [line for job in jobs for line in job.lines if line.part_id is not None]
    return sorted(lines, key=lambda line: (line.part_id, line.id))
