"""The shop beside Django, which reads the same file: lists drawn in full, and searches; both under gunicorn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench.figures import Sample, medians, paired, throughput
from bench.servers import Server
from bench.sitting import Sitting, driven
from bench.table import Row
from bench.targets import Target, reading
from bench.visitor import ACCEPTS, Visitor
from bench.wrk import Call, Load
from tools.front_door.environment import prepare
from tools.front_door.ports import free_port
from tools.front_door.processes import captured, run, text_of
from tools.front_door.speech import Refused, say

_LOCK = "bench/peer/requirements.txt"
_CLIENTS = 4
_ADMIN = "/admin/peer/ticket/"


@dataclass(frozen=True, slots=True)
class Rival:
    """A path of Django's, and the target of ours that does the same work."""

    name: str
    path: str
    ours: str


def beside_peer(here: Sitting, folder: Path, processes: int, *, rounds: int, seconds: int) -> list[Row]:
    """A run of ours and one of theirs by turns; ``times`` says how much quicker the shop is."""
    targets = {target.title: target for target in reading(here.facts)}
    rows = []
    with _opened(here, targets["tickets: in full"], folder, processes) as (server, cookie):
        for rival in _rivals(here):
            say(f"{rival.name}, beside {rival.ours}")
            call = Call(rival.path, headers=(cookie, ACCEPTS))
            size = len(Visitor(server.port).expect(Call(rival.path, headers=(cookie,)), 200).body)
            ours: list[Sample] = []
            theirs: list[Sample] = []
            for _ in range(rounds):
                ours.append(here.sample(targets[rival.ours], seconds))
                theirs.append(driven(server, Load([call], seconds, _CLIENTS)))
            times = paired(ours, theirs, throughput)
            words = f"{rival.ours} is {times:,.1f} times as quick"
            rows.append(Row(f"peer: {rival.name}", medians(theirs), raw=size, figures={"times": times}, words=words))
    return rows


def _rivals(here: Sitting) -> list[Rival]:
    rare = urlencode({"q": here.facts.plate})
    return [
        Rival("admin changelist", _ADMIN, "tickets: in full"),
        Rival("ListView", "/tickets", "tickets: in full"),
        Rival("DRF list", "/api/tickets", "tickets: JSON, in full"),
        Rival("admin search, rare", f"{_ADMIN}?{rare}", "search: list, rare"),
        Rival("admin search, missing", f"{_ADMIN}?q=zzyzxq", "search: list, missing"),
    ]


@contextmanager
def _opened(here: Sitting, page: Target, folder: Path, processes: int) -> Iterator[tuple[Server, tuple[str, str]]]:
    """Django's server, and the cookie of its superuser."""
    python = prepare(_LOCK, folder / "peer")
    environment = here.shop.environment
    (here.shop.folder / "page.html").write_bytes(here.answer(page, packed=False).body)
    cookie = ("Cookie", _signed_in(python, environment))
    port = free_port()
    options = [f"--workers={processes}", f"--bind=127.0.0.1:{port}", "--log-level=error"]
    with Server([python, "-m", "gunicorn", *options, "bench.peer.wsgi:application"], port, environment) as server:
        server.wait_until_open()
        yield server, cookie


def _signed_in(python: Path, environment: Mapping[str, str]) -> str:
    with captured() as output:
        if run([python, "-m", "bench.peer"], env=environment, output=output) != 0:
            raise Refused(f"Django could not be made ready:\n{text_of(output)}")
        return text_of(output).strip()
