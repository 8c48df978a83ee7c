"""What goes on in a thread of its own for as long as a block does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(act: Callable[[threading.Event], None]) -> Iterator[None]:
    """Let ``act`` run beside the block, and wait for it; the event that it is given says when the block is over."""
    over = threading.Event()
    thread = threading.Thread(target=act, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
