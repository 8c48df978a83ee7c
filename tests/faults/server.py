"""The shipped web server of a shop that is hurt: as run.py starts it, several processes, and killed at will."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.faults.shop import FaultShop, kill_group
from tools.front_door.ports import answers, free_port

PROCESSES = 2
_OPENING_SECONDS = 60
_POLL_SECONDS = 0.02


class Server:
    """``spare`` has another one loaded in time, as run.py does, so that opening again takes a moment."""

    def __init__(
        self,
        shop: FaultShop,
        *,
        spare: bool = False,
        under: Sequence[object] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self._shop, self._has_spare, self._under, self._settings = shop, spare, under, settings or {}
        self._log = (shop.data / f"server-{self.port}.txt").open("ab")
        self._running: subprocess.Popen[str] | None = None
        self._loaded: subprocess.Popen[str] | None = None

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._running, "the shop is not open"
        return self._running

    @property
    def workers(self) -> list[int]:
        """The processes that answer."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [int(each) for each in children.stdout.split()]

    def open(self) -> None:
        self._running, self._loaded = self._loaded or self._load(), None
        assert self._running.stdin
        with self._running.stdin as ear:
            ear.write("open\n")
        self._wait_until_open()
        if self._has_spare:
            self._loaded = self._load()

    def kill(self) -> None:
        """End every process of it at once, with no chance to do anything."""
        process, self._running = self.process, None
        kill_group(process)

    def end(self, *, within: float) -> tuple[float, int | None]:
        """Ask it to end and wait; answers how long that took in seconds, and its exit code, None for none in time."""
        process, self._running = self.process, None
        started = time.monotonic()
        process.terminate()
        try:
            code = process.wait(within)
        except subprocess.TimeoutExpired:
            code = None
        seconds = time.monotonic() - started
        kill_group(process)
        return seconds, code

    def close(self) -> None:
        for process in filter(None, (self._running, self._loaded)):
            kill_group(process)
        self._running = self._loaded = None
        self._log.close()

    def log(self) -> str:
        return (self._shop.data / f"server-{self.port}.txt").read_text()

    def _load(self) -> subprocess.Popen[str]:
        return self._shop.start(
            *("tools.front_door.web", "127.0.0.1", self.port, PROCESSES),
            output=self._log.fileno(),
            ear=subprocess.PIPE,
            under=self._under,
            settings=self._settings,
        )

    def _wait_until_open(self) -> None:
        deadline = time.monotonic() + _OPENING_SECONDS
        while not answers(self.port):
            assert self.process.poll() is None, self.log()[-2000:]
            assert time.monotonic() < deadline, self.log()[-2000:]
            time.sleep(_POLL_SECONDS)


@contextmanager
def served(shop: FaultShop, **how: object) -> Iterator[Server]:
    """An open shop; whatever is left of it is gone at the end."""
    server = Server(shop, **how)  # type: ignore[arg-type]
    try:
        server.open()
        yield server
    finally:
        server.close()
