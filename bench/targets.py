"""What is asked of the shop, by name: the hot pages, their JSON twins, and the writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlencode

from bench.inside import Facts
from bench.servers import App
from bench.wrk import Call
from shop.common.clock import Period
from shop.customers.queries import Sort as CustomerSort
from shop.inventory.queries import Sort as PartSort
from shop.tickets.lifecycle import Status
from shop.tickets.selection import Sort


class Who(Enum):
    """Who asks; the values are e-mail addresses of the demo shop's people."""

    NOBODY = ""
    OWNER = "test@example.com"
    DESK = "desk@example.com"
    MECHANIC = "mechanic@example.com"
    CUSTOMER = "customer@example.com"


class Form(Enum):
    """How an answer is asked for."""

    PAGE = "page"
    FRAGMENT = "fragment"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Target:
    """One row of the table. ``is_again`` asks with what the answer before it said: is there anything new?"""

    group: str
    name: str
    paths: tuple[str, ...]
    who: Who = Who.DESK
    form: Form = Form.PAGE
    app: App = App.UNCACHED
    is_again: bool = False

    @property
    def title(self) -> str:
        return f"{self.group}: {self.name}"

    @property
    def expected(self) -> int:
        if not self.is_again:
            return 200
        return 304 if self.form is Form.JSON else 204

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        match self.form:
            case Form.JSON:
                return (("Accept", "application/json"),)
            case Form.FRAGMENT:
                return (("HX-Request", "true"),)
            case Form.PAGE:
                return ()

    def call(self, path: str, *more: tuple[str, str]) -> Call:
        return Call(path, headers=(*self.headers, *more))


#: The floor under a page of tickets, which only SQLite has.
FLOOR = Target("floor", "25 rows by sqlite3, strings joined", ("/tickets",), Who.NOBODY, app=App.FLOOR)


def reading(facts: Facts) -> list[Target]:
    """Everything that is read from the shop."""
    groups = (_tickets, _search, _ticket, _board, _my, _customers, _inventory, _ranking, _sign_in)
    return [target for group in groups for target in group(facts)]


def grows(target: Target) -> bool:
    """Whether its cost could grow with the shop's age: it is read in full."""
    return target.app is App.UNCACHED and not target.is_again and target.group != "sign-in"


def _tickets(facts: Facts) -> Iterator[Target]:
    yield from _kept_and_full("tickets", "/desk/tickets")
    everything, cursors = {"status": "all"}, facts.cursors
    states = ("waiting", "closed", "all", "archived", *(status.value for status in Status))
    queries: dict[str, dict[str, object]] = {
        **{f"status {state}": {"status": state} for state in states},
        "one mechanic": {"mechanic": facts.mechanic},
        "one mechanic, all": {"mechanic": facts.mechanic, **everything},
        "promised today": {"due": "today", **everything},
        "late": {"due": "late"},
        "one customer": {"customer": facts.customer, **everything},
        "one vehicle": {"vehicle": facts.vehicle, **everything},
        **{f"sort {sort.value}": {"sort": sort.value, **everything} for sort in Sort},
        **{f"deep, sort {sort.value}": {"sort": sort.value, **everything, "after": at} for sort, at in cursors.items()},
    }
    for name, query in queries.items():
        yield Target("tickets", name, (_url("/desk/tickets", query),))
    yield from _twins("tickets", "/service_tickets/")
    yield _json("tickets", "deep", "/service_tickets/", {"after": facts.middle["tickets"]})


def _search(facts: Facts) -> Iterator[Target]:
    first_name = facts.customer_name.split()[0]
    words = {
        "rare": facts.plate,
        "missing": "zzyzxq",
        "common": "brake",
        "two words": f"brake {first_name}",
        "two letters": first_name[:2],
    }
    for name, q in words.items():
        yield Target("search", name, (_url("/desk/search", {"q": q}),), form=Form.FRAGMENT)
    for name, q in words.items():
        yield Target("search", f"list, {name}", (_url("/desk/tickets", {"q": q, "status": "all"}),))
    for name, q in words.items():
        yield _json("search", name, "/service_tickets/", {"q": q})


def _ticket(facts: Facts) -> Iterator[Target]:
    pages = tuple(f"/desk/tickets/{ticket_id}" for ticket_id in facts.tickets)
    things = tuple(f"/service_tickets/{ticket_id}" for ticket_id in facts.tickets)
    yield Target("ticket", "page", pages)
    yield Target("ticket", "JSON", things, form=Form.JSON)
    yield Target("ticket", "JSON, nothing changed", things[:1], form=Form.JSON, app=App.SHOP, is_again=True)


def _board(_facts: Facts) -> Iterator[Target]:
    yield from _kept_and_full("board", "/desk/")
    yield Target("board", "poll, nothing changed", ("/desk/",), app=App.SHOP, is_again=True)


def _my(_facts: Facts) -> Iterator[Target]:
    yield from _kept_and_full("my", "/my/", who=Who.CUSTOMER)
    yield from _twins("my", "/customers/my-tickets", who=Who.CUSTOMER)


def _customers(facts: Facts) -> Iterator[Target]:
    yield from _kept_and_full("customers", "/desk/customers")
    for sort in CustomerSort:
        yield Target("customers", f"sort {sort.value}", (_url("/desk/customers", {"sort": sort.value}),))
    yield Target("customers", "search", (_url("/desk/customers", {"q": facts.customer_name}),))
    yield Target("customers", "deep", (_url("/desk/customers", {"after": facts.middle["customers by name"]}),))
    yield from _twins("customers", "/customers/")
    yield _json("customers", "deep", "/customers/", {"after": facts.middle["customers"]})


def _inventory(facts: Facts) -> Iterator[Target]:
    yield from _kept_and_full("inventory", "/desk/inventory")
    for sort in PartSort:
        yield Target("inventory", f"sort {sort.value}", (_url("/desk/inventory", {"sort": sort.value}),))
    yield Target("inventory", "only low", (_url("/desk/inventory", {"low": "y"}),))
    yield Target("inventory", "search", (_url("/desk/inventory", {"q": "filter"}),))
    yield Target("inventory", "deep", (_url("/desk/inventory", {"after": facts.middle["parts by name"]}),))
    yield from _twins("inventory", "/inventory/")
    yield _json("inventory", "deep", "/inventory/", {"after": facts.middle["parts"]})


def _ranking(_facts: Facts) -> Iterator[Target]:
    for period in Period:
        path = _url("/floor/ranking", {"period": period.value})
        yield from _kept_and_full("ranking", path, who=Who.MECHANIC, suffix=f", {period.value}")
    yield Target("ranking", "wall, nothing changed", ("/floor/wall",), who=Who.MECHANIC, app=App.SHOP, is_again=True)
    yield from _twins("ranking", "/mechanics/top")


def _sign_in(_facts: Facts) -> Iterator[Target]:
    yield Target("sign-in", "page", ("/login",), who=Who.NOBODY, app=App.SHOP)


def _kept_and_full(group: str, path: str, *, who: Who = Who.DESK, suffix: str = "") -> Iterator[Target]:
    """A page when nothing has changed since it was last drawn, and drawn in full each time."""
    yield Target(group, f"nothing changed{suffix}", (path,), who, app=App.SHOP)
    yield Target(group, f"in full{suffix}", (path,), who)


def _twins(group: str, path: str, *, who: Who = Who.DESK) -> Iterator[Target]:
    """The same for programs: asked again with the ETag, and in full."""
    yield Target(group, "JSON, nothing changed", (path,), who, Form.JSON, App.SHOP, is_again=True)
    yield Target(group, "JSON, in full", (path,), who, Form.JSON)


def _json(group: str, name: str, path: str, query: dict[str, object]) -> Target:
    return Target(group, f"JSON, {name}", (_url(path, query),), form=Form.JSON)


def _url(path: str, query: dict[str, object]) -> str:
    return f"{path}?{urlencode(query)}"


def chosen(targets: Sequence[Target], only: Sequence[str]) -> list[Target]:
    """Those whose group or title begins with one of these words; all of them without."""
    return [target for target in targets if is_chosen(target.title, only)]


def is_group_chosen(group: str, only: Sequence[str]) -> bool:
    """Whether any of its rows is asked for: some groups are measured as a whole or not at all."""
    return not only or any(word.partition(":")[0] == group for word in only)


def is_chosen(title: str, only: Sequence[str]) -> bool:
    return not only or any(title == word or title.startswith((f"{word}:", f"{word},", f"{word} ")) for word in only)
