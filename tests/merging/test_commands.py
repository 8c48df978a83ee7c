"""A customer who was written down twice becomes one, and nothing of either is lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from shop.accounts.commands import invite_customer
from shop.accounts.models import Account
from shop.audit.models import Event
from shop.common import stamps
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.common.roles import Role
from shop.common.stamps import Topic
from shop.common.transaction import transaction
from shop.customers import commands as customers
from shop.customers import queries
from shop.customers.models import MAX_NOTES, Customer
from shop.extensions import db
from shop.merging.commands import merge_customers
from shop.merging.queries import best_kept, state_of
from shop.ops import checks
from shop.privacy.erasure import erase_customer
from shop.privacy.export import everything_about
from shop.tickets import commands as tickets
from shop.tickets.lifecycle import Status
from shop.tickets.queries import list_tickets
from shop.tickets.selection import Scope, TicketFilter
from tests.cast import Cast
from tests.factories import keep, make_customer, make_mechanic, make_ticket, make_vehicle

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def desk(cast: Cast) -> Account:
    return cast.account("desk")


def make_account(customer: Customer, *, role: Role = Role.CUSTOMER, **values: Any) -> Account:
    standard = {"name": customer.name, "email": f"web{customer.id}@example.org", "password_hash": "x"}
    mechanic = make_mechanic().id if role is Role.MECHANIC else None
    account = Account(role=role, customer_id=customer.id, mechanic_id=mechanic, **{**standard, **values})
    keep(account)
    return account


def told(action: str) -> Event:
    return db.session.scalars(select(Event).where(Event.action == action)).one()


class TestWhatBelongsToThem:
    def test_every_ticket_and_vehicle_is_the_kept_ones(self, desk: Account) -> None:
        joy, again = make_customer(name="Joy Tanaka"), make_customer(name="J. Tanaka")
        car, sold = make_vehicle(again), make_vehicle(again, plate=None, archived_at=now())
        theirs = [
            make_ticket(vehicle=car, status=Status.IN_PROGRESS),
            make_ticket(vehicle=car, status=Status.PICKED_UP),
            make_ticket(customer=again, archived_at=now()),
        ]
        own = make_ticket(customer=joy)
        merge_customers(kept=joy, other=again, by=desk)
        assert {ticket.customer for ticket in (*theirs, own)} == {joy}
        assert (car.customer, car.is_archived) == (joy, False)
        assert (sold.customer, sold.is_archived) == (joy, True)
        assert (again.is_archived, again.merged_into, joy.is_archived) == (True, joy, False)
        assert not [problem for problem in checks.problems() if "customer" in problem]

    def test_counts_as_a_change_of_each_but_not_as_work_on_it(self, desk: Account) -> None:
        joy, again = make_customer(email=None), make_customer(email=None)
        car = make_vehicle(again)
        ticket = make_ticket(vehicle=car)
        before, touched = (ticket.version, car.version, joy.version), ticket.touched_at
        merge_customers(kept=joy, other=again, by=desk)
        assert (ticket.version, car.version, joy.version) == (before[0] + 1, before[1] + 1, before[2])
        assert ticket.touched_at == touched

    def test_estimates_and_links_go_along(self, desk: Account) -> None:
        joy, again = make_customer(), make_customer()
        ticket = make_ticket(customer=again)
        tickets.write_estimate(ticket, by=desk)
        link = tickets.give_link(ticket, by=desk)
        merge_customers(kept=joy, other=again, by=desk)
        assert [version.ticket.customer for version in ticket.versions] == [joy]
        assert link

    def test_comebacks_can_still_be_opened(self, desk: Account) -> None:
        joy, again = make_customer(), make_customer()
        first = make_ticket(vehicle=make_vehicle(again), status=Status.PICKED_UP)
        merge_customers(kept=joy, other=again, by=desk)
        comeback = tickets.open_comeback(first, by=desk)
        assert (comeback.customer, comeback.vehicle) == (joy, first.vehicle)

    def test_whoever_was_merged_before_goes_along(self, desk: Account) -> None:
        first, second, third = make_customer(phone="555 0101"), make_customer(), make_customer()
        merge_customers(kept=second, other=first, by=desk)
        merge_customers(kept=third, other=second, by=desk)
        assert (first.merged_into, second.merged_into) == (third, third)
        assert [row.id for row in queries.search("5550101", limit=5)] == [third.id]
        assert checks.problems() == []

    def test_lists_know_of_it(self, desk: Account) -> None:
        joy, again = make_customer(name="Joy"), make_customer(name="Again")
        make_ticket(customer=again)
        assert stamps.listed(Topic.CUSTOMERS) == 2
        before = [stamps.stamp(topic) for topic in (Topic.CUSTOMERS, Topic.TICKETS)]
        wanted = TicketFilter(scope=Scope.OPEN)
        assert [row.customer for row in list_tickets(wanted).items] == ["Again"]
        merge_customers(kept=joy, other=again, by=desk)
        assert stamps.listed(Topic.CUSTOMERS) == 1
        assert [stamps.stamp(topic) for topic in (Topic.CUSTOMERS, Topic.TICKETS)] != before
        assert [row.customer for row in list_tickets(wanted).items] == ["Joy"]


class TestWhatIsKnownOfThem:
    def test_what_is_missing_is_filled_in(self, desk: Account) -> None:
        joy, again = make_customer(email=None), make_customer(email="joy@example.net", phone="555 0101", notes="A dog")
        merge_customers(kept=joy, other=again, by=desk)
        assert (joy.email, joy.phone, joy.notes) == ("joy@example.net", "555 0101", "A dog")
        assert joy.email_key == "joy@example.net"

    def test_a_second_number_and_address_go_into_the_notes(self, desk: Account) -> None:
        joy = make_customer(email="joy@example.net", phone="555 0101", notes="Pays late")
        again = make_customer(email="tanaka@example.net", phone="555 0202", notes="A dog")
        merge_customers(kept=joy, other=again, by=desk)
        assert (joy.email, joy.phone) == ("joy@example.net", "555 0101")
        lines = ["Pays late", "Telephone as well: 555 0202", "E-mail as well: tanaka@example.net", "A dog"]
        assert joy.notes.splitlines() == lines

    def test_words_in_the_place_of_a_number_go_into_the_notes(self, desk: Account) -> None:
        joy, again = make_customer(), make_customer(phone="ask Tom")
        merge_customers(kept=joy, other=again, by=desk)
        assert joy.phone is None
        assert "Telephone as well: ask Tom" in joy.notes.splitlines()

    def test_what_is_the_same_is_written_once(self, desk: Account) -> None:
        joy = make_customer(email=None, phone="+1 555 0101", notes="A dog")
        again = make_customer(email=None, phone="+1 (555) 0101", notes="A dog")
        version = joy.version
        merge_customers(kept=joy, other=again, by=desk)
        assert (joy.phone, joy.notes, joy.version) == ("+1 555 0101", "A dog", version)

    def test_notes_that_are_too_long_together_are_not_cut(self, desk: Account) -> None:
        joy = make_customer(notes="a" * 1500)
        again = make_customer(notes="b" * 1500)
        make_ticket(customer=again)
        with pytest.raises(Conflict, match=f"come to 3,0.. characters, and {MAX_NOTES:,} fit"):
            merge_customers(kept=joy, other=again, by=desk)
        db.session.expire_all()
        assert not again.is_archived

    def test_they_are_found_by_what_was_written_either_time(self, desk: Account) -> None:
        joy = make_customer(name="Joy Tanaka", email="joy@example.net", phone="555 0101")
        again = make_customer(name="Yoi Takana", email="takana@example.org", phone="555 0202")
        make_vehicle(again, plate="TWO 222")
        merge_customers(kept=joy, other=again, by=desk)
        for words in ("joy", "yoi", "5550101", "0202", "takana@example", "two222"):
            assert [row.id for row in queries.search(words, limit=5)] == [joy.id], words

    @pytest.mark.parametrize(("own", "theirs"), [("555 0101", "555-0101, ask for Ann"), ("ask Tom", "ask Ann")])
    def test_words_beside_a_number_are_kept(self, desk: Account, own: str, theirs: str) -> None:
        joy = make_customer(phone=own)
        merge_customers(kept=joy, other=make_customer(phone=theirs, email=None), by=desk)
        assert (joy.phone, joy.notes) == (own, f"Telephone as well: {theirs}")

    def test_a_fleet_is_found_by_the_name_of_whoever_was_merged_into_it(self, desk: Account) -> None:
        fleet, again = make_customer(name="Fleet"), make_customer(name="Zappa")
        with transaction():
            for number in range(250):
                make_vehicle(fleet, plate=f"A{number:03}B{number:03}C")
        merge_customers(kept=fleet, other=again, by=desk)
        assert [row.id for row in queries.search("zappa", limit=5)] == [fleet.id]

    def test_whoever_wants_something_of_the_other_is_led_to_the_kept_one(self, desk: Account) -> None:
        joy, again = make_customer(name="Joy"), make_customer(name="Yoi")
        merge_customers(kept=joy, other=again, by=desk)
        for act in (
            lambda: tickets.open_ticket(customer=again, complaint="Squeals", by=desk),
            lambda: customers.add_vehicle(again, make="Fiat", by=desk),
            lambda: customers.edit_customer(again, notes="Late", by=desk),
            lambda: invite_customer(again, by=desk),
        ):
            with pytest.raises((Conflict, RuleBroken), match="was merged into Joy"):
                act()

    def test_letters_of_whoever_has_a_former_address_now_are_not_told(self, desk: Account) -> None:
        joy, again = make_customer(name="Joy"), make_customer(name="J.", email="husband@example.net")
        merge_customers(kept=joy, other=again, by=desk)
        customers.edit_customer(joy, email="joy@example.net", by=desk)
        husband = customers.add_customer(name="Husband", email="husband@example.net", by=desk)
        invite_customer(husband, by=desk)
        assert everything_about(joy, with_notes=False)["letters"] == []
        assert len(everything_about(husband, with_notes=False)["letters"]) == 1

    def test_tickets_are_found_by_the_name_that_is_kept(self, desk: Account) -> None:
        joy, again = make_customer(name="Joy"), make_customer(name="Yoi")
        ticket = make_ticket(customer=again)
        merge_customers(kept=joy, other=again, by=desk)
        found = {q: [row.id for row in list_tickets(TicketFilter(q=q)).items] for q in ("joy", "yoi")}
        assert found == {"joy": [ticket.id], "yoi": []}

    def test_both_tell_of_it_without_names(self, desk: Account) -> None:
        joy, again = make_customer(name="Canary"), make_customer(name="Finch", phone="555 0101")
        merge_customers(kept=joy, other=again, by=desk)
        merged, took_over = told("customer.merged"), told("customer.took_over")
        assert (merged.subject_id, merged.facts) == (again.id, {"kept_id": joy.id})
        assert (took_over.subject_id, took_over.facts) == (joy.id, {"merged_id": again.id})
        facts = " ".join(str(event.facts) for event in db.session.scalars(select(Event)))
        assert "Canary" not in facts
        assert "Finch" not in facts
        assert "555" not in facts


class TestAccounts:
    def test_the_only_account_goes_along(self, desk: Account) -> None:
        joy, again = make_customer(name="Joy"), make_customer(name="Yoi")
        account = make_account(again)
        merge_customers(kept=joy, other=again, by=desk)
        assert (account.customer, account.is_active) == (joy, True)
        changes = {change.field: (change.before, change.after) for change in told("account.changed").changes}
        assert changes == {"customer": ("Yoi", "Joy")}

    def test_of_two_the_kept_ones_goes_on(self, desk: Account) -> None:
        joy, again = make_customer(), make_customer()
        own, theirs = make_account(joy), make_account(again)
        merge_customers(kept=joy, other=again, by=desk)
        assert (own.customer, own.is_active) == (joy, True)
        assert (theirs.customer, theirs.is_active) == (again, False)

    def test_the_address_of_the_account_that_is_closed_may_be_used_again(self, desk: Account) -> None:
        joy, again = make_customer(), make_customer()
        make_account(joy, password_hash=None)
        theirs = make_account(again, email="joy@example.net")
        merge_customers(kept=joy, other=again, by=desk)
        customers.edit_customer(joy, email="joy@example.net", by=desk)
        assert invite_customer(joy, by=desk).email == "joy@example.net"
        assert theirs.email == f"closed-{theirs.id}@merged.invalid"

    @pytest.mark.parametrize("role", [Role.OWNER, Role.MECHANIC, Role.DESK])
    def test_whoever_works_here_keeps_their_account(self, desk: Account, role: Role) -> None:
        joy, again = make_customer(name="Joy"), make_customer(name="Rui")
        make_account(joy)
        staff = make_account(again, role=role)
        with pytest.raises(Conflict, match="Keep Rui instead"):
            merge_customers(kept=joy, other=again, by=desk)
        db.session.expire_all()
        assert (again.is_archived, staff.customer, staff.is_active) == (False, again, True)
        merge_customers(kept=again, other=joy, by=desk)
        assert (staff.customer, staff.is_active) == (again, True)

    def test_two_who_work_here_stay_apart(self, desk: Account) -> None:
        joy, again = make_customer(), make_customer()
        make_account(joy, role=Role.OWNER)
        make_account(again, role=Role.DESK)
        with pytest.raises(Conflict, match="both work here"):
            merge_customers(kept=joy, other=again, by=desk)

    def test_who_is_best_kept(self) -> None:
        older, newer = make_customer(), make_customer()
        assert best_kept(newer, older) is older
        make_account(newer, password_hash=None)
        assert best_kept(older, newer) is newer
        own = make_account(older)
        assert best_kept(older, newer) is older
        with transaction():
            own.disabled_at = now()
        assert best_kept(newer, older) is older  # neither is in use


class TestWhatSpeaksAgainstIt:
    def test_oneself(self, desk: Account) -> None:
        joy = make_customer()
        with pytest.raises(Conflict, match="one and the same entry"):
            merge_customers(kept=joy, other=joy, by=desk)

    @pytest.mark.parametrize("is_kept", [True, False])
    def test_somebody_who_is_gone(self, desk: Account, is_kept: bool) -> None:
        joy, archived, erased, merged = (make_customer(name=name) for name in ("Joy", "Ann", "Eve", "Mia"))
        customers.archive_customer(archived, by=desk)
        erase_customer(erased, name="Eve", by=desk)
        merge_customers(kept=joy, other=merged, by=desk)
        for gone, words in ((archived, "Ann is archived"), (erased, "erased"), (merged, "Mia was merged into Joy")):
            kept, other = (gone, joy) if is_kept else (joy, gone)
            with pytest.raises(Conflict, match=words):
                merge_customers(kept=kept, other=other, by=desk)
        assert not joy.is_archived

    @pytest.mark.parametrize("change", ["one", "other", "account"])
    def test_what_has_changed_since_it_was_seen(self, desk: Account, change: str) -> None:
        joy, again = make_customer(), make_customer()
        seen = state_of(joy, again)
        assert state_of(again, joy) == seen
        if change == "account":
            make_account(again)
        else:
            customers.edit_customer(joy if change == "one" else again, phone="555 0101", by=desk)
        with pytest.raises(StaleEdit):
            merge_customers(kept=joy, other=again, seen=seen, by=desk)
        db.session.expire_all()
        assert not again.is_archived
        merge_customers(kept=joy, other=again, seen=state_of(joy, again), by=desk)

    def test_whoever_was_merged_does_not_come_back(self, desk: Account) -> None:
        joy, again = make_customer(name="Joy"), make_customer(name="Yoi")
        merge_customers(kept=joy, other=again, by=desk)
        with pytest.raises(Conflict, match="Yoi was merged into Joy"):
            customers.restore_customer(again, by=desk)

    def test_nothing_is_opened_for_whoever_was_merged(self, desk: Account) -> None:
        joy, again = make_customer(), make_customer()
        merge_customers(kept=joy, other=again, by=desk)
        with pytest.raises(Exception, match="was merged into"):
            tickets.open_ticket(customer=again, complaint="Rattles.", by=desk)


def test_check_tells_of_what_was_left_behind(desk: Account) -> None:
    joy, again = make_customer(), make_customer()
    merge_customers(kept=joy, other=again, by=desk)
    ticket = make_ticket(customer=again, status=Status.PICKED_UP)
    left = f"Ticket {ticket.number}: belongs to customer {again.id}, who was merged into another."
    assert left in checks.problems()
