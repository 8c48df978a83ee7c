"""Somebody who goes on using a shop that is hurt: how soon it answers, what it says, and what it acknowledged."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count

from sqlalchemy import select

from shop.extensions import db
from shop.ops import checks
from shop.tickets.models import Ticket
from tests.faults.caller import Answer, Caller, NoAnswer, SignedIn, sign_in
from tests.faults.server import Server

LONGEST_SECONDS = 6.0
MOST_GUESSES = 10
_GUESSES_AT_A_TIME = 4
_AT_ONCE = 6
_IN_A_ROW = 4  # by as many connections, so that each process is asked
_RECOVERY_SECONDS = 20.0


class Witness:
    """``wrong`` is what broke the promise; ``slowest`` in seconds."""

    def __init__(self, server: Server, email: str, customer: int) -> None:
        self.wrong: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.slowest = 0.0
        self._port, self._email, self._customer = server.port, email, customer
        self._who: SignedIn = sign_in(server.port, email)
        self._acknowledged: list[str] = []
        self._guessed = 0
        self._numbers = count(1)

    def look_around(self, *, allowed: set[int], is_ready: bool | None) -> None:
        """Use every kind of page; ``allowed`` is what those may answer, ``is_ready`` what /readyz has to say."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:  # nobody waits for those who wait
            for act in (self._look_at_the_board, self._write_by_form, self._write_as_program):
                for each in [pool.submit(act, allowed) for _ in range(_AT_ONCE)]:
                    each.result()
        self._ask("A list", lambda caller: caller.get("/service_tickets/"), {200, *allowed})
        self._ask("/healthz", lambda caller: caller.get("/healthz"), {200})
        ready = {True: {200}, False: {503}, None: {200, 503}}[is_ready]
        self._ask("/readyz", lambda caller: caller.get("/readyz"), ready)
        for _ in range(_GUESSES_AT_A_TIME):
            self._guess()

    def wait_until_well(self) -> float:
        """Seconds until pages, writes and /readyz are as ever, with nothing started again."""
        started = time.monotonic()
        well = 0
        while well < _IN_A_ROW:
            if time.monotonic() - started > _RECOVERY_SECONDS:
                self.wrong.append(f"Not well {_RECOVERY_SECONDS:.0f} seconds after the cause was gone.")
                break
            well = well + 1 if self._is_well() else 0
        return time.monotonic() - started

    def check_nothing_is_lost(self, *, most_guesses: int) -> None:
        """In the running application."""
        there = set(db.session.scalars(select(Ticket.complaint)))
        self.wrong += [f"{each} was acknowledged and is gone." for each in self._acknowledged if each not in there]
        self.wrong += checks.problems()
        if self._guessed > most_guesses:
            self.wrong.append(f"{self._guessed} passwords could be guessed.")

    @property
    def acknowledged(self) -> int:
        return len(self._acknowledged)

    def _is_well(self) -> bool:
        try:
            with closing(self._caller()) as caller:
                words = f"Well {next(self._numbers)}"
                done = caller.send("POST", "/service_tickets/", self._ticket(words))
                if done.status == 201:
                    self._acknowledged.append(words)
                page, ready = caller.get("/desk/"), caller.get("/readyz")
        except NoAnswer:
            return False
        return (done.status, page.status, ready.status) == (201, 200, 200)

    def _look_at_the_board(self, allowed: set[int]) -> None:
        self._ask("A page", lambda caller: caller.get("/desk/"), {200, *allowed})

    def _write_as_program(self, allowed: set[int]) -> None:
        words = f"Program {next(self._numbers)}"
        answer = self._ask(
            "A write by a program",
            lambda caller: caller.send("POST", "/service_tickets/", self._ticket(words)),
            {201, *allowed},
        )
        if answer and answer.status == 201:
            self._acknowledged.append(words)

    def _write_by_form(self, allowed: set[int]) -> None:
        words = f"Form-{next(self._numbers)}"
        form = {"whose": str(self._customer), "complaint": words}
        answer = self._ask("A form", lambda caller: caller.post("/desk/tickets/new", form, key=words), {303, *allowed})
        if answer and answer.status == 303 and "/desk/tickets/" in answer.location:
            self._acknowledged.append(words)

    def _guess(self) -> None:
        wrong = {"email": self._email, "password": "a password that is a guess"}
        answer = self._ask(
            "A guess", lambda caller: caller.send("POST", "/customers/login", wrong), {401, 429, 503}, is_told=False
        )
        if answer and answer.status == 401:
            self._guessed += 1

    def _ask(
        self, what: str, act: Callable[[Caller], Answer], allowed: set[int], *, is_told: bool = True
    ) -> Answer | None:
        started = time.monotonic()
        answer = None
        try:
            with closing(self._caller()) as caller:
                answer = act(caller)
        except NoAnswer as error:
            self.wrong.append(f"{what} was not answered: {type(error).__name__}.")
        seconds = time.monotonic() - started
        self.slowest = max(self.slowest, seconds)
        if seconds > LONGEST_SECONDS:
            self.wrong.append(f"{what} was answered after {seconds:.1f} seconds.")
        if answer and is_told:
            self.statuses[answer.status] += 1
        if answer and answer.status not in allowed:
            self.wrong.append(f"{what} was answered {answer.status}.")
        return answer

    def _caller(self) -> Caller:
        return Caller(self._port, self._who)

    def _ticket(self, words: str) -> dict[str, object]:
        return {"description": words, "customer_id": self._customer}
