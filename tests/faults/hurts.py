"""What can befall a shop from outside: its database, Redis, disk, clock and file handles."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from secrets import token_hex

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from tests.cast import Cast
from tests.factories import make_customer
from tests.faults.ground import OwnShop, own_ground
from tests.faults.instances import Instance, Redis
from tests.faults.server import Server, served
from tests.faults.trial import DATABASES, NotTried, Trial
from tests.faults.witness import MOST_GUESSES, Witness
from tools.front_door.beside import beside

SERVERS = ("PostgreSQL", "MariaDB")
_A_DAY = "86400"
_MOST_FILLING_ROWS = 3000
_FAKETIME = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")

Hurt = Callable[[OwnShop, Server], AbstractContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """``is_ready`` is what /readyz has to say meanwhile, None where either is true."""

    name: str
    how: str
    hurt: Hurt
    is_ready: bool | None = True
    databases: tuple[str, ...] = DATABASES
    allowed: frozenset[int] = frozenset({503})
    small_disk: bool = False
    with_redis: bool = False
    is_in_suite: bool = False
    days: int = 1  # how many the limits of guesses see
    settings: Callable[[OwnShop], dict[str, str]] = field(default=lambda _: {})

    def attempt(self, shop: OwnShop, times: int) -> list[str]:
        with shop.opened() as app:
            cast = Cast(app)
            cast.account_id("desk")
            customer = make_customer().id
        longest = 0.0
        with served(shop, settings=self.settings(shop)) as server:
            witness = Witness(server, cast.email("desk"), customer)
            witness.look_around(allowed=set(), is_ready=True)
            witness.statuses.clear()
            witness.slowest = 0.0
            for _ in range(times):
                with self.hurt(shop, server):
                    witness.look_around(allowed=set(self.allowed), is_ready=self.is_ready)
                longest = max(longest, witness.wait_until_well())
        with shop.opened():
            witness.check_nothing_is_lost(most_guesses=MOST_GUESSES * self.days)
        told = ", ".join(f"{often} × {status}" for status, often in sorted(witness.statuses.items()))
        shop.noted.append(f"answered within {witness.slowest:.1f} s ({told})")
        shop.noted.append(f"well after {longest:.1f} s")
        return witness.wrong

    @property
    def trial(self) -> Trial:
        return Trial(
            self.name,
            f"With the {self.name}: an answer within 6 s, nothing lost, well again by itself",
            self.how,
            self.attempt,
            times=1,
            times_if_long=3,
            databases=self.databases,
            is_single=True,
            is_in_suite=self.is_in_suite,
            ground=partial(own_ground, small_disk=self.small_disk, with_redis=self.with_redis),
        )


def _database(shop: OwnShop) -> Instance:
    assert shop.instance
    return shop.instance


def _redis(shop: OwnShop) -> Redis:
    assert shop.redis
    return shop.redis


def _stopped(which: Callable[[OwnShop], Instance]) -> Hurt:
    @contextmanager
    def hurt(shop: OwnShop, server: Server) -> Iterator[None]:
        which(shop).kill()
        yield
        which(shop).start()

    return hurt


def _frozen(which: Callable[[OwnShop], Instance]) -> Hurt:
    @contextmanager
    def hurt(shop: OwnShop, server: Server) -> Iterator[None]:
        which(shop).freeze()
        yield
        which(shop).thaw()

    return hurt


@contextmanager
def _slow(shop: OwnShop, server: Server) -> Iterator[None]:
    """It works for a twentieth of the time. SQLite is slow when somebody else writes nearly all the time."""

    def hinder(over: threading.Event) -> None:
        while not over.wait(0.01):
            with _held(shop) if shop.instance is None else _frozen(_database)(shop, server):
                over.wait(0.2)

    with beside(hinder):
        yield


@contextmanager
def _locked(shop: OwnShop, server: Server) -> Iterator[None]:
    """Somebody else holds what every change needs."""
    with _held(shop) if shop.instance is None else _table_locked(shop, "IN EXCLUSIVE MODE", "READ"):
        yield


@contextmanager
def _shut(shop: OwnShop, server: Server) -> Iterator[None]:
    """Nobody else may so much as read the tickets, as while a table is altered by hand."""
    with _table_locked(shop, "IN ACCESS EXCLUSIVE MODE", "WRITE"):
        yield


@contextmanager
def _table_locked(shop: OwnShop, mode_of_postgresql: str, mode_of_mariadb: str) -> Iterator[None]:
    engine = create_engine(shop.database_url)
    is_postgresql = engine.dialect.name == "postgresql"
    with engine.connect() as connection:
        lock = f"LOCK TABLE ticket {mode_of_postgresql}" if is_postgresql else f"LOCK TABLES ticket {mode_of_mariadb}"
        connection.execute(text(lock))
        yield
        if not is_postgresql:
            connection.execute(text("UNLOCK TABLES"))
    engine.dispose()


@contextmanager
def _held(shop: OwnShop) -> Iterator[None]:
    with closing(sqlite3.connect(str(make_url(shop.database_url).database), timeout=10)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def _cut(shop: OwnShop, server: Server) -> Iterator[None]:
    """Every connection is ended from the other side, as when the server was restarted in the night."""
    _database(shop).kill()
    _database(shop).start()
    yield


@contextmanager
def _full(shop: OwnShop, server: Server) -> Iterator[None]:
    filling = shop.disk / "filling"
    with filling.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    if shop.instance:
        _use_up_what_it_has_put_by(shop)
    yield
    filling.unlink()
    if shop.instance and not shop.instance.answers():  # it gave up, as PostgreSQL does when it can't keep its journal
        shop.instance.kill()
        shop.instance.start()


def _use_up_what_it_has_put_by(shop: OwnShop) -> None:
    """Write until the server refuses: it has room left in files that it made in time."""
    engine = create_engine(shop.database_url)
    row = text("INSERT INTO filler VALUES (:junk)")
    try:
        with engine.connect() as connection:
            connection.execute(text("CREATE TABLE filler (junk TEXT)"))
            for _ in range(_MOST_FILLING_ROWS):
                connection.execute(row, {"junk": token_hex(30_000)})
                connection.commit()
    except DBAPIError:
        return
    finally:
        engine.dispose()


@contextmanager
def _without_handles(shop: OwnShop, server: Server) -> Iterator[None]:
    """Each process may open one more file, which it needs to talk to somebody."""
    import resource  # Windows has none

    workers = server.workers
    before = {each: resource.prlimit(each, resource.RLIMIT_NOFILE) for each in workers}
    for each, (_, hard) in before.items():
        taken = {int(handle.name) for handle in Path(f"/proc/{each}/fd").iterdir()}
        lowest_free = next(number for number in count() if number not in taken)
        resource.prlimit(each, resource.RLIMIT_NOFILE, (lowest_free + 1, hard))
    yield
    for each, limits in before.items():
        resource.prlimit(each, resource.RLIMIT_NOFILE, limits)


@contextmanager
def _read_only(shop: OwnShop, server: Server) -> Iterator[None]:
    """Nothing in the data folder can be written, files that are open included.

    But for the memory that SQLite's processes share: a disk that became read-only lets them go on with it, where chattr
    has the kernel kill whoever touches it.
    """
    try:
        _change(shop.data, "-R", "+i")
        for shared in shop.data.glob("*-shm"):
            _change(shared, "-i")
        yield
    finally:
        _change(shop.data, "-R", "-i")


def _change(place: Path, *attributes: str) -> None:
    chattr = shutil.which("chattr")
    if chattr is None:
        raise NotTried("chattr is not installed: apt install e2fsprogs")
    done = subprocess.run([chattr, *attributes, str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotTried(f"a folder can't be made read-only here: {done.stderr.strip().splitlines()[-1]}")


def _flushed(shop: OwnShop, server: Server) -> AbstractContextManager[None]:
    _redis(shop).flush()
    return nullcontext()


@contextmanager
def _clock(shop: OwnShop, server: Server, *, seconds: str) -> Iterator[None]:
    _clock_file(shop).write_text(seconds)
    yield
    _clock_file(shop).write_text("+0")


def _clock_file(shop: OwnShop) -> Path:
    return shop.disk / "clock.txt"


def _faked_clock(shop: OwnShop) -> dict[str, str]:
    library = next((place for pattern in _FAKETIME for place in Path("/").glob(pattern.lstrip("/"))), None)
    if library is None:
        raise NotTried("no clock can be put forward: apt install faketime")
    _clock_file(shop).write_text("+0")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(_clock_file(shop)),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(Path(__file__).with_name("faked_clock")),
    }


_FAULTS = (
    Fault(
        "database stopped",
        "kill -9 of its server",
        _stopped(_database),
        is_ready=False,
        databases=SERVERS,
    ),
    Fault("database restarted", "every connection ended from the other side", _cut, databases=SERVERS),
    Fault("database hung", "its server frozen", _frozen(_database), is_ready=False, databases=SERVERS),
    Fault("database slow", "at work for a twentieth of the time", _slow, is_ready=None),
    Fault("database locked", "somebody else holds what every change needs", _locked, is_ready=None),
    Fault("table locked", "nobody else may read the tickets", _shut, is_ready=None, databases=SERVERS),
    Fault("disk full", "a small disk filled to the last byte", _full, is_ready=None, small_disk=True),
    Fault("data folder read-only", "chattr +i on all of it", _read_only, is_ready=False),
    Fault("file handles used up", "prlimit on each process", _without_handles, is_ready=None, is_in_suite=True),
    Fault(
        "Redis stopped",
        "kill -9 of its server",
        _stopped(_redis),
        databases=("SQLite",),
        with_redis=True,
    ),
    Fault("Redis hung", "its server frozen", _frozen(_redis), databases=("SQLite",), with_redis=True),
    Fault("Redis flushed", "FLUSHALL", _flushed, databases=("SQLite",), with_redis=True),
    Fault(
        "clock a day ahead",
        "libfaketime in every process",
        partial(_clock, seconds=f"+{_A_DAY}"),
        databases=("SQLite",),
        allowed=frozenset({303, 401}),
        days=2,
        settings=_faked_clock,
    ),
    Fault(
        "clock a day behind",
        "libfaketime in every process",
        partial(_clock, seconds=f"-{_A_DAY}"),
        databases=("SQLite",),
        allowed=frozenset({303, 401}),
        days=2,
        settings=_faked_clock,
    ),
)

TRIALS = tuple(fault.trial for fault in _FAULTS)
