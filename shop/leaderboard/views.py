"""The shop's ranking, for the floor and for the screen on the wall."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from flask import request, url_for

from shop.common.clock import Period, today
from shop.common.errors import RuleBroken
from shop.common.paging import DEFAULT_SIZE, Page
from shop.common.stamps import Topic, stamp
from shop.common.text import initials
from shop.extensions import db
from shop.leaderboard import queries
from shop.leaderboard.queries import WEEKS, Count, Place
from shop.mechanics.models import Mechanic
from shop.mechanics.queries import known_to
from shop.web.actor import actor
from shop.web.doors import floor
from shop.web.guards import found
from shop.web.lists import further
from shop.web.nav import MenuEntry, menu
from shop.web.respond import Answer, page, page_or_fragment, unchanged

ON_THE_WALL = 10
ON_THE_PODIUM = 3

menu(MenuEntry("floor", "Ranking", "trophy", "floor.ranking", position=20, covers=("floor.ranking",)))


@floor.get("/ranking")
def ranking() -> Answer:
    period = asked_period()
    everybody = queries.ranking(period, with_former=True)
    shown = asked_page(everybody)
    places = drawn(with_own(shown, everybody), period)
    podium = podium_of(places) if shown.number == 1 else []
    return page_or_fragment(
        "leaderboard/ranking.html",
        "leaderboard/_ranking.html",
        podium=podium,
        others=places[len(podium) :],
        own_is_apart=len(places) > len(shown.items),
        period=period,
        shown=shown,
        further={
            "newer_url": page_url(period, shown.number - 1) if shown.number > 1 else None,
            "older_url": page_url(period, shown.number + 1) if shown.number < shown.pages else None,
        },
        period_tabs=[
            {"label": each.title, "url": url_for(".ranking", period=each.value), "current": each is period}
            for each in Period
        ],
    )


@floor.get("/ranking/<id:mechanic_id>")
def ranking_tickets(mechanic_id: int) -> Answer:
    period, count = asked_period(), asked_count()
    mechanic = found(db.session.scalar(known_to(actor).where(Mechanic.id == mechanic_id)))
    rows = queries.tickets_behind(
        mechanic, period, count, after=request.args.get("after"), before=request.args.get("before")
    )
    return page(
        "leaderboard/tickets.html",
        mechanic=mechanic,
        period=period,
        count=count,
        rows=rows,
        further=further(rows),
        count_tabs=[
            {"label": each.title, "url": tickets_url(mechanic_id, period, each), "current": each is count}
            for each in Count
        ],
    )


@floor.get("/wall")
def wall() -> Answer:
    """The ranking without anything around it; it asks again by itself, and is told when nothing is new."""
    period = asked_period()
    seen = f"{stamp(Topic.MECHANICS)}-{today()}"
    if request.args.get("seen") == seen:
        return unchanged()
    everybody = queries.ranking(period, with_former=True)
    places = everybody[:ON_THE_WALL]
    return page_or_fragment(
        "leaderboard/wall.html",
        "leaderboard/_wall.html",
        places=drawn(places, period),
        tied=[place for place in everybody[ON_THE_WALL:] if place.rank == places[-1].rank],
        seen=seen,
        period=period,
    )


def asked_period() -> Period:
    """The period in the address, or this month; raises RuleBroken for one that does not exist."""
    try:
        return Period(request.args.get("period", Period.MONTH.value))
    except ValueError:
        raise RuleBroken("The ranking knows week, month, quarter, year and all.", field="period") from None


def asked_page(everybody: list[Place]) -> Page[Place]:
    """The page in the address, or the first one; raises RuleBroken for one that does not exist."""
    try:
        number = int(request.args.get("page", "1"))
    except ValueError:
        number = 0
    first = (number - 1) * DEFAULT_SIZE
    if not 0 <= first < max(len(everybody), 1):
        raise RuleBroken("The ranking has no such page. Start again from the first one.", field="page")
    return Page(everybody[first : first + DEFAULT_SIZE], number, DEFAULT_SIZE, total=len(everybody))


def with_own(shown: Page[Place], everybody: list[Place]) -> list[Place]:
    """The places of a page, and before or after them the reader's own, which may stand on another one."""
    first, own_id = (shown.number - 1) * shown.size, actor.mechanic_id
    return [
        place
        for position, place in enumerate(everybody)
        if first <= position < first + shown.size or place.id == own_id
    ]


def asked_count() -> Count:
    try:
        return Count(request.args.get("count", Count.COMPLETED.value))
    except ValueError:
        raise RuleBroken("Tickets are counted as completed, worked or came-back.", field="count") from None


@dataclass(frozen=True, slots=True)
class DrawnPlace:
    """A place as the macros of ``components/ranking.html`` take it."""

    rank: int
    name: str
    initials: str
    value: int
    worked: int
    came_back: int
    comeback_rate: int | None
    url: str
    worked_url: str
    came_back_url: str
    weeks: tuple[int, ...]
    own: bool


def drawn(places: list[Place], period: Period) -> list[DrawnPlace]:
    """The places with their last weeks, the reader's own one marked."""
    weeks = queries.last_weeks([place.id for place in places])
    none, root, own_id = (0,) * WEEKS, request.script_root, actor.mechanic_id
    return [_drawn(place, weeks.get(place.id, none), period, place.id == own_id, root) for place in places]


@lru_cache(1000)
def _drawn(place: Place, weeks: tuple[int, ...], period: Period, own: bool, _root: str) -> DrawnPlace:
    return DrawnPlace(
        rank=place.rank,
        name=f"{place.name} (left)" if place.has_left else place.name,
        initials=initials(place.name),
        value=place.tickets_completed,
        worked=place.tickets_worked,
        came_back=place.tickets_came_back,
        comeback_rate=place.comeback_rate,
        url=tickets_url(place.id, period, Count.COMPLETED),
        worked_url=tickets_url(place.id, period, Count.WORKED),
        came_back_url=tickets_url(place.id, period, Count.CAME_BACK),
        weeks=weeks,
        own=own,
    )


def podium_of(places: list[DrawnPlace]) -> list[DrawnPlace]:
    """The first three who completed something; a tie that does not fit stays in the table as a whole."""
    next_ranks = {place.rank for place in places[ON_THE_PODIUM:]}
    return [place for place in places[:ON_THE_PODIUM] if place.value and place.rank not in next_ranks]


def page_url(period: Period, number: int) -> str:
    return url_for(".ranking", period=period.value, page=number if number > 1 else None)


def tickets_url(mechanic_id: int, period: Period, count: Count) -> str:
    return url_for(".ranking_tickets", mechanic_id=mechanic_id, period=period.value, count=count.value)
