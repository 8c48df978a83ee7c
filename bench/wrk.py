"""The load client: ``wrk``, told by a small Lua script what to send, and made to answer in one line of JSON."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tools.front_door import stopping
from tools.front_door.processes import Child, text_of
from tools.front_door.speech import Refused

_MARK = "MEASURED "
_POLL_SECONDS = 0.02
_PATIENCE = "60s"  # an answer that takes longer is counted as lost

_SCRIPT = """\
local calls = {
%(calls)s
}
local sent, turn, threads = {}, 0, {}
counts = {}

function setup(thread) threads[#threads + 1] = thread end
function init() for i, c in ipairs(calls) do sent[i] = wrk.format(c[1], c[2], c[3], c[4]) end end
function request() turn = turn %% #sent + 1 return sent[turn] end
%(pause)s
%(count)s
function done(summary, latency)
  local statuses = {}
  for _, thread in ipairs(threads) do
    for status, times in pairs(thread:get("counts")) do
      statuses[#statuses + 1] = '"' .. status:sub(2) .. '": ' .. times
    end
  end
  local e, l = summary.errors, latency
  local told = {
    '"requests": ' .. summary.requests, '"microseconds": ' .. summary.duration, '"bytes": ' .. summary.bytes,
    '"p50": ' .. l:percentile(50), '"p99": ' .. l:percentile(99),
    '"refused": ' .. e.status, '"lost": ' .. e.connect + e.read + e.write + e.timeout,
    '"statuses": {' .. table.concat(statuses, ", ") .. "}"
  }
  io.write("%(mark)s{" .. table.concat(told, ", ") .. "}\\n")
end
"""
_COUNT = "function response(status) local s = 's' .. status counts[s] = (counts[s] or 0) + 1 end"
_PAUSE = "function delay() return %d end"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it goes over the wire."""

    path: str
    method: str = "GET"
    body: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """What so many connections send, in turn and each as soon as the one before is answered."""

    calls: Sequence[Call]
    seconds: int = 1
    connections: int = 4
    counts_statuses: bool = False  # it costs the client something, so only where it is asked for
    per_second: int | None = None  # no more than about so many requests, all connections together


@dataclass(frozen=True, slots=True)
class Told:
    """What wrk saw. Times are in microseconds; ``refused`` counts statuses from 400 on, ``lost`` broken connections."""

    requests: int
    microseconds: int
    bytes: int
    p50: int
    p99: int
    refused: int
    lost: int
    statuses: Mapping[str, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.requests * 1_000_000 / self.microseconds


class Run(Child):
    """wrk at work; ``told()`` waits for its end."""

    grace_seconds = 0.5

    def __init__(self, load: Load, port: int) -> None:
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the run
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        script = Path(self._folder.name) / "load.lua"
        script.write_text(script_of(load), encoding="utf-8")
        options = ["-t1", f"-c{load.connections}", f"-d{load.seconds}s", f"--timeout={_PATIENCE}", "-s", script]
        super().__init__([wrk(), *options, f"http://127.0.0.1:{port}"], output=self._output)

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._output.close()
        self._folder.cleanup()

    def told(self) -> Told:
        """Wait for the end; raises StopAsked when a stop is asked for, Refused when wrk can't tell."""
        while self.code is None:
            stopping.raise_if_asked()
            time.sleep(_POLL_SECONDS)
        return read(text_of(self._output))


def drive(load: Load, port: int) -> Told:
    """Send it all and answer what was seen."""
    with Run(load, port) as running:
        return running.told()


def wrk() -> str:
    """The program; raises Refused with the way to get it."""
    found = shutil.which("wrk")
    if found is None:
        raise Refused('The measurements need wrk: "apt install wrk" (Debian, Ubuntu) or "brew install wrk" gets it.')
    return found


def script_of(load: Load) -> str:
    """The Lua script that sends the calls of a load in turn."""
    pause = _PAUSE % (load.connections * 1000 // load.per_second) if load.per_second else ""
    calls = "\n".join(f"  {_lua_call(call)}," for call in load.calls)
    return _SCRIPT % {"calls": calls, "pause": pause, "count": _COUNT if load.counts_statuses else "", "mark": _MARK}


def read(output: str) -> Told:
    """What wrk printed; raises Refused with it when the line is not there."""
    for line in output.splitlines():
        if line.startswith(_MARK):
            return Told(**json.loads(line.removeprefix(_MARK)))
    raise Refused(f"wrk did not come to an end:\n{output.strip()}")


def _lua_call(call: Call) -> str:
    headers = ", ".join(f"[{_lua(name)}] = {_lua(value)}" for name, value in call.headers)
    body = "nil" if call.body is None else _lua(call.body)
    return f"{{{_lua(call.method)}, {_lua(call.path)}, {{{headers}}}, {body}}}"


def _lua(text: str) -> str:
    """A string as Lua reads it: every byte that is not plain is named by its number."""
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03}" for byte in text.encode())
    return '"' + "".join(plain) + '"'
