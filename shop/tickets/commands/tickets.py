"""What people do with a ticket as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.queries import last_changed, values_before
from shop.audit.record import apply_changes, record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit, refuse
from shop.common.transaction import lock, transaction
from shop.customers.commands import add_customer, add_vehicle, edit_vehicle
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.mechanics.models import Mechanic
from shop.settings.queries import present_rates
from shop.tickets import tallies
from shop.tickets.commands import shelf
from shop.tickets.commands.consent import ask_about_everything_again, consent_at_the_counter, end_links
from shop.tickets.commands.jobs import finish_jobs
from shop.tickets.commands.shared import (
    check_needs,
    check_takes_work,
    count_open,
    lock_ticket,
    refuse_archived,
    set_status,
    settle,
    shortened,
    words,
)
from shop.tickets.lifecycle import MOVES, Move, Status, find_move
from shop.tickets.models import (
    FIRST_NUMBER,
    MAX_COMPLAINT,
    MAX_JOB,
    MAX_REASON,
    Assignment,
    Job,
    RepairLink,
    Ticket,
    TicketNumber,
)


def open_ticket(
    *,
    customer: Customer,
    complaint: str,
    vehicle: Vehicle | None = None,
    promised_at: datetime | None = None,
    mechanics: Sequence[Mechanic] = (),
    comeback_of: Ticket | None = None,
    by: Account,
) -> Ticket:
    """Write down what a customer came for, under the next number; ``comeback_of`` is the repair that did not hold.

    Raises RuleBroken on ``customer`` when archived, on ``vehicle`` when it is somebody else's, on ``complaint`` when
    empty or too long, on ``promised_at`` when it is over, and on ``mechanics`` when one has left.
    """
    with transaction():
        check_promise(promised_at)
        lock(customer)
        if customer.is_archived:
            raise RuleBroken(customer.words_when_archived, field="customer")
        ticket = Ticket(
            number=_next_number(),
            customer=customer,
            vehicle=_checked_vehicle(vehicle, customer),
            complaint=_checked_complaint(complaint),
            promised_at=promised_at,
            rates=present_rates(),
            comeback_of=comeback_of,
        )
        tallies.watch(ticket, is_new=True)
        db.session.add(ticket)
        ticket.every_job.append(Job(position=1, complaint=shortened(ticket.first_line, MAX_JOB)))
        of: dict[str, Any] = {"comeback_of": comeback_of.number} if comeback_of else {}
        record(Action.TICKET_OPENED, ticket, by=by, number=ticket.number, **of)
        count_open(1)
        _assign(ticket, mechanics, by=by, field="mechanics")
        return ticket


def open_comeback(ticket: Ticket, *, by: Account) -> Ticket:
    """The same complaint is back: a ticket of its own, linked to the repair that did not hold, its labour at nothing.

    Raises Conflict when that repair was never finished, and RuleBroken as ``open_ticket`` does.
    """
    with transaction():
        lock_ticket(ticket)
        if not ticket.can_come_back:
            raise Conflict(f"{ticket.label} has not been finished yet, so it can’t come back.")
        vehicle = ticket.vehicle
        is_theirs = vehicle is not None and vehicle.customer_id == ticket.customer_id and not vehicle.is_archived
        return open_ticket(
            customer=ticket.customer,
            vehicle=vehicle if is_theirs else None,
            complaint=ticket.complaint_of_a_comeback,
            comeback_of=ticket,
            by=by,
        )


def take_in(
    *,
    customer: Customer | None,
    new_customer: Mapping[str, Any] | None,
    vehicle: Vehicle | None,
    new_vehicle: Mapping[str, Any] | None,
    complaint: str,
    promised_at: datetime | None = None,
    mechanics: Sequence[Mechanic] = (),
    by: Account,
) -> Ticket:
    """Open a ticket for whoever stands at the counter, known or new, with a car that is known or new: all or nothing.

    ``new_customer`` and ``new_vehicle`` are what ``add_customer`` and ``add_vehicle`` take. Raises RuleBroken as those
    and ``open_ticket`` do, on ``q`` when nobody was chosen, and on ``name`` or ``plate`` when both ways were.
    """
    with transaction():
        customer, vehicle = _known(customer, new_customer, vehicle, new_vehicle, by=by)
        return open_ticket(
            customer=customer,
            complaint=complaint,
            vehicle=vehicle,
            promised_at=promised_at,
            mechanics=mechanics,
            by=by,
        )


def objections(
    customer: Customer | None,
    new_customer: Mapping[str, Any] | None,
    vehicle: Vehicle | None,
    new_vehicle: Mapping[str, Any] | None,
) -> list[RuleBroken]:
    """All that speaks against taking somebody in before anything is written down, so that it can be told at once."""
    broken = []
    if customer is not None and new_customer:
        broken.append(RuleBroken("Choose a customer or write down a new one, not both.", field="name"))
    if customer is None and not new_customer:
        broken.append(RuleBroken("Find the customer, or write down a new one.", field="q"))
    if new_customer and not new_customer.get("name"):
        broken.append(RuleBroken("Enter the customer's name.", field="name"))
    if vehicle is not None and new_vehicle:
        broken.append(RuleBroken("Choose a vehicle or write down a new one, not both.", field="plate"))
    return broken


def hand_over(
    ticket: Ticket,
    *,
    customer: Customer | None,
    new_customer: Mapping[str, Any] | None,
    vehicle: Vehicle | None,
    new_vehicle: Mapping[str, Any] | None,
    version: int | None = None,
    odometer_reason: str = "",
    by: Account,
) -> Ticket:
    """The ticket is somebody else's, or another car's: it was opened for the wrong one.

    Raises RuleBroken as ``take_in`` and ``edit_ticket`` do, StaleEdit when ``version`` is no longer the ticket's, and
    Conflict when the work is closed, or the customer whose name is on it was written an estimate, has a link to it or
    came back with it: what they were told stays with them.
    """
    with transaction():
        lock_ticket(ticket)
        _check_is_newest(ticket, version)
        check_takes_work(ticket)
        customer, vehicle = _known(customer, new_customer, vehicle, new_vehicle, by=by)
        if customer is not ticket.customer:
            _check_is_between_us(ticket)
            lock(customer)
            if customer.is_archived:
                raise RuleBroken(customer.words_when_archived, field="q")
            former, ticket.customer = ticket.customer_id, customer
            ticket.version += 1
            settle(ticket)
            db.session.flush()
            # Names would stay here when either of them wants to be forgotten.
            record(Action.TICKET_HANDED_OVER, ticket, by=by, former_id=former, customer_id=customer.id)
        return edit_ticket(ticket, vehicle=vehicle, odometer_reason=odometer_reason, by=by)


def _known(
    customer: Customer | None,
    new_customer: Mapping[str, Any] | None,
    vehicle: Vehicle | None,
    new_vehicle: Mapping[str, Any] | None,
    *,
    by: Account,
) -> tuple[Customer, Vehicle | None]:
    """Whoever was chosen, with what is new written down."""
    refuse(objections(customer, new_customer, vehicle, new_vehicle))
    if customer is None:
        customer = add_customer(**(new_customer or {}), by=by)
    if new_vehicle:
        vehicle = add_vehicle(customer, **new_vehicle, by=by)
    return customer, vehicle


def _check_is_between_us(ticket: Ticket) -> None:
    db.session.expire(ticket, ["versions"])
    name = ticket.customer.name
    instead = "Cancel this ticket and open one for the right customer."
    came_back = select(Ticket.id).where(Ticket.comeback_of_id == ticket.id)  # cancelled ones can be reopened
    if ticket.comeback_of_id is not None or db.session.scalar(came_back.limit(1)):
        raise Conflict(f"It is one of two tickets for a repair of {name}’s that came back. {instead}")
    if ticket.versions:
        raise Conflict(f"An estimate was written for {name}, and stays what they were told. {instead}")
    live = select(RepairLink.id).where(RepairLink.ticket_id == ticket.id, RepairLink.ended_at.is_(None))
    if db.session.scalar(live.where(RepairLink.expires_at > now()).limit(1)):
        raise Conflict(f"{name} has a link to this repair. End their links first, under Estimate.")


def check_promise(promised_at: datetime | None) -> None:
    """Raises RuleBroken on ``promised_at`` for a time that is over."""
    if promised_at is not None and promised_at < now():
        raise RuleBroken("This time is over. Promise a later one.", field="promised_at")


def edit_ticket(
    ticket: Ticket, *, by: Account, version: int | None = None, odometer_reason: str = "", **values: Any
) -> Ticket:
    """Correct ``complaint``, ``promised_at``, ``vehicle``, ``odometer_in`` or ``odometer_out``; only what is given.

    Raises StaleEdit when ``version`` is no longer the ticket's, RuleBroken as ``open_ticket`` does, on
    ``odometer_out`` when it is less than on arrival, and on ``odometer_reason`` when the vehicle's runs backwards.
    """
    with transaction():
        lock_ticket(ticket)
        _check_is_newest(ticket, version)
        if "vehicle" in values and values["vehicle"] is not ticket.vehicle:
            _checked_vehicle(values["vehicle"], ticket.customer)
        if "complaint" in values:
            values["complaint"] = _checked_complaint(values["complaint"])
        if values.get("promised_at") != ticket.promised_at:
            check_promise(values.get("promised_at"))
        vehicle, readings = ticket.vehicle, ticket.odometer_readings
        changes = apply_changes(ticket, values)
        if {"odometer_in", "odometer_out", "vehicle"} & set(changes):
            _take_reading_back(ticket, vehicle, readings, by=by)
            _read_odometer(ticket, odometer_reason, by=by)
        if "vehicle" in changes:
            changes["vehicle"] = tuple(vehicle and vehicle.label for vehicle in changes["vehicle"])
        if changes:
            ticket.version += 1
            settle(ticket)
            record(Action.TICKET_CHANGED, ticket, by=by, changes=changes)
        return ticket


def move(
    ticket: Ticket,
    *,
    to: Status,
    reason: str = "",
    seen: Status | None = None,
    total: int | None = None,
    by: Account,
) -> Ticket:
    """Take the ticket to another status; the lifecycle says which, who may, and what must be there.

    ``seen`` is the status that the page showed, ``total`` what the ticket came to on it, in cents. The desk's approval
    is a consent at the counter to everything that has not been decided. When the work is done, its jobs are finished
    and their parts fitted, at the latest with the invoice; cancelling gives all parts back to the shelf. Reaching
    ``ready`` for the first time is when the ticket counts as completed.

    Raises Conflict when the ticket moved on since it was seen, what is consented to has changed since, it can't go
    there, its customer or vehicle is archived, or it lacks what the move needs;
    RuleBroken on ``to`` when it is not for this person to do, and at the field of what is missing.
    """
    with transaction():
        lock_ticket(ticket)
        if seen is not None and seen is not ticket.status:
            raise Conflict(f"Somebody else has moved {ticket.label} meanwhile: it is {words(ticket.status)} now.")
        step = _checked_move(ticket, to, by)
        reason = _checked_reason(step, reason)
        if to.is_open and not ticket.status.is_open:
            refuse_archived(ticket)
        if step.notes_consent(ticket.status):
            if total is not None and total != ticket.total_cents:
                raise Conflict(
                    f"Somebody has changed the work on {ticket.label} meanwhile. Look at what it comes to now."
                )
            consent_at_the_counter(ticket, by=by)
        check_needs(ticket, step)
        if to in (Status.QUALITY_CHECK, Status.READY, Status.INVOICED):
            finish_jobs(ticket, by=by)
        elif to is Status.CANCELLED:
            shelf.give_back(ticket.jobs, by=by)
        elif ticket.status is Status.CANCELLED:
            ask_about_everything_again(ticket)
        if ticket.status is not to:  # a consent may have moved it already
            set_status(ticket, to, reason=reason, by=by)
        return ticket


def change_mechanics(
    ticket: Ticket, *, add: Iterable[Mechanic] = (), remove: Iterable[Mechanic] = (), by: Account
) -> Ticket:
    """Put mechanics on the ticket and take others off, all or none of it.

    Adding one who is on it and removing one who is not change nothing. Raises Conflict when the work is closed,
    RuleBroken on ``add`` when one has left the shop, and on ``remove`` when one is in both lists.
    """
    with transaction():
        lock_ticket(ticket)
        check_takes_work(ticket)
        add, remove = tuple(dict.fromkeys(add)), tuple(dict.fromkeys(remove))
        for mechanic in remove:
            if mechanic in add:
                raise RuleBroken(f"{mechanic.name} can't be added and removed at once.", field="remove")
        _unassign(ticket, remove, by=by)
        _assign(ticket, add, by=by, field="add")
        return ticket


def archive_ticket(ticket: Ticket, *, by: Account) -> Ticket:
    """Take a ticket off the lists; an open one gives its parts back to the shelf first."""
    with transaction():
        lock_ticket(ticket)
        if ticket.status.takes_work:
            shelf.give_back(ticket.jobs, by=by)
        ticket.archived_at = now()
        end_links(ticket)
        settle(ticket)
        record(Action.TICKET_ARCHIVED, ticket, by=by, number=ticket.number)
        count_open(-ticket.status.is_open)
        return ticket


def restore_ticket(ticket: Ticket, *, by: Account) -> Ticket:
    """Bring an archived ticket back; parts that it needs are to be taken from the shelf again."""
    with transaction():
        lock(ticket)
        if ticket.is_archived:
            if ticket.status.is_open:
                refuse_archived(ticket)
            tallies.watch(ticket)
            ticket.archived_at = None
            settle(ticket)
            record(Action.TICKET_RESTORED, ticket, by=by, number=ticket.number)
            count_open(+ticket.status.is_open)
        return ticket


def _next_number() -> int:
    """Take the next number. Whoever asks next waits until this transaction ends, so none is skipped or given twice."""
    counter = db.session.scalar(select(TicketNumber).with_for_update().execution_options(populate_existing=True))
    if counter is None:
        counter = TicketNumber(id=1, next=FIRST_NUMBER)
        db.session.add(counter)
    number = counter.next
    counter.next = number + 1
    return number


def _read_odometer(ticket: Ticket, reason: str, *, by: Account) -> None:
    """The vehicle's odometer is what was read on its newest ticket."""
    came, went = ticket.odometer_in, ticket.odometer_out
    if came is not None and went is not None and went < came:
        raise RuleBroken(f"It was {came:,} on arrival.", field="odometer_out")
    newest = went if went is not None else came
    if newest is None or ticket.vehicle is None or newest == ticket.vehicle.odometer:
        return
    is_read = or_(Ticket.odometer_in.is_not(None), Ticket.odometer_out.is_not(None))
    later = select(Ticket.id).where(Ticket.vehicle_id == ticket.vehicle_id, Ticket.id > ticket.id, is_read)
    if db.session.scalar(later.where(Ticket.archived_at.is_(None)).limit(1)) is None:
        edit_vehicle(ticket.vehicle, odometer=newest, odometer_reason=reason, by=by)


def _take_reading_back(ticket: Ticket, vehicle: Vehicle | None, readings: set[int], *, by: Account) -> None:
    """The odometer of the vehicle that the ticket had says one of the ``readings`` that it had, and that was a mistake:
    it says what it did before, unless it was read so on another ticket as well.
    """
    if vehicle is None or vehicle.is_archived or vehicle.odometer not in readings:
        return
    if vehicle is ticket.vehicle and (ticket.odometer_readings and max(ticket.odometer_readings) >= vehicle.odometer):
        return  # it went on from there
    read_at = last_changed(vehicle, "odometer")
    if read_at is None or read_at < ticket.created_at:
        return  # it was known before, and read the same
    is_read = or_(Ticket.odometer_in == vehicle.odometer, Ticket.odometer_out == vehicle.odometer)
    others = select(Ticket.id).where(Ticket.vehicle_id == vehicle.id, Ticket.id != ticket.id, is_read)
    if db.session.scalar(others.where(Ticket.archived_at.is_(None)).limit(1)) is not None:
        return
    own = {*readings, *_numbers_before(ticket, "odometer_in"), *_numbers_before(ticket, "odometer_out")}
    former = next((reading for reading in _numbers_before(vehicle, "odometer") if reading not in own), None)
    edit_vehicle(vehicle, odometer=former, odometer_reason=f"It was a mistake on {ticket.label}", by=by)


def _numbers_before(thing: Ticket | Vehicle, field: str) -> list[int | None]:
    return [int(text) if text else None for text in values_before(thing, field)]


def _check_is_newest(ticket: Ticket, version: int | None) -> None:
    if version is not None and version != ticket.version:
        raise StaleEdit(f"Somebody else has changed ticket {ticket.label} meanwhile.")


def _checked_vehicle(vehicle: Vehicle | None, customer: Customer) -> Vehicle | None:
    if vehicle is not None:
        lock(vehicle)
    if vehicle is not None and vehicle.customer_id != customer.id:
        raise RuleBroken(f"This vehicle does not belong to {customer.name}.", field="vehicle")
    if vehicle is not None and vehicle.is_archived:
        raise RuleBroken("This vehicle is archived. Choose another one.", field="vehicle")
    return vehicle


def _checked_complaint(complaint: str) -> str:
    if not complaint.strip():
        raise RuleBroken("Write down what the customer came for.", field="complaint")
    if len(complaint) > MAX_COMPLAINT:
        raise RuleBroken(f"Use at most {MAX_COMPLAINT:,} characters.", field="complaint")
    return complaint


def _checked_move(ticket: Ticket, to: Status, by: Account) -> Move:
    step = find_move(ticket.status, to)
    if step is None:
        others = ", ".join(move.to.title for move in MOVES[ticket.status])
        raise Conflict(f"A ticket that is {words(ticket.status)} can't become {words(to)}. It can become: {others}.")
    if by.role not in step.roles:
        raise RuleBroken("Only the front desk can do this.", field="to")
    return step


def _checked_reason(step: Move, reason: str) -> str:
    if step.needs_reason and not reason.strip():
        raise RuleBroken("Say why, so that everybody knows later.", field="reason")
    if len(reason) > MAX_REASON:
        raise RuleBroken(f"Use at most {MAX_REASON} characters.", field="reason")
    return reason.strip()


def _assign(ticket: Ticket, mechanics: Iterable[Mechanic], *, by: Account, field: str) -> None:
    tallies.watch_mechanics(ticket)
    for mechanic in sorted(set(mechanics) - set(ticket.mechanics), key=lambda each: each.id):
        lock(mechanic)
        if mechanic.is_archived:
            raise RuleBroken(f"{mechanic.name} no longer works here.", field=field)
        ticket.assignments.append(Assignment(mechanic=mechanic))
        settle(ticket)
        record(Action.MECHANIC_ASSIGNED, ticket, by=by, mechanic=mechanic.name, mechanic_id=mechanic.id)


def _unassign(ticket: Ticket, mechanics: Iterable[Mechanic], *, by: Account) -> None:
    tallies.watch_mechanics(ticket)
    for assignment in [each for each in ticket.assignments if each.mechanic in mechanics]:
        mechanic = assignment.mechanic
        ticket.assignments.remove(assignment)
        settle(ticket)
        record(Action.MECHANIC_UNASSIGNED, ticket, by=by, mechanic=mechanic.name, mechanic_id=mechanic.id)
