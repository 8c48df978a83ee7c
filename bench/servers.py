"""The servers that are measured: the shop as it is shipped, what it is compared with, each on a port of its own."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from enum import Enum

from tools.front_door import stopping
from tools.front_door.environment import PYTHON
from tools.front_door.ports import answers, free_port
from tools.front_door.processes import Child, Command, text_of
from tools.front_door.speech import Refused

_POLL_SECONDS = 0.05
_OPENING_SECONDS = 60


class App(Enum):
    """What a server serves."""

    SHOP = "wsgi:app"
    UNCACHED = "bench.uncached:app"
    CONSTANT = "bench.constant:app"
    FLOOR = "bench.floor:app"


class Kind(Enum):
    """The web server, one thread in each process."""

    GRANIAN = "granian"
    GUNICORN = "gunicorn"

    def command(self, app: str, port: int, processes: int) -> Command:
        if self is Kind.GRANIAN:  # exactly as run.py starts it
            return [PYTHON, "-m", "tools.front_door.web", "127.0.0.1", port, processes, app]
        return [
            PYTHON,
            "-m",
            "gunicorn",
            f"--workers={processes}",
            f"--bind=127.0.0.1:{port}",
            "--log-level=error",
            app,
        ]


class Server(Child):
    """One server with its workers, ended as a group."""

    grace_seconds = 1.0  # nobody is served any more

    def __init__(
        self, command: Command, port: int, environment: Mapping[str, str], *, health: str = "/healthz"
    ) -> None:
        self.port = port
        self._health = health
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        super().__init__(command, env=environment, listens=True, output=self._output)
        self.tell("open")

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._output.close()

    @property
    def leader(self) -> int:
        return self.process.pid

    def wait_until_open(self) -> None:
        """Raises Refused when it does not open, StopAsked when a stop is asked for."""
        deadline = time.monotonic() + _OPENING_SECONDS
        while not answers(self.port, self._health):
            stopping.raise_if_asked()
            if self.code is not None or time.monotonic() > deadline:
                raise Refused(f"A server did not open. It said:\n{self.last_words()}")
            time.sleep(_POLL_SECONDS)

    def last_words(self, most: int = 10) -> str:
        """The end of what it said; of the requests that it tells only those that failed."""
        lines = [line for line in text_of(self._output).splitlines() if '"level": "INFO"' not in line]
        return "\n".join(lines[-most:])


@contextlib.contextmanager
def opened(kind: Kind, apps: Mapping[App, Mapping[str, str]], processes: int) -> Iterator[dict[App, Server]]:
    """The apps, each with its environment, all up at once; ended when the block is left, however it is left."""
    with contextlib.ExitStack() as stack:
        servers = {}
        for app, environment in apps.items():
            port = free_port()
            servers[app] = stack.enter_context(Server(kind.command(app.value, port, processes), port, environment))
        try:
            for server in servers.values():
                server.wait_until_open()
            yield servers
        finally:
            for server in servers.values():
                server.ask_to_end()  # so that all end side by side


def processes_wanted() -> int:
    return os.cpu_count() or 1
