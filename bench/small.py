"""How little it takes: memory, the time until the first answer, and the weight of what a browser fetches."""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape

from bench import process_tree
from bench.servers import App, Server, opened
from bench.sitting import Sitting
from bench.table import Row
from bench.targets import Form, Target, Who
from bench.wrk import Load, drive
from tools.front_door.ports import free_port
from tools.front_door.settings import ROOT
from tools.front_door.speech import Refused, say

_MEGA = 1_000_000
_KILO = 1000
_PAGES = ("/desk/", "/desk/tickets", "/desk/customers", "/desk/inventory", "/floor/ranking")
_STATIC = re.compile(r'(?:src|href)="(/static/[^"#]+)')
_VEHICLE = re.compile(r"/my/vehicles/\d+")


@dataclass(frozen=True, slots=True)
class Door:
    """What somebody opens first, goes on to, and changes in place."""

    name: str
    who: Who
    first: str
    next: str
    swap: str


DOORS = (
    Door("customer", Who.CUSTOMER, "/my/", "/my/vehicles", "{vehicle}/repairs"),
    Door("desk", Who.DESK, "/desk/", "/desk/tickets", "/desk/tickets?status=all"),
    Door("floor", Who.MECHANIC, "/floor/", "/floor/ranking", "/floor/ranking?period=all"),
)


def small(here: Sitting, *, rounds: int, requests: int) -> list[Row]:
    """``requests`` are sent between the two looks at the memory."""
    say("Memory, the first answer and the weight of pages")
    return [*_memory(here, requests), _first_answer(here, rounds), *_weights(here)]


def _memory(here: Sitting, requests: int) -> Iterator[Row]:
    """A server of its own, looked at when each page was answered a few times and after many requests."""
    calls = [here.calls(_page(path, Who.DESK))[0] for path in _PAGES]
    with opened(here.kind, {App.SHOP: here.shop.environment}, processes=2) as servers:
        server = servers[App.SHOP]
        drive(Load(calls, seconds=1), server.port)
        before, done = _megabytes(server), 0
        while done < requests:
            done += drive(Load(calls, seconds=2), server.port).requests
        after = _megabytes(server)
    if before is not None and after is not None:
        yield Row("small: memory of a process", figures={"MB": before}, words=f"{before:.1f} MB its own")
        grown = {"MB": after, "grown": after / before - 1}
        yield Row("small: memory, later", figures=grown, words=f"{after:.1f} MB after {done:,} requests")


def _megabytes(server: Server) -> float | None:
    """Of the largest worker."""
    return max(process_tree.unshared_bytes(server.leader), default=0) / _MEGA or None


def _first_answer(here: Sitting, rounds: int) -> Row:
    """From ``python3 run.py`` to the first page, on a database that is up to date."""
    took = []
    for _ in range(rounds):
        port = free_port()
        environment = {**here.shop.environment, "PORT": str(port)}
        started = time.perf_counter()
        with Server([sys.executable, ROOT / "run.py"], port, environment, health="/login") as server:
            server.wait_until_open()
            took.append(time.perf_counter() - started)
    seconds = statistics.median(took)
    return Row("small: first answer after start", figures={"seconds": seconds}, words=f"{seconds:.2f} s")


def _weights(here: Sitting) -> Iterator[Row]:
    """Bodies as they are sent to a browser, which keeps the files that a page names."""
    for door in DOORS:
        first, then = here.answer(_page(door.first, door.who)), here.answer(_page(door.next, door.who))
        files = dict.fromkeys(unescape(path) for path in _STATIC.findall(_unpacked(here, door.first, door.who)))
        weight = len(first.body) + sum(len(here.answer(_page(path, Who.NOBODY)).body) for path in files)
        yield _weight(f"first visit, {door.name}", weight, f" in {len(files) + 1} requests")
        yield _weight(f"next page, {door.name}", len(then.body))
        swap = door.swap.format(vehicle=_vehicle(here, door)) if "{" in door.swap else door.swap
        yield _weight(f"swap, {door.name}", len(here.answer(replace(_page(swap, door.who), form=Form.FRAGMENT)).body))


def _vehicle(here: Sitting, door: Door) -> str:
    found = _VEHICLE.search(_unpacked(here, door.next, door.who))
    if found is None:
        raise Refused(f"{door.next} shows no vehicle.")
    return found[0]


def _unpacked(here: Sitting, path: str, who: Who) -> str:
    return here.answer(_page(path, who), packed=False).text


def _page(path: str, who: Who) -> Target:
    return Target("small", path, (path,), who, app=App.SHOP)


def _weight(name: str, weight: int, more: str = "") -> Row:
    return Row(f"small: {name}", sent=weight, figures={"kB": weight / _KILO}, words=f"{weight / _KILO:.1f} kB{more}")
