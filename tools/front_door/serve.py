"""Opening the shop: web processes and the background process, watched until a stop is asked for."""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import NoReturn

from tools.front_door import stopping
from tools.front_door.database import FLASK, bring_up_to_date
from tools.front_door.environment import PYTHON, prepare
from tools.front_door.ports import answers
from tools.front_door.processes import Child
from tools.front_door.settings import Settings, read_settings
from tools.front_door.speech import Refused, say

_POLL_SECONDS = 0.05
_OPENING_SECONDS = 60
_BEFORE_ANOTHER_TRY_SECONDS = 5

_ANOTHER_PORT = (
    "Choose another one with PORT, for example\n"
    f"  {'set PORT=5002 && python' if os.name == 'nt' else 'PORT=5002 python3'} run.py\n"
    "or write the line PORT=5002 into the file .env."
)


def serve(_arguments: list[str]) -> NoReturn:
    """Set up what is missing, open the shop, and keep it open until a stop is asked for."""
    settings = read_settings()
    address = usable_address(settings)
    prepare("requirements.txt")
    with Web(address, settings) as web:
        said = bring_up_to_date()
        usable_address(settings)  # again: a first start takes long enough for somebody else to come
        say("Opening the shop ...")
        web.tell("open")
        _wait_until_open(web, settings)
        say(f"\nThe shop is open at {settings.url}\n")
        if said:
            say(said + "\n")
        say("Ctrl-C closes it.")
        _watch(web)


class Web(Child):
    """The web server, which loads its code and waits to be opened."""

    grace_seconds = 1.0  # until it has opened nobody is being served, so there is nothing to wait for
    opened_grace_seconds = 15.0

    def __init__(self, address: str, settings: Settings):
        command = [PYTHON, "-m", "tools.front_door.web", address, settings.port, settings.web_processes]
        super().__init__(command, listens=True)


def usable_address(settings: Settings) -> str:
    """HOST as a number at which the port is free; raises Refused."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = min(found)  # IPv4 comes first
        with socket.socket(family, kind, protocol) as probe:
            if os.name != "nt":  # Windows would take it for leave to share a port that is in use
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return str(address[0])
    except OSError as error:
        raise Refused(_why_unusable(settings, error)) from error


def _why_unusable(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {settings.port} is taken: another program, perhaps this shop itself, is using it. {_ANOTHER_PORT}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {settings.port} is not allowed for this account. {_ANOTHER_PORT}"
    return (
        f"HOST={settings.host} is not an address of this machine. "
        "127.0.0.1 is for this machine alone, 0.0.0.0 for its whole network."
    )


def _wait_until_open(web: Web, settings: Settings) -> None:
    deadline = time.monotonic() + _OPENING_SECONDS
    while not answers(settings.port, host=settings.reachable_host):
        stopping.raise_if_asked()
        if web.code is not None:
            raise Refused(f"The web server ended before the shop was open (exit code {web.code}).")
        if time.monotonic() > deadline:
            raise Refused(f"The shop did not open within {_OPENING_SECONDS} seconds.")
        time.sleep(_POLL_SECONDS)
    web.grace_seconds = web.opened_grace_seconds


def _watch(web: Web) -> NoReturn:
    """Keep the background process going beside the web server; raises StopAsked or Refused, nothing else ends it."""
    while True:
        with Child([*FLASK, "work"]) as background:
            try:
                _until_one_ends(web, background)
            finally:
                if stopping.times_asked():
                    say("Closing the shop ...")
                    web.ask_to_end()  # so that both end side by side
        say(f"The background process ended (exit code {background.code}); it is started again.")
        _pause(web)


def _until_one_ends(web: Web, background: Child) -> None:
    while background.code is None:
        _raise_if_over(web)
        time.sleep(_POLL_SECONDS)


def _pause(web: Web) -> None:
    over = time.monotonic() + _BEFORE_ANOTHER_TRY_SECONDS
    while time.monotonic() < over:
        _raise_if_over(web)
        time.sleep(_POLL_SECONDS)


def _raise_if_over(web: Web) -> None:
    stopping.raise_if_asked()
    if web.code is not None:
        raise Refused(f"The web server ended by itself (exit code {web.code}). The shop is closed.")
