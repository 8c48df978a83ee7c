"""Trials, one after another on each database that can be reached, and the table of what came of them."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence

from tests.faults.trial import DATABASES, NotTried, Result, Trial, drawn
from tools.front_door import services
from tools.front_door.speech import say

_SERVERS = {"PostgreSQL": services.postgresql_url, "MariaDB": services.mariadb_url}
_MOST_TOLD = 50


def run_trials(trials: Sequence[Trial], arguments: Sequence[str], *, command: str, purpose: str) -> int:
    """Run them and print the table; the exit code is 1 when anything was lost or could not be tried."""
    asked = _read(trials, arguments, command, purpose)
    chosen = [trial for trial in trials if not asked.only or trial.name in asked.only]
    if not chosen:
        say(f"There are these trials: {', '.join(trial.name for trial in trials)}.")
        return 2
    results: list[Result] = []
    is_all_tried = True
    for database in asked.database:
        try:
            server = _SERVERS[database]() if database in _SERVERS else None
        except services.Missing as reason:
            say(f"{database} is not tried: {reason}")
            is_all_tried = False
            continue
        for trial in chosen:
            if database not in trial.databases:
                continue
            try:
                result = _tried(trial, database, server, f"shop_{command}_{os.getpid()}", is_long=asked.long)
                result.lost.extend(result.differences(results))
                results.append(result)
                say(f"  {len(result.lost)} lost")
            except NotTried as reason:
                say(f"  not tried: {reason}")
                is_all_tried = False
    say("\n" + drawn(results))
    for result in results:
        for sentence in result.lost[:_MOST_TOLD]:
            say(f"{result.database}: {sentence}")
        if len(result.lost) > _MOST_TOLD:
            say(f"{result.database}: and {len(result.lost) - _MOST_TOLD:,} more.")
    return 0 if is_all_tried and not any(result.lost for result in results) else 1


def _tried(trial: Trial, database: str, server: str | None, name: str, *, is_long: bool) -> Result:
    times = trial.how_often(database, is_long=is_long)
    say(f"{trial.name} on {database}, {'once' if times == 1 else f'{times} times'} ...")
    started = time.monotonic()
    with trial.ground(server, name) as shop:
        result = Result(trial, database, times, trial.attempt(shop, times), shop.noted, shop.verdicts)
    say(f"  {time.monotonic() - started:.0f} seconds")
    return result


def _read(trials: Sequence[Trial], arguments: Sequence[str], command: str, purpose: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python3 run.py {command}", description=purpose)
    parser.add_argument("--long", action="store_true", help="many times instead of a few")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help=", ".join(it.name for it in trials))
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES, help="(all of them)")
    return parser.parse_args(arguments)
