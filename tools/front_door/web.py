"""The web server process, run by the Python of .venv: ``python -m tools.front_door.web ADDRESS PORT PROCESSES``.

It loads the code of the shop at once and opens when it reads a line: the database is brought up to date meanwhile.
After PROCESSES may come another application to serve than ``wsgi:app``.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import tempfile

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels


def main(address: str, port: int, processes: int, application: str = "wsgi:app") -> None:
    """Serve the application until SIGTERM: one thread in each of so many processes."""
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # the workers share what is loaded here
        os.register_at_fork(after_in_child=_let_sigterm_end_it)
        gc.freeze()  # so that no worker's garbage collection touches it, which would make it the worker's own
    # On Windows only one process can listen, so there the threads are as many.
    workers, threads = (1, processes) if sys.platform == "win32" else (processes, 1)
    with tempfile.TemporaryDirectory(prefix="shop-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # where the workers add up their figures, see shop.web.metrics
        Granian(
            application,
            address=address,
            port=port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            workers=workers,
            blocking_threads=threads,
            respawn_failed_workers=True,
            workers_kill_timeout=10,
            log_level=LogLevels.warning,
        ).serve()


def _let_sigterm_end_it() -> None:
    """A worker is born with its parent's handler, which ends nothing: one told to end while it loads would hang."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


if __name__ == "__main__":
    gc.disable()  # nothing of what is loaded is garbage
    from shop import load_features

    load_features()  # only loaded; each worker makes an application of its own
    gc.enable()
    if not sys.stdin.readline():
        sys.exit()  # run.py has gone
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
