"""Forgetting a customer: what is theirs goes, and what the books and the law need stays without them.

Tickets stay with their jobs, lines and sums, as proof of what was invoiced and of what was done to a vehicle. The
history stays as well: of its values no more is left than their digests (see ``audit.models``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, bindparam, delete, or_, select, update
from sqlalchemy.orm import selectinload

from shop.accounts import identity, links
from shop.accounts.models import Account, Letter, LoginSession, RecoveryCode
from shop.accounts.queries import account_of
from shop.audit import digests
from shop.audit.actions import Action
from shop.audit.models import Event, EventChange
from shop.audit.record import record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken
from shop.common.handled import HandledRequest
from shop.common.text import folded
from shop.common.transaction import lock, transaction
from shop.customers.commands import archive_customer
from shop.customers.models import Customer
from shop.customers.queries import merged_into
from shop.extensions import db
from shop.privacy.addresses import addresses_of, is_about
from shop.privacy.export import in_stretches
from shop.tickets.commands.shared import shortened
from shop.tickets.estimate import Content
from shop.tickets.lifecycle import Status
from shop.tickets.models import MAX_JOB, Consent, EstimateVersion, Job, Line, RepairLink, Ticket

ERASED = "Erased customer"
ERASED_WORDS = "Erased."

#: Tickets that were invoiced: their jobs are what was charged for.
_INVOICED = (Status.INVOICED, Status.PICKED_UP)


def erase_customer(customer: Customer, *, name: str, by: Account) -> Customer:
    """Forget who the customer was, for good; ``name`` is typed to say that this one is meant.

    Where the same person was written down twice, the other time is forgotten as well. Raises RuleBroken on ``name``
    when it is another one, Conflict while a ticket is open, for whoever works here, and for one who was merged into
    another.
    """
    with transaction():
        lock(customer)
        if folded(name) != folded(customer.name):
            raise RuleBroken(f"Type the name as it is written here: {customer.name}.", field="name")
        refuse_merged(customer)
        everywhere = [customer, *merged_into(customer)]
        accounts = [account for each in everywhere if (account := account_of(each)) is not None]
        for account in accounts:
            if account.is_staff:
                raise Conflict(f"{customer.name} works here: {account.email} is an account of the staff.")
        archive_customer(customer, by=by)  # refuses while something is going on
        theirs = select(Ticket).where(Ticket.customer_id == customer.id).options(selectinload(Ticket.every_job))
        tickets = db.session.scalars(theirs.order_by(Ticket.id)).all()
        _forget_letters(everywhere, accounts)
        _forget_history(everywhere, accounts, tickets)
        for each in everywhere:
            _forget_facts(each)
        kept = {job.id for ticket in tickets for job in _forget_words(ticket)}
        never_invoiced = [ticket.id for ticket in tickets if ticket.status not in _INVOICED]
        _forget_lines(never_invoiced)
        _forget_evidence([ticket.id for ticket in tickets], kept, set(never_invoiced))
        for account in accounts:
            _forget_account(account)
        _forget_answers()
        for each in everywhere:
            record(Action.CUSTOMER_ERASED, each, by=by)
        return customer


def refuse_merged(customer: Customer) -> None:
    """Raises Conflict for one who was merged into another: what is theirs is known of that one."""
    if customer.merged_into is not None:
        raise Conflict(f"{customer.name} was merged into {customer.merged_into.name}. Look at that customer’s data.")


def _forget_facts(customer: Customer) -> None:
    customer.name, customer.email, customer.phone, customer.notes = ERASED, None, None, ""
    customer.version += 1
    for vehicle in customer.vehicles:
        vehicle.plate = vehicle.vin = None
        vehicle.version += 1


def _forget_words(ticket: Ticket) -> list[Job]:
    """What the customer said, and what was found; answers the jobs whose titles stay, for they were invoiced.

    The first job is called by the customer's own words until the desk calls it otherwise.
    """
    opening = shortened(ticket.first_line, MAX_JOB)
    is_invoiced = ticket.status in _INVOICED
    ticket.complaint = ERASED_WORDS
    ticket.cancel_reason = ERASED_WORDS if ticket.cancel_reason else ""
    kept = [job for job in ticket.every_job if is_invoiced and job.complaint != opening]
    for job in ticket.every_job:
        job.complaint = job.complaint if job in kept else ERASED_WORDS
        job.cause, job.correction = "", job.correction if is_invoiced else ""
        job.version += 1
    return kept


def _forget_lines(ticket_ids: list[int]) -> None:
    for some in in_stretches(ticket_ids):
        lines = update(Line).where(Line.ticket_id.in_(some))
        _run(lines.values(description=ERASED_WORDS, version=Line.version + 1))


def _forget_evidence(ticket_ids: list[int], kept: set[int], never_invoiced: set[int]) -> None:
    """Estimates and answers stay, without the words and without whose they were; links to the repairs end."""
    for some in in_stretches(ticket_ids):
        columns = (EstimateVersion.id, EstimateVersion.ticket_id, EstimateVersion.content)
        versions = select(*columns).where(EstimateVersion.ticket_id.in_(some))
        offered = [
            {"key": version_id, "erased": _without_words(content, kept, lines_stay=ticket_id not in never_invoiced)}
            for version_id, ticket_id, content in db.session.execute(versions)
        ]
        _update_each(EstimateVersion, {"content": bindparam("erased")}, offered)
        answered = select(EstimateVersion.id).where(EstimateVersion.ticket_id.in_(some))
        forgotten = {"name": ERASED, "words": "", "address": "", "agent": ""}
        _run(update(Consent).where(Consent.version_id.in_(answered)).values(forgotten))
        ended = update(RepairLink).where(RepairLink.ticket_id.in_(some), RepairLink.ended_at.is_(None))
        _run(ended.values(ended_at=now()))


def _without_words(content: Content, kept: set[int], *, lines_stay: bool) -> Content:
    """An estimate that still comes to the same."""
    jobs = [
        {
            **job,
            "cause": "",
            "complaint": job["complaint"] if job["id"] in kept else ERASED_WORDS,
            "lines": [line if lines_stay else {**line, "description": ERASED_WORDS} for line in job["lines"]],
        }
        for job in content["jobs"]
    ]
    return {**content, "complaint": ERASED_WORDS, "plate": "", "jobs": jobs}


def _forget_letters(customers: Sequence[Customer], accounts: Sequence[Account]) -> None:
    """All letters to an address that the customer or the account has, or had.

    Of an address that somebody else has by now, what is still to be sent stays: it is theirs.
    """
    addresses, taken = addresses_of(customers, accounts)
    _run(delete(Letter).where(Letter.to.in_(addresses), or_(Letter.to.not_in(taken), Letter.due_at.is_(None))))


def _forget_answers() -> None:
    """What programs were answered today: it is kept for them to ask again, and may hold anybody's name."""
    told = db.session.scalars(select(HandledRequest.id).where(HandledRequest.body.is_not(None))).all()
    for some in in_stretches(told):
        _run(update(HandledRequest).where(HandledRequest.id.in_(some)).values(status=None, body=None))


def _forget_history(customers: Sequence[Customer], accounts: Sequence[Account], tickets: Sequence[Ticket]) -> None:
    vehicles = [vehicle for customer in customers for vehicle in customer.vehicles]
    things = [*customers, *vehicles, *accounts, *tickets]
    for some in in_stretches(things):
        _forget_changes(_CHANGES.where(or_(*map(is_about, some))))
    for ticket_id, event_id in _handed_over_by(customers):
        of_ticket = _CHANGES.where(Event.subject_kind == Ticket.__tablename__, Event.subject_id == ticket_id)
        _forget_changes(of_ticket.where(Event.id <= event_id))
        later = of_ticket.where(Event.id > event_id).order_by(Event.id, EventChange.id)
        written, older = set(), []  # what was there before can stand before a change that was made since
        for change in db.session.execute(later):
            if change.before is not None and (change.field, change.before) not in written:
                older.append(change.id)
            written.add((change.field, change.after))
        for some in in_stretches(older):
            _forget_changes(of_ticket.where(EventChange.id.in_(some)))


_CHANGES = (
    select(EventChange.id, EventChange.field, EventChange.salt, EventChange.before, EventChange.after)
    .join(Event, Event.id == EventChange.event_id)
    .where(EventChange.digest.is_(None))
)


def _handed_over_by(customers: Sequence[Customer]) -> list[tuple[int, int]]:
    """The tickets that were opened for the customer by mistake, each with the event by which it became another's."""
    events = select(Event).where(Event.action == Action.TICKET_HANDED_OVER.value).order_by(Event.id)
    ids = {customer.id for customer in customers}
    return [(each.subject_id, each.id) for each in db.session.scalars(events) if each.facts["former_id"] in ids]


def _forget_changes(changes: Select[*tuple[Any, ...]]) -> None:
    erased = [
        {"key": change_id, "left": digests.of_values(*values)} for change_id, _, *values in db.session.execute(changes)
    ]
    nothing = {"salt": None, "before": None, "after": None}
    _update_each(EventChange, {"digest": bindparam("left"), **nothing}, erased)


def _forget_account(account: Account) -> None:
    """Nobody signs in with it any more, and nothing tells whose it was."""
    identity.revoke_all(account)
    links.void_links(account)
    _run(update(LoginSession).where(LoginSession.account_id == account.id).values(address="", agent="", device=""))
    _run(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    _run(delete(HandledRequest).where(HandledRequest.account_id == account.id))
    account.name, account.email = ERASED, f"erased-{account.id}@erased.invalid"
    account.password_hash = account.factor_seed = account.factor_step = None
    account.disabled_at = account.disabled_at or now()
    account.version += 1


def _update_each(model: Any, values: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """The same update for each row, whose ``key`` is its id; past the ORM, which guards evidence."""
    if rows:
        table = model.__table__
        statement = update(table).where(table.c.id == bindparam("key")).values(values)
        db.session.connection().execute(statement, rows)


def _run(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
