"""Opening and closing: under load, beside senders who never end, and twice at once."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack, closing
from functools import partial

from bench.slow_senders import MANY, slow_senders
from shop.ops import checks
from tests.cast import Cast
from tests.factories import make_customer
from tests.faults.caller import Caller, sign_in
from tests.faults.hands import all_at_work, found_there
from tests.faults.kills import some_hands, wait_for_writes
from tests.faults.server import served
from tests.faults.shop import FaultShop, fault_shop
from tests.faults.trial import Trial
from tests.faults.witness import LONGEST_SECONDS

_GRACE_SECONDS = 15.0  # what run.py gives it
_MOST_WRITES_BEFORE = 12
_REQUESTS_BESIDE = 12
_SLOW_HEAD = [bytes([byte]) for byte in b"GET /desk/ HTTP/1.1\r\nHost: slow\r\nX-Slow: " + b"a" * 10_000]


class EmptyShop(FaultShop):
    """Its database is empty, and it has no key yet."""

    def make(self) -> None:
        pass


def stopped_at_work(shop: FaultShop, times: int) -> list[str]:
    """After SIGTERM all that was begun is answered: what nobody was told of has not been done either."""
    hands, email = some_hands(shop)
    lost, longest, times_cut_off = [], 0.0, 0
    with served(shop, spare=True) as server, shop.opened():
        who = sign_in(server.port, email)
        for number in range(times):
            threads = all_at_work(hands, server.port, who)
            wait_for_writes(hands, random.randint(1, _MOST_WRITES_BEFORE))
            seconds, code = server.end(within=_GRACE_SECONDS)
            longest = max(longest, seconds)
            for thread in threads:
                thread.join()
            if code != 0:
                lost.append(f"Stop {number}: it ended with {code} after {seconds:.1f} seconds.")
            found, wrong = found_there()
            for hand in hands:
                cut_off = hand.forget_what_was_cut_off()
                times_cut_off += cut_off is not None
                if cut_off and cut_off in found and cut_off not in hand.book:
                    wrong.append(f"{cut_off} was made and nobody was told.")
                wrong += hand.agrees_with(found)
            lost += [f"Stop {number}: {sentence}" for sentence in wrong + checks.problems()]
            server.open()
    shop.noted.append(f"{sum(hand.acknowledged for hand in hands):,} writes acknowledged, {times_cut_off} not begun")
    shop.noted.append(f"ended within {longest:.1f} s")
    return [*lost, *(sentence for hand in hands for sentence in hand.refused)]


def slow_headers(shop: FaultShop, times: int) -> list[str]:
    """Hundreds begin a request and send a byte now and then; everybody else is served as ever."""
    with shop.opened() as app:
        cast = Cast(app)
        cast.account_id("desk")
        customer = make_customer().id
    slowest, wrong = 0.0, []
    with served(shop) as server:
        who = sign_in(server.port, cast.email("desk"))
        with slow_senders(server.port, _SLOW_HEAD):
            for number in range(_REQUESTS_BESIDE * times):
                started = time.monotonic()
                with closing(Caller(server.port, who)) as caller:
                    new = {"description": f"Beside {number}", "customer_id": customer}
                    statuses = caller.get("/desk/").status, caller.send("POST", "/service_tickets/", new).status
                slowest = max(slowest, time.monotonic() - started)
                if statuses != (200, 201):
                    wrong.append(f"Beside slow senders a page and a write were answered {statuses}.")
    shop.noted.append(f"a page and a write within {slowest:.1f} s")
    return wrong if slowest < LONGEST_SECONDS else [*wrong, f"They took {slowest:.1f} seconds."]


def opened_twice(shop: EmptyShop, times: int) -> list[str]:
    """Of two that begin with nothing one makes tables and demo shop, and a sign-in at one holds at the other."""
    both = [shop.flask("init-db") for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    wrong = [f"One could not begin: {words}" for process, words in zip(both, said, strict=True) if process.returncode]
    for words in ("newest schema", "Demo shop loaded"):
        makers = sum(words in each for each in said)
        if makers != 1:
            wrong.append(f"{makers} of two said: {words}.")
    if wrong:
        return wrong
    with ExitStack() as stack:
        one, other = (stack.enter_context(served(shop)) for _ in range(2))
        who = sign_in(one.port, "desk@example.com", "password123")
        with closing(Caller(other.port, who)) as caller:
            statuses = caller.get("/service_tickets/").status, caller.get("/desk/").status
    if statuses != (200, 200):
        wrong.append(f"A sign-in at one is answered {statuses} by the other.")
    with shop.opened():
        return wrong + checks.problems()


TRIALS = (
    Trial(
        "stops",
        "A stop finishes what is running",
        "SIGTERM while 4 people work; what was cut off has not been done",
        stopped_at_work,
        times=3,
        times_if_long=30,
        is_single=True,
    ),
    Trial(
        "slow headers",
        "Slow senders stop nobody else",
        f"{MANY} connections that send a byte of a header a second",
        slow_headers,
        times=1,
        times_if_long=5,
        databases=("SQLite",),
        is_single=True,
        is_in_suite=False,
    ),
    Trial(
        "opened twice",
        "Two that open one empty shop at once make it once",
        "two init-db at the same moment, then two servers",
        opened_twice,
        times=1,
        times_if_long=1,
        is_single=True,
        is_in_suite=False,
        ground=partial(fault_shop, kind=EmptyShop, SECRET_KEY="", SHOP_DEMO="1"),
    ),
)
