"""Hundreds who begin a request and send a little of it now and then."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator

from tools.front_door.beside import beside

MANY = 500
_SECONDS_BETWEEN = 1.0


@contextlib.contextmanager
def slow_senders(port: int, pieces: Iterable[bytes]) -> Iterator[None]:
    """Beside the block each of them sends the same piece every second."""

    def trickle(over: threading.Event) -> None:
        for piece in pieces:
            for sender in senders:
                with contextlib.suppress(OSError):  # it was sent away, which is as good
                    sender.send(piece)
            if over.wait(_SECONDS_BETWEEN):
                return

    with contextlib.ExitStack() as stack:
        senders = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(MANY)]
        stack.enter_context(beside(trickle))
        yield
