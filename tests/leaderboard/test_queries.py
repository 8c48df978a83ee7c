"""Who is ranked where, and by what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from shop.common.clock import Period, at_moment
from shop.extensions import db
from shop.leaderboard import queries
from shop.leaderboard.queries import Count
from shop.mechanics import commands as roster
from shop.mechanics.models import Mechanic
from shop.tickets import commands
from shop.tickets.lifecycle import Status
from shop.tickets.models import Ticket
from tests.cast import Cast
from tests.factories import make_mechanic, make_ticket
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("context")

#: Thursday, 12 March 2026, 10 am in the shop, which is in Los Angeles (UTC-7 since the 8th).
NOON = datetime(2026, 3, 12, 17, tzinfo=UTC)


def completed_by(*mechanics: Mechanic, at: datetime, **values: object) -> Ticket:
    values = {"created_at": at - timedelta(hours=3), **values}
    return make_ticket(status=Status.READY, completed_at=at, mechanics=list(mechanics), **values)  # type: ignore[arg-type]


def told(period: Period, **options: bool) -> list[tuple[int, str, int, int]]:
    with at_moment(NOON):
        places = queries.ranking(period, **options)
    return [(place.rank, place.name, place.tickets_completed, place.tickets_worked) for place in places]


class TestRanking:
    def test_ties_share_a_rank_and_zeros_are_listed(self) -> None:
        mia, rui, jo, sam, _ = (make_mechanic(name=name) for name in ("Mia", "Rui", "Jo", "Sam", "Ann"))
        for _ in range(2):
            completed_by(mia, rui, at=NOON)
        completed_by(jo, at=NOON)
        make_ticket(mechanics=[sam, jo], created_at=NOON)
        assert told(Period.ALL) == [
            (1, "Mia", 2, 2),
            (1, "Rui", 2, 2),
            (3, "Jo", 1, 2),
            (4, "Ann", 0, 0),
            (4, "Sam", 0, 1),
        ]

    def test_cancelled_and_archived_work_does_not_count(self) -> None:
        mia = make_mechanic(name="Mia")
        completed_by(mia, at=NOON, archived_at=NOON)
        make_ticket(status=Status.CANCELLED, completed_at=NOON, created_at=NOON, mechanics=[mia])
        assert told(Period.ALL) == [(1, "Mia", 0, 0)]

    @pytest.mark.parametrize(
        ("period", "midnight"),
        [
            (Period.WEEK, datetime(2026, 3, 9, 7, tzinfo=UTC)),
            (Period.MONTH, datetime(2026, 3, 1, 8, tzinfo=UTC)),
            (Period.QUARTER, datetime(2026, 1, 1, 8, tzinfo=UTC)),
            (Period.YEAR, datetime(2026, 1, 1, 8, tzinfo=UTC)),
        ],
    )
    def test_a_period_begins_at_the_shops_own_midnight(self, period: Period, midnight: datetime) -> None:
        early, late = make_mechanic(name="Early"), make_mechanic(name="Late")
        completed_by(early, at=midnight - timedelta(microseconds=1))
        completed_by(late, at=midnight)
        assert told(period) == [(1, "Late", 1, 1), (2, "Early", 0, 0)]
        assert [row[2] for row in told(Period.ALL)] == [1, 1]

    def test_worked_on_is_opened_or_completed_in_the_period(self) -> None:
        mia = make_mechanic(name="Mia")
        completed_by(mia, at=NOON, created_at=NOON - timedelta(days=60))
        make_ticket(mechanics=[mia], created_at=NOON)
        make_ticket(mechanics=[mia], created_at=NOON - timedelta(days=60))
        assert told(Period.MONTH) == [(1, "Mia", 1, 2)]
        assert told(Period.ALL) == [(1, "Mia", 1, 3)]

    def test_opened_again_and_completed_again_counts_once_on_the_first_day(self, cast: Cast) -> None:
        mia, owner = make_mechanic(name="Mia"), cast.account("owner")
        first_day = NOON - timedelta(days=30)
        ticket = make_ticket(status=Status.QUALITY_CHECK, mechanics=[mia], created_at=first_day)
        with at_moment(first_day):
            commands.move(ticket, to=Status.READY, by=owner)
        with at_moment(NOON):
            for status in (Status.IN_PROGRESS, Status.QUALITY_CHECK, Status.READY):
                commands.move(ticket, to=status, by=owner)
        assert told(Period.MONTH) == [(1, "Mia", 0, 0)]
        assert told(Period.ALL) == [(1, "Mia", 1, 1)]

    def test_cancelling_takes_it_out_again(self, cast: Cast) -> None:
        mia = make_mechanic(name="Mia")
        ticket = completed_by(mia, at=NOON)
        assert told(Period.WEEK) == [(1, "Mia", 1, 1)]
        commands.move(ticket, to=Status.CANCELLED, reason="Wrong car", by=cast.account("owner"))
        assert told(Period.WEEK) == [(1, "Mia", 0, 0)]

    def test_who_left_is_listed_only_with_completed_work(self, cast: Cast) -> None:
        mia, rui, owner = make_mechanic(name="Mia"), make_mechanic(name="Rui"), cast.account("owner")
        completed_by(mia, at=NOON)
        make_ticket(mechanics=[rui], created_at=NOON)
        for mechanic in (mia, rui):
            roster.archive_mechanic(mechanic, by=owner)
        assert told(Period.WEEK) == []
        assert told(Period.WEEK, with_former=True) == [(1, "Mia", 1, 1)]

    def test_limit_cuts_the_list(self) -> None:
        for number in range(4):
            make_mechanic(name=f"M{number}")
        assert [place.name for place in queries.ranking(Period.ALL, limit=2)] == ["M0", "M1"]

    def test_is_kept_until_something_changes_or_the_day_does(self, cast: Cast) -> None:
        mia = make_mechanic(name="Mia")
        completed_by(mia, at=NOON)
        assert told(Period.WEEK) == [(1, "Mia", 1, 1)]
        with at_moment(NOON + timedelta(days=4)):
            assert queries.ranking(Period.WEEK)[0].tickets_completed == 0
        ticket = make_ticket(created_at=NOON)
        commands.change_mechanics(ticket, add=[mia], by=cast.account("owner"))
        assert told(Period.WEEK) == [(1, "Mia", 1, 2)]

    def test_costs_the_same_for_more_rows(self, app: Flask) -> None:
        def cost() -> int:
            with counted(app) as statements:
                told(Period.YEAR)
                with at_moment(NOON):
                    queries.last_weeks([1, 2])
            return len(statements)

        completed_by(make_mechanic(), at=NOON)
        few = cost()
        for _ in range(10):
            completed_by(make_mechanic(), make_mechanic(), at=NOON)
        db.session.rollback()
        assert cost() == few <= 5


class TestComebacks:
    def came_back(self, period: Period) -> dict[str, tuple[int, int | None]]:
        with at_moment(NOON):
            places = queries.ranking(period)
        return {place.name: (place.tickets_came_back, place.comeback_rate) for place in places}

    def test_count_for_all_on_the_first_repair_and_not_on_the_second(self) -> None:
        mia, rui, jo, _ = (make_mechanic(name=name) for name in ("Mia", "Rui", "Jo", "Ann"))
        first = completed_by(mia, rui, at=NOON)
        completed_by(mia, at=NOON)
        completed_by(mia, at=NOON)
        completed_by(jo, at=NOON, comeback_of_id=first.id)
        expected = {"Mia": (1, 333_000), "Rui": (1, 1_000_000), "Jo": (0, 0), "Ann": (0, None)}
        assert self.came_back(Period.ALL) == expected
        assert [row[1] for row in told(Period.ALL)] == ["Mia", "Jo", "Rui", "Ann"]

    def test_count_in_the_period_of_the_first_repair(self) -> None:
        mia = make_mechanic(name="Mia")
        long_ago = completed_by(mia, at=NOON - timedelta(days=60))
        make_ticket(comeback_of_id=long_ago.id, mechanics=[mia], created_at=NOON)
        assert self.came_back(Period.MONTH) == {"Mia": (0, None)}
        assert self.came_back(Period.QUARTER) == {"Mia": (1, 1_000_000)}

    def test_count_once_however_often_it_came_back(self) -> None:
        first = completed_by(make_mechanic(name="Mia"), at=NOON)
        second = make_ticket(comeback_of_id=first.id, created_at=NOON)
        make_ticket(comeback_of_id=first.id, created_at=NOON)
        make_ticket(comeback_of_id=second.id, created_at=NOON)
        assert self.came_back(Period.WEEK) == {"Mia": (1, 1_000_000)}

    @pytest.mark.parametrize(
        "values", [{"status": Status.CANCELLED}, {"archived_at": NOON}], ids=["cancelled", "archived"]
    )
    def test_that_are_none_do_not_count(self, values: dict[str, Any]) -> None:
        first = completed_by(make_mechanic(name="Mia"), at=NOON)
        make_ticket(comeback_of_id=first.id, created_at=NOON, **values)
        assert self.came_back(Period.WEEK) == {"Mia": (0, 0)}

    def test_are_seen_at_once(self, cast: Cast) -> None:
        first, desk = completed_by(make_mechanic(name="Mia"), at=NOON), cast.account("desk")
        assert self.came_back(Period.WEEK) == {"Mia": (0, 0)}
        back = commands.open_comeback(first, by=desk)
        assert self.came_back(Period.WEEK) == {"Mia": (1, 1_000_000)}
        commands.move(back, to=Status.CANCELLED, reason="It was the radio", by=desk)
        assert self.came_back(Period.WEEK) == {"Mia": (0, 0)}


class TestLastWeeks:
    def test_weeks_begin_on_the_shops_monday(self) -> None:
        mia, rui = make_mechanic(), make_mechanic()
        monday = datetime(2026, 3, 9, 7, tzinfo=UTC)
        completed_by(mia, at=monday)
        completed_by(mia, at=monday - timedelta(microseconds=1))
        completed_by(mia, at=datetime(2026, 1, 19, 8, tzinfo=UTC))  # the first moment of eight weeks
        completed_by(mia, at=datetime(2026, 1, 19, 7, 59, tzinfo=UTC))  # a minute too early
        completed_by(rui, at=NOON, archived_at=NOON)
        with at_moment(NOON):
            assert queries.last_weeks([mia.id, rui.id]) == {mia.id: (1, 0, 0, 0, 0, 0, 1, 1)}


class TestTicketsBehind:
    @pytest.mark.parametrize("period", list(Period))
    @pytest.mark.parametrize("count", list(Count))
    def test_are_as_many_as_the_number_says(self, period: Period, count: Count) -> None:
        mia = make_mechanic()
        for days in (0, 1, 5, 20, 50, 100, 300, 500):
            completed_by(mia, at=NOON - timedelta(days=days), created_at=NOON - timedelta(days=days + 10))
            make_ticket(mechanics=[mia], created_at=NOON - timedelta(days=days))
        make_ticket(comeback_of_id=completed_by(mia, at=NOON).id, created_at=NOON)
        make_ticket(status=Status.CANCELLED, mechanics=[mia], created_at=NOON)
        with at_moment(NOON):
            (place,) = queries.ranking(period)
            found = queries.tickets_behind(mia, period, count).items
        numbers = {
            Count.COMPLETED: place.tickets_completed,
            Count.WORKED: place.tickets_worked,
            Count.CAME_BACK: place.tickets_came_back,
        }
        assert len(found) == numbers[count] > 0

    def test_go_on_and_back(self) -> None:
        mia = make_mechanic()
        numbers = [completed_by(mia, at=NOON - timedelta(hours=hours // 2)).number for hours in range(30)]
        first = queries.tickets_behind(mia, Period.ALL, Count.COMPLETED)
        second = queries.tickets_behind(mia, Period.ALL, Count.COMPLETED, after=first.after)
        assert sorted(row.number for row in [*first.items, *second.items]) == sorted(numbers)
        back = queries.tickets_behind(mia, Period.ALL, Count.COMPLETED, before=second.before)
        assert back.items == first.items
