"""Sixteen people do the same thing at the same moment, over HTTP, at several processes: one of them is first."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import func, select

from shop.extensions import db
from shop.inventory.models import Part
from shop.ops import checks
from shop.tickets.models import FIRST_NUMBER, Line, Ticket
from tests.cast import Cast
from tests.factories import make_customer
from tests.faults.caller import Answer, Caller, sign_in
from tests.faults.server import served
from tests.faults.shop import FaultShop
from tests.faults.trial import Trial

MANY = 16
_ON_THE_SHELF = 3
_TICKETS = MANY // 2
_REFUSED = MANY // 4

Act = Callable[[int, Caller], Answer]


class Crowd:
    """As many callers as people; whatever they were answered otherwise than they should is in ``wrong``."""

    def __init__(self, callers: list[Caller], pool: ThreadPoolExecutor) -> None:
        self.callers, self._pool = callers, pool
        self.wrong: list[str] = []
        self.answers: Counter[int] = Counter()

    def at_once(self, what: str, act: Act, *, expected: dict[int, int]) -> None:
        """Let everybody act at the same moment; ``expected`` is how often each status is to be answered."""
        start = threading.Barrier(MANY)

        def one(number: int) -> int:
            start.wait()
            return act(number, self.callers[number]).status

        statuses = Counter(self._pool.map(one, range(MANY)))
        self.answers += statuses
        if statuses != expected:
            self.wrong.append(f"{what}: answered {dict(statuses)}, not {expected}.")


def all_at_once(shop: FaultShop, times: int) -> list[str]:
    with shop.opened() as app:
        cast = Cast(app)
        cast.account_id("desk")
        customer = make_customer().id
    with served(shop) as server, _crowd(server.port, cast.email("desk")) as crowd:
        new = {"description": "Rattles.", "customer_id": customer}
        tickets = [crowd.callers[0].send("POST", "/service_tickets/", new).json["id"] for _ in range(_TICKETS)]
        for number in range(times):
            _take_the_last_part(crowd, number, tickets)
            _edit_one_ticket(crowd, number, tickets[0])
            _send_one_form(crowd, number, customer)
            _open_tickets(crowd, number, customer)
    answered = ", ".join(f"{count:,} × {status}" for status, count in sorted(crowd.answers.items()))
    shop.noted.append(f"answers: {answered}")
    with shop.opened():
        return [*crowd.wrong, *_wrong_after(times, tickets), *checks.problems()]


TRIALS = (
    Trial(
        "races",
        "Of many at once one is first, and nothing is lost or doubled",
        f"{MANY} people: the last parts, one ticket edited, one form sent, numbers",
        all_at_once,
        times=3,
        times_if_long=100,
        is_single=True,
    ),
)


@contextmanager
def _crowd(port: int, email: str) -> Iterator[Crowd]:
    who = sign_in(port, email)
    callers = [Caller(port, who) for _ in range(MANY)]
    try:
        with ThreadPoolExecutor(MANY) as pool:
            yield Crowd(callers, pool)
    finally:
        for caller in callers:
            caller.close()


def _take_the_last_part(crowd: Crowd, number: int, tickets: list[int]) -> None:
    new = {"name": f"Last {number}", "price": 1, "on_hand": _ON_THE_SHELF}
    part = crowd.callers[0].send("POST", "/inventory/", new).json["id"]

    def take(who: int, caller: Caller) -> Answer:
        return caller.send("POST", f"/service_tickets/{tickets[who % _TICKETS]}/add-part/{part}", {})

    crowd.at_once("The last part", take, expected={201: _ON_THE_SHELF, 422: MANY - _ON_THE_SHELF})


def _edit_one_ticket(crowd: Crowd, number: int, ticket: int) -> None:
    """Half of them by the page, which knows the version, and half as programs, which know the ETag."""
    before = crowd.callers[0].get(f"/service_tickets/{ticket}")
    complaint = f"Round {number}, as {{}} says."

    def edit(who: int, caller: Caller) -> Answer:
        mine = complaint.format(who)
        if who % 2:
            form = {"complaint": mine, "version": str(number + 1)}
            answer = caller.post(f"/desk/tickets/{ticket}/details", form, key=f"edit-{number}-{who}")
            return Answer({303: 200, 409: 412}.get(answer.status, answer.status), answer.headers, answer.body)
        return caller.send(
            "PUT", f"/service_tickets/{ticket}", {"description": mine}, if_match=str(before.headers["ETag"])
        )

    crowd.at_once("One ticket edited", edit, expected={200: 1, 412: MANY - 1})


def _send_one_form(crowd: Crowd, number: int, customer: int) -> None:
    form = {"whose": str(customer), "complaint": f"Form {number}"}
    crowd.at_once(
        "One form sent",
        lambda _, caller: caller.post("/desk/tickets/new", form, key=f"form-{number}"),
        expected={303: MANY},
    )


def _open_tickets(crowd: Crowd, number: int, customer: int) -> None:
    def open_ticket(who: int, caller: Caller) -> Answer:
        complaint = f"Number {number}" if who >= _REFUSED else ""
        form = {"whose": str(customer), "complaint": complaint}
        return caller.post("/desk/tickets/new", form, key=f"new-{number}-{who}")

    crowd.at_once("Numbers", open_ticket, expected={303: MANY - _REFUSED, 422: _REFUSED})


def _wrong_after(times: int, tickets: list[int]) -> list[str]:
    """What the database says of it all: exact, to the row."""
    opened = times * (1 + MANY - _REFUSED)
    numbers = sorted(db.session.scalars(select(Ticket.number)))
    forms = select(func.count()).where(Ticket.complaint.like("Form %")).group_by(Ticket.complaint)
    edited = db.session.get_one(Ticket, tickets[0])
    taken = select(func.sum(Line.quantity)).group_by(Line.part_id)
    facts = {
        "The tickets' numbers have no gap and no twin": (
            numbers,
            list(range(FIRST_NUMBER, FIRST_NUMBER + len(tickets) + opened)),
        ),
        "A form makes one ticket": (list(db.session.scalars(forms)), [1] * times),
        "An edit raises the version once": (edited.version, times + 1),
        "What was on the shelf was taken": (
            [int(quantity) for quantity in db.session.scalars(taken)],
            [_ON_THE_SHELF] * times,
        ),
        "Nothing is left of it": ({part.available for part in db.session.scalars(select(Part))}, {0}),
    }
    return [f"{fact}: {found}, not {expected}." for fact, (found, expected) in facts.items() if found != expected]
