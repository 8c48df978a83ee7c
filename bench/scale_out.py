"""Two servers before one PostgreSQL and one Redis, nginx before both: what is lost when one of them is restarted.

nginx is set up as docs/deploy.md tells, word for word but for addresses and certificates.
"""

from __future__ import annotations

import contextlib
import http
import itertools
import json
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.data import Shop
from bench.servers import App, Kind, Server
from bench.slow_senders import MANY, slow_senders
from bench.table import Row
from bench.targets import Who
from bench.visitor import ACCEPTS, Visitor, with_body
from bench.writes import check_books
from bench.wrk import Call, Load, Run, Told
from tools.front_door import stopping
from tools.front_door.ports import answers, free_port
from tools.front_door.processes import Child
from tools.front_door.settings import ROOT
from tools.front_door.speech import Refused, say

_READ = ("/desk/tickets", "/desk/", "/desk/customers", "/desk/inventory", "/floor/ranking")
_READERS, _WRITERS = 8, 4
_WRITES_PER_SECOND = 40
_PHASE_SECONDS = 6
_PHASES = (("both up", None), ("the first restarted", 0), ("the second restarted", 1))
_STOCK = 1_000_000
_TICKETS = 100
_TURNS = 100
_PAGES_BESIDE, _SECONDS_BETWEEN_PAGES = 20, 0.25
_SLOW_HEAD = (
    b"POST /customers/login HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
)
_GUESSES = 14
_ALLOWED_GUESSES = 10

_NGINX_BLOCKS = re.compile(r"```nginx\n(.*?)```", re.DOTALL)
_NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{told}
}}
"""


class Upstream(Server):
    """One machine's share: a server with a data folder of its own."""

    grace_seconds = 15.0  # it is to finish what it has begun

    def __init__(self, shop: Shop, redis: str, port: int, processes: int) -> None:
        folder = shop.folder / f"machine-{port}"
        folder.mkdir(mode=0o700, exist_ok=True)
        environment = {**shop.environment, "SHOP_DATA": str(folder), "REDIS_URL": redis}
        super().__init__(Kind.GRANIAN.command(App.SHOP.value, port, processes), port, environment)


def scale_out(shop: Shop, *, processes: int) -> list[Row]:
    """The trial on a shop in PostgreSQL; nothing but a sentence where nginx or Redis is missing."""
    nginx, redis_server = shutil.which("nginx"), shutil.which("redis-server")
    if nginx is None or redis_server is None:
        say("Two machines are left out: that needs nginx and redis-server.")
        return []
    say("Two servers, one PostgreSQL, one Redis, nginx before them")
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        redis_port = free_port()
        redis_options = ["--port", redis_port, "--bind", "127.0.0.1", "--save", "", "--dir", scratch]
        log = stack.enter_context(open(scratch / "redis.log", "wb"))  # noqa: PTH123
        stack.enter_context(Child([redis_server, *redis_options], output=log))
        redis = f"redis://127.0.0.1:{redis_port}/0"
        machines = [stack.enter_context(Upstream(shop, redis, free_port(), processes)) for _ in range(2)]
        for machine in machines:
            machine.wait_until_open()
        port = free_port()
        config = scratch / "nginx.conf"
        config.write_text(_configuration(scratch, port, [machine.port for machine in machines]), encoding="utf-8")
        stack.enter_context(Child([nginx, "-c", config, "-e", scratch / "error.log"], output=log))
        _wait_for(port)
        rows = [
            _caches(machines),
            _limits(machines),
            _slow_bodies(port),
            *_restarts(stack, shop, redis, machines, port, processes),
        ]
        check_books(shop)
        return rows


def _restarts(
    stack: contextlib.ExitStack, shop: Shop, redis: str, machines: list[Upstream], port: int, processes: int
) -> Iterator[Row]:
    """Readers and writers go through nginx while first the one and then the other machine is restarted."""
    front = Visitor(port)
    cookie, token = front.cookie(Who.OWNER.value), front.bearer(Who.OWNER.value)
    part, writing = _writing(front, token)
    reading = [Call(path, headers=(cookie, ACCEPTS)) for path in _READ]
    before = _on_hand(front, token, part)
    made = 0
    for title, restarted in _PHASES:
        say(f"  {title}")
        readers = Load(reading, _PHASE_SECONDS, _READERS, counts_statuses=True)
        writers = Load(writing, _PHASE_SECONDS, _WRITERS, counts_statuses=True, per_second=_WRITES_PER_SECOND)
        with Run(readers, port) as reads, Run(writers, port) as writes:
            took = 0.0
            if restarted is not None:
                time.sleep(_PHASE_SECONDS / 4)
                started = time.monotonic()
                old = machines[restarted]
                old.stop()
                machines[restarted] = stack.enter_context(Upstream(shop, redis, old.port, processes))
                machines[restarted].wait_until_open()
                took = time.monotonic() - started
            read, written = reads.told(), writes.told()
        made += written.statuses.get("201", 0)
        yield _row(title, read, written, took)
    sold = before - _on_hand(front, token, part)
    under_way = sold - made  # each writer's last one of each run is not waited for
    yield Row(
        "scale-out: parts taken",
        figures={"lost": max(0, -under_way), "too many": max(0, under_way - _WRITERS * len(_PHASES))},
        words=f"{made:,} acknowledged, {sold:,} gone from the shelf, {under_way} of them as a run ended",
    )


def _row(title: str, read: Told, written: Told, took: float) -> Row:
    statuses = Counter(read.statuses) + Counter(written.statuses)
    failed = sum(times for status, times in statuses.items() if status not in ("200", "201"))
    failed += read.lost + written.lost
    words = f"{read.requests:,} reads, {written.requests:,} writes, {failed} failed, p99 {read.p99 / 1000:.0f} ms"
    if took:
        words += f", away for {took:.1f} s"
    if failed:
        words += f" ({dict(statuses)}, {read.lost + written.lost} lost)"
    return Row(f"scale-out: {title}", figures={"failed": failed}, words=words)


def _caches(machines: Sequence[Upstream]) -> Row:
    """What one machine has changed, the other shows at once, though it has kept the page."""
    one, other = (Visitor(machine.port) for machine in machines)
    cookie, token = one.cookie(Who.OWNER.value), one.bearer(Who.OWNER.value)
    customer = one.expect(Call("/customers/", headers=(token,)), 200).json["items"][0]["id"]
    stale = 0
    for turn in range(_TURNS):
        writer, reader = (one, other) if turn % 2 else (other, one)
        name = f"Renamed {turn} times"
        reader.expect(Call(f"/desk/customers/{customer}", headers=(cookie,)), 200)
        writer.expect(_signed(with_body(f"/customers/{customer}", {"name": name}, method="PUT"), token), 200)
        stale += name not in reader.expect(Call(f"/desk/customers/{customer}", headers=(cookie,)), 200).text
        stale += name not in reader.expect(Call(f"/customers/{customer}", headers=(token,)), 200).text
    return Row("scale-out: caches", figures={"stale": stale}, words=f"{_TURNS} changes, {stale} stale answers")


def _limits(machines: Sequence[Upstream]) -> Row:
    """Guesses of a password are counted together, whichever machine is asked."""
    visitors = [Visitor(machine.port) for machine in machines]
    told = Counter(
        visitors[turn % 2].send(_guess(Who.MECHANIC.value, "198.51.100.7")).status for turn in range(_GUESSES)
    )
    wrong = abs(told[401] - _ALLOWED_GUESSES) + abs(told[429] - (_GUESSES - _ALLOWED_GUESSES))
    words = f"of {_GUESSES} guesses at two machines {told[401]} were looked at, {told[429]} refused"
    return Row("scale-out: limits", figures={"wrong": wrong}, words=words)


def _slow_bodies(port: int) -> Row:
    """Hundreds send a form byte by byte; nginx keeps them to itself, and everybody else is served as ever."""
    say(f"  {MANY} slow bodies")
    slowest = 0.0
    with slow_senders(port, itertools.chain([_SLOW_HEAD], itertools.repeat(b"a"))):
        for _ in range(_PAGES_BESIDE):
            started = time.monotonic()
            Visitor(port).expect(Call("/login"), http.HTTPStatus.OK)
            slowest = max(slowest, time.monotonic() - started)
            time.sleep(_SECONDS_BETWEEN_PAGES)
    return Row(
        f"scale-out: {MANY} slow bodies",
        figures={"seconds": slowest},
        words=f"{_PAGES_BESIDE} pages beside them, the slowest within {slowest:.2f} s",
    )


def _writing(front: Visitor, token: tuple[str, str]) -> tuple[int, list[Call]]:
    """A part of which there is plenty, and the calls that take one of it each."""
    customer = front.expect(Call("/customers/", headers=(token,)), 200).json["items"][0]["id"]
    part = front.expect(Call("/inventory/", headers=(token,)), 200).json[0]["id"]
    front.expect(_signed(with_body(f"/inventory/{part}", {"on_hand": _STOCK}, method="PUT"), token), 200)
    opening = _signed(with_body("/service_tickets/", {"description": "Brakes squeal.", "customer_id": customer}), token)
    tickets = [front.expect(opening, 201).json["id"] for _ in range(_TICKETS)]
    paths = (f"/service_tickets/{ticket}/add-part/{part}" for ticket in tickets)
    return part, [_signed(with_body(path, {"quantity": 1}), token) for path in paths]


def _on_hand(front: Visitor, token: tuple[str, str], part: int) -> int:
    return int(front.expect(Call(f"/inventory/{part}", headers=(token,)), 200).json["available"])


def _signed(call: Call, token: tuple[str, str]) -> Call:
    return replace(call, headers=(*call.headers, token))


def _guess(email: str, place: str) -> Call:
    body = json.dumps({"email": email, "password": "not the password"})
    headers = (("Content-Type", "application/json"), ("X-Forwarded-For", place))
    return Call("/customers/login", "POST", body, headers)


def _configuration(folder: Path, port: int, upstreams: Sequence[int]) -> str:
    """What docs/deploy.md tells about two machines, with the ports of this trial and without certificates."""
    told = "\n".join(_NGINX_BLOCKS.findall((ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")))
    told = re.sub(r"upstream shop \{ server [^}]*\}", "", told)  # the one for a single machine
    told = re.sub(r"server \{\n    listen 80;.*?\n\}\n", "", told, flags=re.DOTALL)  # the way to https
    for number, upstream in enumerate(upstreams, start=11):
        told = told.replace(f"10.0.0.{number}:5001", f"127.0.0.1:{upstream}")
    told = re.sub(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", told)
    told = re.sub(r"ssl_certificate(_key)? .*", "", told)
    return _NGINX.format(folder=folder, told=told)


def _wait_for(port: int) -> None:
    for _ in range(100):
        stopping.raise_if_asked()
        if answers(port):
            return
        time.sleep(0.1)
    raise Refused("nginx did not open.")
