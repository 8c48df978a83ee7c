"""Starting other programs, and being sure that they end.

Every child leads a process group of its own: Ctrl-C reaches run.py alone, which then ends the group in good order.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import IO, Any, Self

from tools.front_door import stopping
from tools.front_door.settings import ROOT

_POLL_SECONDS = 0.05
_IMPATIENT = 2  # so many requests to stop mean: at once

Command = Sequence[object]  # each part as text: words, paths, numbers


class Child:
    """A running program with all that it starts in turn. As a context manager it is stopped at the end."""

    grace_seconds = 10.0

    def __init__(
        self,
        command: Command,
        *,
        env: Mapping[str, str] | None = None,
        listens: bool = False,
        output: IO[bytes] | None = None,
    ):
        self.was_asked = False
        self.process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            **_own_group(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def code(self) -> int | None:
        """The exit code, None while it runs."""
        return self.process.poll()

    def tell(self, line: str) -> None:
        """Write it a line, the last one; whether it heard is seen from what it does."""
        if self.process.stdin:
            with contextlib.suppress(OSError), self.process.stdin as words:
                words.write(f"{line}\n".encode())

    def ask_to_end(self, politely: int = signal.SIGTERM) -> None:
        """Ask it to end, once, and go on."""
        if self.code is None and not self.was_asked:
            self.was_asked = True
            _ask_to_end(self.process, politely)

    def stop(self, politely: int = signal.SIGTERM) -> None:
        """Ask it to end and wait; out of patience, or asked to stop again, end whatever is left of its group."""
        self.ask_to_end(politely)
        deadline = time.monotonic() + self.grace_seconds
        while self.code is None and time.monotonic() < deadline and stopping.times_asked() < _IMPATIENT:
            time.sleep(_POLL_SECONDS)
        _kill_group(self.process)
        self.process.wait()


def run(command: Command, *, env: Mapping[str, str] | None = None, output: IO[bytes] | None = None) -> int:
    """Run a program to its end and answer its exit code; a stop that is asked for is passed on to it."""
    stopping.raise_if_asked()
    with Child(command, env=env, output=output) as child:
        return wait_for(child)


def wait_for(child: Child) -> int:
    """Wait for its end and answer its exit code; a stop that is asked for is passed on to it."""
    while (code := child.code) is None:
        if stopping.times_asked():
            child.stop(signal.SIGINT)
            raise stopping.StopAsked
        time.sleep(_POLL_SECONDS)
    return code


def run_undisturbed(command: Command, *, output: IO[bytes]) -> int:
    """Run a program that had better finish, such as a change of the schema; only an impatient request stops it."""
    stopping.raise_if_asked()
    with Child(command, output=output) as child:
        while (code := child.code) is None:
            if stopping.times_asked() >= _IMPATIENT:
                raise stopping.StopAsked
            time.sleep(_POLL_SECONDS)
    stopping.raise_if_asked()
    return code


@contextlib.contextmanager
def captured() -> Iterator[IO[bytes]]:
    """A file that takes what a program prints."""
    with tempfile.TemporaryFile() as file:
        yield file


def text_of(output: IO[bytes]) -> str:
    """What was printed into it so far."""
    output.seek(0)
    return output.read().decode("utf-8", "replace")


if sys.platform == "win32":

    def _own_group() -> dict[str, Any]:
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

    def _ask_to_end(process: subprocess.Popen[bytes], _number: int) -> None:
        with contextlib.suppress(OSError):
            process.send_signal(signal.CTRL_BREAK_EVENT)

    def _kill_group(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S607

else:
    _PR_SET_PDEATHSIG = 1
    _prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux alone has it

    def _own_group() -> dict[str, Any]:
        return {"start_new_session": True, "preexec_fn": partial(_end_with, os.getpid()) if _prctl else None}

    def _ask_to_end(process: subprocess.Popen[bytes], number: int) -> None:
        # To the leader alone: it ends its own workers, and a worker that is signalled twice may lose a request.
        process.send_signal(number)

    def _kill_group(process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

    def _end_with(parent: int) -> None:
        """Ask Linux for a SIGTERM in case run.py itself is killed with no chance to clean up."""
        if _prctl:
            _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed a moment ago
            os._exit(1)
