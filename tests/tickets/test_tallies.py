"""The sums of the ranking are kept with every change that they depend on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from shop.accounts.models import Account
from shop.common.clock import Period, at_moment, now, use_zone
from shop.common.errors import Conflict, RuleBroken
from shop.common.transaction import transaction
from shop.extensions import db
from shop.mechanics.models import Mechanic
from shop.ops import checks, recount, schema
from shop.tickets import commands
from shop.tickets.lifecycle import Status, moves_for
from shop.tickets.models import Tally, Ticket
from tests.cast import Cast
from tests.factories import make_customer, make_mechanic

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def owner(context: None, cast: Cast) -> Account:
    return cast.account("owner")


def untrue() -> list[str]:
    """What is kept otherwise than the tickets say."""
    db.session.rollback()
    connection = db.session.connection()
    return [*recount.ranking_is_counted(connection), *recount.comebacks_are_counted(connection)]


def test_whatever_is_done_to_tickets(owner: Account) -> None:
    """Three hundred steps of any kind, over some weeks, and the sums are those of the tickets after each tenth."""
    chance, moment = Random(7), now() - timedelta(days=60)
    crew = [make_mechanic() for _ in range(3)]
    customer = make_customer()
    tickets: list[Ticket] = []

    def opened() -> None:
        tickets.append(
            commands.open_ticket(
                customer=customer, complaint="Rattles", mechanics=chance.sample(crew, chance.randint(0, 2)), by=owner
            )
        )

    def moved() -> None:
        ticket = chance.choice(tickets)
        steps = moves_for(ticket.status, owner.role)
        step = steps[0] if chance.random() < 0.8 else chance.choice(steps)  # the first one leads on
        commands.move(ticket, to=step.to, reason="So it is", by=owner)

    def came_back() -> None:
        tickets.append(commands.open_comeback(chance.choice(tickets), by=owner))

    def changed_hands() -> None:
        on, off = chance.sample(crew, 2)
        commands.change_mechanics(chance.choice(tickets), add=[on], remove=[off], by=owner)

    def went_to_the_bin() -> None:
        commands.archive_ticket(chance.choice(tickets), by=owner)

    def came_out_of_it() -> None:
        commands.restore_ticket(chance.choice(tickets), by=owner)

    steps: list[Callable[[], None]] = [moved] * 8 + [opened, came_back, changed_hands, changed_hands]
    steps += [went_to_the_bin, came_out_of_it]
    most, sums_kept = (0, 0), select(Tally.completed, Tally.came_back)
    opened()
    for number in range(300):
        moment += timedelta(hours=chance.uniform(0, 9))
        with at_moment(moment):
            try:
                chance.choice(steps)()
            except (Conflict, RuleBroken):
                db.session.rollback()
        if number % 10 == 0:
            assert untrue() == [], number
            most = tuple(max(sums) for sums in zip(most, *db.session.execute(sums_kept), strict=True))
    assert untrue() == []
    assert most[0] >= 3
    assert most[1] >= 1


def test_what_is_undone_is_not_counted(owner: Account) -> None:
    mia = make_mechanic()
    mia.archived_at = now()
    with pytest.raises(RuleBroken):
        commands.open_ticket(customer=make_customer(), complaint="Rattles", mechanics=[mia], by=owner)
    assert db.session.scalars(select(Tally)).all() == []


def test_a_sum_that_is_wrong_is_found_and_made_anew(owner: Account) -> None:
    mia: Mechanic = make_mechanic()
    ticket = commands.open_ticket(customer=make_customer(), complaint="Rattles", mechanics=[mia], by=owner)
    commands.move(ticket, to=Status.APPROVED, by=owner)
    with transaction():
        tally = db.session.scalars(select(Tally)).first()
        assert tally is not None
        tally.unfinished += 1
    assert any("are kept as completed" in sentence for sentence in checks.problems())
    recount.recount()
    assert checks.problems() == []


def test_in_another_zone_the_next_start_counts_by_its_days(owner: Account) -> None:
    """Sunday evening in Los Angeles is Monday, and another week, in Auckland."""

    def weeks() -> list[date]:
        db.session.expire_all()
        return list(db.session.scalars(select(Tally.starts_on).where(Tally.period == Period.WEEK, Tally.completed > 0)))

    with at_moment(datetime(2026, 3, 9, 3, 0, tzinfo=UTC)):
        ticket = commands.open_ticket(
            customer=make_customer(), complaint="Rattles", mechanics=[make_mechanic()], by=owner
        )
        for status in (Status.APPROVED, Status.IN_PROGRESS, Status.QUALITY_CHECK, Status.READY):
            commands.move(ticket, to=status, by=owner)
    recount.recount()
    assert weeks() == [date(2026, 3, 2)]
    assert schema.bring_up_to_date() == []
    use_zone("Pacific/Auckland")
    (problem,) = checks.problems()
    assert "by the days of America/Los_Angeles, and SHOP_TIMEZONE is Pacific/Auckland now." in problem
    assert "run: flask --app wsgi recount" in problem
    assert schema.bring_up_to_date() == [
        "SHOP_TIMEZONE was America/Los_Angeles and is Pacific/Auckland now: the ranking is counted anew, by its days."
    ]
    assert weeks() == [date(2026, 3, 9)]
    assert checks.problems() == []
    assert schema.bring_up_to_date() == []
