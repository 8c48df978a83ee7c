"""Reading while others write, and while others sign in: the same server has to do both."""

from __future__ import annotations

import itertools

from bench.figures import Sample, medians, paired, slowest, throughput
from bench.sitting import Sitting
from bench.table import Row
from bench.targets import Target, Who
from bench.visitor import addresses, sign_in
from bench.writes import CLIENTS, Worker, check_books
from bench.wrk import Load, Run, Told
from tools.front_door.speech import Refused, say

_READ = Target("mixed", "the list of tickets in full", ("/desk/tickets",))
_WRITES_PER_SECOND = 200
_TICKETS = 400
_SIGNING_IN = 4
_PLACES = 20_000  # for each round, so that no place tries too often
_HEAD_START = 1
_LONGER = 3  # times, since two things share the server


def mixed(here: Sitting, *, rounds: int, seconds: int) -> list[Row]:
    """The list alone, beside writes and beside sign-ins, by turns."""
    say("Reading beside writes, and beside sign-ins")
    seconds *= _LONGER
    worker = Worker(here)
    adding = worker.adding(worker.tickets(_TICKETS), worker.parts(1))
    places = addresses(start=1000)
    alone: list[Sample] = []
    with_writes: list[Sample] = []
    with_sign_ins: list[Sample] = []
    written: list[Told] = []
    signed_in: list[Told] = []
    for number in range(1, rounds + 1):
        say(f"  round {number} of {rounds}")
        writing = Load(adding, seconds + 2 * _HEAD_START, CLIENTS, per_second=_WRITES_PER_SECOND)
        storm = [sign_in(Who.DESK.value, place) for place in itertools.islice(places, _PLACES)]
        alone.append(here.sample(_READ, seconds))
        with_writes.append(_beside(here, writing, seconds, written))
        with_sign_ins.append(_beside(here, Load(storm, seconds + 2 * _HEAD_START, _SIGNING_IN), seconds, signed_in))
    check_books(here.shop)
    return [
        Row("mixed: the list alone", medians(alone)),
        _row("mixed: the list beside writes", alone, with_writes, written, "writes"),
        _row("mixed: the list beside sign-ins", alone, with_sign_ins, signed_in, "sign-ins"),
    ]


def _beside(here: Sitting, load: Load, seconds: int, told: list[Told]) -> Sample:
    """One run of the list while the load is sent to the same server."""
    with Run(load, here.servers[_READ.app].port) as others:
        sample = here.sample(_READ, seconds)
        told.append(others.told())
    if told[-1].refused or told[-1].lost:
        raise Refused(f"{told[-1].refused} requests such as {load.calls[0].path} were refused, {told[-1].lost} lost.")
    return sample


def _row(title: str, alone: list[Sample], beside: list[Sample], told: list[Told], what: str) -> Row:
    kept, times = paired(beside, alone, throughput), paired(beside, alone, slowest)
    others = sum(each.per_second for each in told) / len(told)
    words = f"{kept:.2f} kept, p99 {times:.2f} times, beside {others:,.0f} {what}/s"
    return Row(title, medians(beside), figures={"kept": kept, "p99 times": times}, words=words)
