"""Every process of the shop is killed while it writes; what it had acknowledged is there when it is open again."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

from shop.ops import checks
from tests.cast import Cast
from tests.factories import make_customer, make_mechanic, make_part
from tests.faults.caller import SignedIn, sign_in
from tests.faults.hands import Hand, Shelf, all_at_work, found_there
from tests.faults.server import Server, served
from tests.faults.shop import FaultShop
from tests.faults.trial import NotTried, Trial
from tools.front_door import services

HANDS = 4
_MOST_WRITES_BEFORE = 24
_MOST_SECONDS_MORE = 0.03
_PATIENCE_SECONDS = 20
_STEPS_UNDER_STRACE = 12
_SYNC = re.compile(r"\b(?:fdatasync|fsync)\(\d+<[^>]*/shop\.db-wal>")


def killed_in_the_middle(shop: FaultShop, times: int) -> list[str]:
    """Let hands work, kill everything, open again, and compare what is there with what was acknowledged."""
    hands, email = some_hands(shop)
    lost: list[str] = []
    with served(shop, spare=True) as server, shop.opened():
        who = sign_in(server.port, email)
        for number in range(times):
            threads = all_at_work(hands, server.port, who)
            wait_for_writes(hands, random.randint(1, _MOST_WRITES_BEFORE))
            time.sleep(random.uniform(0, _MOST_SECONDS_MORE))
            server.kill()
            for thread in threads:
                thread.join()
            server.open()
            lost += [f"Kill {number}: {sentence}" for sentence in _wrong_with(hands)]
        lost += _finished(hands, server, who)
    shop.noted.append(f"{sum(hand.acknowledged for hand in hands):,} writes acknowledged")
    return lost


def synced(shop: FaultShop, times: int) -> list[str]:
    """A commit is acknowledged when the disk has it: as many times is the disk waited for, strace says."""
    try:
        strace = services.strace()
    except services.Missing as missing:
        raise NotTried(str(missing)) from missing
    hands, email = some_hands(shop)
    trace = shop.data / "strace.txt"
    with served(shop, under=(strace, "-f", "-y", "-e", "trace=fdatasync,fsync", "-o", trace)) as server:
        who = sign_in(server.port, email)
        before = _syncs(trace)
        for thread in all_at_work(hands, server.port, who, most=_STEPS_UNDER_STRACE * times):
            thread.join()
        synced, acknowledged = _syncs(trace) - before, sum(hand.acknowledged for hand in hands)
    shop.noted.append(f"{acknowledged} writes acknowledged, {synced} times synced")
    lost = [sentence for hand in hands for sentence in hand.refused]
    return lost if synced >= acknowledged else [*lost, f"{acknowledged - synced} writes were acknowledged unsynced."]


def some_hands(shop: FaultShop) -> tuple[list[Hand], str]:
    """A few people at work in an empty shop, and the e-mail by which they sign in."""
    with shop.opened() as app:
        cast = Cast(app)
        cast.account_id("desk")
        customer, mechanic = make_customer().id, make_mechanic().id
        common = make_part(name="Belt", sku="BELT", on_hand=900_000).id
        own = [make_part(name=f"Bolt {number}", sku=f"BOLT-{number}", on_hand=0) for number in range(HANDS)]
        shelves = [Shelf(customer, mechanic, common, part.id, str(part.sku)) for part in own]
    return [Hand(chr(ord("a") + number), shelf) for number, shelf in enumerate(shelves)], cast.email("desk")


TRIALS = (
    Trial(
        "kills",
        "What was acknowledged survives kill -9 of every process",
        f"kill -9 while {HANDS} people open tickets, take parts, move them on",
        killed_in_the_middle,
        times=3,
        times_if_long=50,
        times_if_long_on_sqlite=200,
        is_single=True,
    ),
    Trial(
        "syncs",
        "An answer of success waits until the disk has it",
        "fdatasync of the journal counted by strace",
        synced,
        times=1,
        times_if_long=10,
        databases=("SQLite",),
        is_single=True,
    ),
)


def wait_for_writes(hands: list[Hand], more: int) -> None:
    """Until so many more are acknowledged, so that whatever is killed is in the middle of its work."""
    before, deadline = sum(hand.acknowledged for hand in hands), time.monotonic() + _PATIENCE_SECONDS
    while sum(hand.acknowledged for hand in hands) < before + more and time.monotonic() < deadline:
        time.sleep(0.002)


def _wrong_with(hands: list[Hand]) -> list[str]:
    found, wrong = found_there()
    for hand in hands:
        wrong += hand.agrees_with(found)
    expected = {thing for hand in hands for thing in hand.may_have}
    wrong += [f"{thing} is there and nobody made it." for thing in found if thing not in expected | {"BELT"}]
    return wrong + checks.problems()


def _finished(hands: list[Hand], server: Server, who: SignedIn) -> list[str]:
    """What was cut off last is sent once more, and then nothing is in doubt."""
    for thread in all_at_work(hands, server.port, who, most=1):
        thread.join()
    return [*_wrong_with(hands), *(sentence for hand in hands for sentence in hand.refused)]


def _syncs(trace: Path) -> int:
    return len(_SYNC.findall(trace.read_text()))
