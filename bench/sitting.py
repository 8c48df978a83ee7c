"""Everything that is up at once: a shop's servers and K, with people signed in; and one row measured on them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bench import process_tree
from bench.data import Shop
from bench.figures import Sample
from bench.inside import Facts, Inside
from bench.servers import App, Kind, Server, opened
from bench.targets import Form, Target, Who
from bench.visitor import ACCEPTS, Answer, Visitor
from bench.wrk import Call, Load, drive
from tools.front_door import stopping
from tools.front_door.speech import Refused

_MINUTE_SECONDS = 60
_WARM_SECONDS = 1
_LONGER = 20  # times
_SAME_SIZE = 2  # so many digits of a size count


@dataclass
class Sitting:
    """A shop that is open: its servers, and those who are signed in."""

    shop: Shop
    kind: Kind
    servers: Mapping[App, Server]
    inside: Inside
    _signed_in: dict[tuple[Who, Form], tuple[str, str]] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        return self.inside.facts()

    def visitor(self, app: App = App.UNCACHED) -> Visitor:
        return Visitor(self.servers[app].port)

    def signed_in(self, who: Who, form: Form) -> tuple[tuple[str, str], ...]:
        """The header that says who asks. Cookies and tokens are good at every server of the shop."""
        if who is Who.NOBODY:
            return ()
        carrier = Form.JSON if form is Form.JSON else Form.PAGE
        if (who, carrier) not in self._signed_in:
            visitor = self.visitor()
            envelope = visitor.bearer(who.value) if carrier is Form.JSON else visitor.cookie(who.value)
            self._signed_in[who, carrier] = envelope
        return (self._signed_in[who, carrier],)

    def sign_in_anew(self) -> None:
        """Tokens are good for an hour."""
        self._signed_in.clear()

    def answer(self, target: Target, *, packed: bool = True) -> Answer:
        """What the first of a target's paths answers in full."""
        return self.visitor(target.app).expect(self._plain(target, target.paths[0], packed=packed), 200)

    def calls(self, target: Target) -> list[Call]:
        """What to send, with what the answer before said where the target asks again; each was answered as expected."""
        calls = [self._plain(target, path) for path in target.paths]
        if target.is_again:
            calls = [self._again(target, calls[0])]
        self.visitor(target.app).expect(calls[0], target.expected)
        return calls

    def _plain(self, target: Target, path: str, *, packed: bool = True) -> Call:
        return target.call(path, *self.signed_in(target.who, target.form), *((ACCEPTS,) if packed else ()))

    def _again(self, target: Target, call: Call) -> Call:
        plain = replace(call, headers=tuple(header for header in call.headers if header != ACCEPTS))
        if target.form is Form.JSON:
            answer = self.visitor(target.app).expect(call, 200)
            return replace(call, headers=(*call.headers, ("If-None-Match", answer.headers["ETag"])))
        _wait_for_the_minute(_WARM_SECONDS * 3)
        return replace(call, path=self.visitor(target.app).expect(plain, 200).poll)

    def sample(self, target: Target, seconds: int, *, connections: int = 4) -> Sample:
        """One short run, with a look before and after it at what is answered."""
        calls = self.calls(target)
        sample = driven(self.servers[target.app], Load(calls, seconds, connections))
        self.visitor(target.app).expect(calls[0], target.expected)
        return sample

    def sample_of_constant(self, path: str, seconds: int) -> Sample:
        return driven(self.servers[App.CONSTANT], Load([Call(path, headers=(ACCEPTS,))], seconds))


@contextlib.contextmanager
def sitting(shop: Shop, kind: Kind, processes: int, apps: Sequence[App]) -> Iterator[Sitting]:
    """The shop's servers, opened and at the end closed again."""
    inside = Inside(shop.environment)
    try:
        with opened(kind, dict.fromkeys(apps, shop.environment), processes) as servers:
            yield Sitting(shop, kind, servers, inside)
    finally:
        inside.close()


def driven(server: Server, load: Load) -> Sample:
    """Drive a load and see what it cost; raises Refused for any answer but the ones that were hoped for.

    What takes so long that nothing is answered in the time gets more of it.
    """
    for seconds in (load.seconds, load.seconds * _LONGER):
        sample = _driven(server, replace(load, seconds=seconds))
        if sample:
            return sample
    raise Refused(f"{load.calls[0].path} was not answered once within {load.seconds * _LONGER} seconds.")


def _driven(server: Server, load: Load) -> Sample | None:
    server.wait_until_open()  # until it has done what the load before may have left in its queue
    before = process_tree.cpu_microseconds(server.leader)
    told = drive(load, server.port)
    after = process_tree.cpu_microseconds(server.leader)
    if told.refused or told.lost:
        raise Refused(
            f"Of {told.requests} requests such as {load.calls[0].method} {load.calls[0].path} {told.refused} were "
            f"refused and {told.lost} lost. The server said:\n{server.last_words()}"
        )
    if not told.requests:
        return None
    cpu = None if before is None or after is None else (after - before) / told.requests
    return Sample(told.per_second, told.p50, told.p99, cpu)


def constant_like(target: Target, answer: Answer) -> str:
    """The path at which K answers as many bytes, about: sizes with the same first digits share a run."""
    size = len(answer.body)
    rounded = round(size, _SAME_SIZE - len(str(size)))
    return f"/{'json' if target.form is Form.JSON else 'html'}/{rounded}"


def _wait_for_the_minute(seconds: int) -> None:
    """What depends on the minute is new when it ends, so it had better last for a while."""
    while datetime.now(UTC).second > _MINUTE_SECONDS - seconds - 1:
        stopping.raise_if_asked()
        time.sleep(0.1)
