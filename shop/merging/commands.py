"""What people do with a customer who was written down twice."""

from __future__ import annotations

from sqlalchemy import select

from shop.accounts.commands import disable_account, edit_account
from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.queries import has_happened
from shop.audit.record import apply_changes, record
from shop.common.errors import Conflict, StaleEdit
from shop.common.text import folded, is_phone
from shop.common.transaction import lock, transaction
from shop.customers.commands import CustomerValues, archive_customer, edit_customer, give_all_vehicles
from shop.customers.models import MAX_NOTES, Customer
from shop.customers.queries import merged_into
from shop.extensions import db
from shop.merging.queries import accounts_of, state_of
from shop.tickets.models import Ticket


def merge_customers(*, kept: Customer, other: Customer, seen: str | None = None, by: Account) -> Customer:
    """The two are the same person: all that the other one has is the kept one's, and the other one is archived.

    What the kept one lacks is filled in; a second telephone number or e-mail address goes into the notes. ``seen`` is
    what ``state_of`` them was when somebody looked at both; another one raises StaleEdit. Raises Conflict when one of
    them is archived, the notes are too long together, or the account of the other one belongs to the staff.
    """
    with transaction():
        _wait_for_tickets_of(other)
        for customer in sorted((kept, other), key=lambda each: each.id):
            lock(customer)
        check_are_two(kept, other)
        if seen is not None and seen != state_of(kept, other):
            raise StaleEdit("Somebody else has changed one of the two meanwhile.")
        values = _values_of_both(kept, other)
        _join_accounts(kept, other, by=by)
        _give_all_tickets(other, to=kept)
        give_all_vehicles(other, to=kept, by=by)
        archive_customer(other, by=by)
        for former in (other, *merged_into(other)):
            former.merged_into = kept
        edit_customer(kept, by=by, **values)  # the e-mail address is free now
        record(Action.CUSTOMER_MERGED, other, by=by, kept_id=kept.id)
        record(Action.CUSTOMER_TOOK_OVER, kept, by=by, merged_id=other.id)
        return kept


def check_are_two(one: Customer, other: Customer) -> None:
    """Raises Conflict unless these are two customers who are both on the list."""
    if one.id == other.id:
        raise Conflict("This is one and the same entry. Choose another customer.")
    for customer in (one, other):
        if customer.is_archived and has_happened(Action.CUSTOMER_ERASED, customer):
            raise Conflict("This customer is erased. Nobody can be merged with what is left.")
        if customer.is_archived:
            raise Conflict(customer.words_when_archived)


def _wait_for_tickets_of(customer: Customer) -> None:
    """Tickets before customers, as wherever a ticket is worked on."""
    db.session.execute(select(Ticket.id).where(Ticket.customer_id == customer.id).order_by(Ticket.id).with_for_update())


def _values_of_both(kept: Customer, other: Customer) -> CustomerValues:
    """What is to be written down of the kept one, so that nothing of the other one is lost."""
    values, more = CustomerValues(), []
    if other.phone and not kept.phone and is_phone(other.phone):
        values["phone"] = other.phone
    elif other.phone and _bare(other.phone) != _bare(kept.phone or ""):  # there may be words beside the number
        more.append(f"Telephone as well: {other.phone}")
    if other.email and not kept.email:
        values["email"] = other.email
    elif other.email and other.email_key != kept.email_key:
        more.append(f"E-mail as well: {other.email}")
    notes = [kept.notes, *more, other.notes if other.notes != kept.notes else ""]
    values["notes"] = "\n".join(filter(None, notes))
    if (length := len(values["notes"])) > MAX_NOTES:
        raise Conflict(
            f"The notes of both come to {length:,} characters, and {MAX_NOTES:,} fit. Shorten one of them first."
        )
    return values


def _bare(phone: str) -> str:
    """Without what people write between the figures."""
    return "".join(character for character in folded(phone) if character.isalnum())


def _join_accounts(kept: Customer, other: Customer, *, by: Account) -> None:
    """An only account goes along; of two the kept customer's goes on, and with the other nobody signs in any more."""
    accounts = accounts_of(kept, other)
    own, theirs = accounts.get(kept.id), accounts.get(other.id)
    if theirs is None:
        return
    if own is None:
        edit_account(theirs, by=by, customer=kept)
    elif theirs.is_staff and own.is_staff:
        raise Conflict(
            f"{own.name} and {theirs.name} both work here. Each keeps an account, and a customer to go with it."
        )
    elif theirs.is_staff:
        raise Conflict(f"{theirs.name} works here, so that account has to go on. Keep {other.name} instead.")
    else:
        disable_account(theirs, by=by)
        free = {"email": f"closed-{theirs.id}@merged.invalid"}  # so that the address can be another account's
        changes = apply_changes(theirs, free)
        record(Action.ACCOUNT_CHANGED, theirs, by=by, changes=changes)


def _give_all_tickets(customer: Customer, *, to: Customer) -> None:
    """Open, closed and archived ones. Nobody was at the work itself, so they do not count as touched."""
    theirs = select(Ticket).where(Ticket.customer_id == customer.id).order_by(Ticket.id).with_for_update()
    for ticket in db.session.scalars(theirs.execution_options(populate_existing=True)):
        ticket.customer = to
        ticket.version += 1
