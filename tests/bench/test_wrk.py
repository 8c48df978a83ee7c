"""What wrk is told, and what it answers."""

from __future__ import annotations

import pytest

from bench.wrk import Call, Load, Told, read, script_of
from tools.front_door.speech import Refused

pytestmark = pytest.mark.single

OUTPUT = """\
Running 1s test @ http://127.0.0.1:5001
  1 threads and 4 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.10ms    2.00ms  30.00ms   97.00%
  2000 requests in 1.00s, 38.10MB read
MEASURED {"requests": 2000, "microseconds": 1000500, "bytes": 39950000, "p50": 980, "p99": 4100, "refused": 3, \
"lost": 1, "statuses": {"201": 1997, "422": 3}}
"""


def test_the_one_line_that_counts_is_read() -> None:
    told = read(OUTPUT)
    assert told == Told(
        requests=2000,
        microseconds=1_000_500,
        bytes=39_950_000,
        p50=980,
        p99=4100,
        refused=3,
        lost=1,
        statuses={"201": 1997, "422": 3},
    )
    assert told.per_second == pytest.approx(1999, abs=0.5)


def test_without_that_line_it_is_said_what_came_instead() -> None:
    with pytest.raises(Refused, match="unable to connect"):
        read("unable to connect to 127.0.0.1:5001 Connection refused\n")


def test_what_is_sent_is_written_so_that_lua_can_read_it() -> None:
    call = Call("/x?q=a%20b", "PUT", '{"say": "é"}', (("Cookie", "a=1; b=2"),))
    script = script_of(Load([call, Call("/y")]))
    assert r'{"PUT", "/x?q=a%20b", {["Cookie"] = "a=1; b=2"}, "{\034say\034: \034\195\169\034}"},' in script
    assert '{"GET", "/y", {}, nil},' in script
    assert "function delay" not in script
    assert "function response" not in script


def test_a_pace_is_shared_by_the_connections() -> None:
    script = script_of(Load([Call("/")], connections=16, per_second=200, counts_statuses=True))
    assert "function delay() return 80 end" in script
    assert "function response(status)" in script
