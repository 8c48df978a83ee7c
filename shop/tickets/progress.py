"""How far a ticket has come, told along its road."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from shop.audit.actions import Action
from shop.audit.models import Event
from shop.extensions import db
from shop.tickets.estimate import OfferedJob, still_asked
from shop.tickets.lifecycle import CUSTOMER_ROAD, ROAD, Status
from shop.tickets.models import EstimateVersion, Ticket

Stages = list[dict[str, Any]]

#: What the customer may expect next.
_NEXT = {
    Status.DRAFT: "Next we look at it and write down what there is to do.",
    Status.ESTIMATE: "Next you get an estimate, and decide.",
    Status.APPROVED: "Next a mechanic takes it into the workshop.",
    Status.IN_PROGRESS: "Next we check the work.",
    Status.QUALITY_CHECK: "Next we tell you that you can have it back.",
    Status.READY: "Come for it when it suits you.",
    Status.INVOICED: "Come for it when it suits you.",
    Status.PICKED_UP: "",
    Status.CANCELLED: "",
}

#: What is done in one go is told once.
_ONE_GO = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a repair, in words for the customer."""

    at: datetime
    sentence: str
    icon: str


@dataclass(frozen=True, slots=True)
class Track:
    """A repair as its customer follows it.

    One ``sentence`` where it is and one what comes ``next``, the jobs that wait for the customer's answer, the road
    with when each stretch was reached, and the news.
    """

    sentence: str
    next: str
    asked: list[OfferedJob]
    stages: Stages
    news: list[News]


def steps(ticket: Ticket) -> Stages:
    """The whole road as ``progress_steps`` draws it."""
    return _along(ROAD, ticket.status, lambda status: status.title)


def tracked(tickets: Sequence[Ticket]) -> dict[int, Track]:
    """The tracks of some tickets by their ids, the news newest first; one statement for all of them."""
    events = defaultdict(list)
    told = (
        select(Event)
        .where(Event.subject_kind == Ticket.__tablename__, Event.subject_id.in_([ticket.id for ticket in tickets]))
        .where(Event.action.in_([Action.TICKET_MOVED.value, Action.MECHANIC_ASSIGNED.value]))
        .order_by(Event.id)
    )
    for event in db.session.scalars(told):
        events[event.subject_id].append(event)
    return {ticket.id: _track(ticket, events[ticket.id]) for ticket in tickets}


def _track(ticket: Ticket, events: Sequence[Event]) -> Track:
    asked = still_asked(ticket.latest_version)
    sentence, following = _where(ticket, asked)
    return Track(sentence, following, asked, _stages(ticket, events), _news(ticket, events))


def _where(ticket: Ticket, asked: Sequence[OfferedJob]) -> tuple[str, str]:
    """Where the repair is and what comes next, in a sentence each."""
    is_before_work = ticket.status in (Status.DRAFT, Status.ESTIMATE)
    if asked and is_before_work:
        return "Your estimate is ready.", "Next you tell us what we may do."
    if asked:
        following = "The rest of the work goes on." if ticket.status.is_work else "Next you tell us what we may do."
        return "We found something and need your word.", following
    if is_before_work and ticket.versions and ticket.is_turned_down:
        return "We have your answer.", "Nothing is approved, so nothing is done. We will be in touch."
    if ticket.is_waiting_for_parts:
        return "We are waiting for parts.", "The work goes on when they are here."
    return ticket.status.customer_words, _NEXT[ticket.status]


def _stages(ticket: Ticket, events: Sequence[Event]) -> Stages:
    reached = {Status.DRAFT: ticket.created_at}
    reached |= {Status(event.facts["to"]): event.at for event in events if "to" in event.facts}
    if ticket.completed_at is not None:
        reached.setdefault(Status.READY, ticket.completed_at)
    present = Status.READY if ticket.status is Status.INVOICED else ticket.status
    stages = _along(CUSTOMER_ROAD, present, lambda status: status.stage)
    for stage, status in zip(stages, CUSTOMER_ROAD, strict=True):
        if stage["state"] != "next" and status in reached:
            stage["at"] = reached[status]
    return stages


def _news(ticket: Ticket, events: Sequence[Event]) -> list[News]:
    news = [News(ticket.created_at, Status.DRAFT.customer_words, Status.DRAFT.icon)]
    for event in events:
        if "to" in event.facts:
            status = Status(event.facts["to"])
            if status is not Status.ESTIMATE or not any(_in_one_go(event.at, each.at) for each in ticket.versions):
                news.append(News(event.at, status.customer_words, status.icon))
        else:
            first_name = str(event.facts.get("mechanic", "A mechanic")).split()[0]
            news.append(News(event.at, f"{first_name} takes care of your vehicle.", "user"))
    for version in ticket.versions:
        news += _news_of(version)
    return sorted(news, key=lambda each: each.at, reverse=True)


def _news_of(version: EstimateVersion) -> list[News]:
    answers = [
        News(
            consent.at,
            f"{consent.name} answered estimate {version.number}, {consent.channel.words}: {consent.in_short}.",
            "message-square",
        )
        for consent in version.consents
    ]
    if answers and _in_one_go(version.at, answers[0].at):
        return answers
    return [News(version.at, f"Estimate {version.number} is written.", "file-text"), *answers]


def _in_one_go(one: datetime, other: datetime) -> bool:
    return abs(one - other) < _ONE_GO


def _along(road: Sequence[Status], present: Status, title: Callable[[Status], str]) -> Stages:
    here = road.index(present) if present in road else -1
    return [
        {"title": title(status), "state": _state(place, here, is_over=here == len(road) - 1)}
        for place, status in enumerate(road)
    ]


def _state(place: int, here: int, *, is_over: bool) -> str:
    if place < here or (place == here and is_over):
        return "done"
    return "now" if place == here else "next"
