"""What run.py does: set the shop up, open it, test it. The standard library only."""

from __future__ import annotations

from tools.front_door import stopping

USAGE = """\
python3 run.py                       open the shop; the first time, set everything up
python3 run.py init-db               only bring the database up to date, with the demo shop where it is wanted
python3 run.py test [pytest ...]     run every test, on each database that can be reached
python3 run.py check                 the quick checks alone: style, types, safety, templates, layers
python3 run.py bench [--only ...]    measure how fast the shop is; "bench --help" and bench/README.md tell more
python3 run.py faults [--long]       try to break what the shop promises, on each database; "faults --help" tells more
python3 run.py attack [--long]       attack the shop as each role, on each database; "attack --help" tells more
python3 run.py guards                take the guards of the code out one at a time, and see that a test misses each

The shop opens at http://127.0.0.1:5001. HOST, PORT and the other settings come from the environment or from a
file .env; .env.example lists them all.

After "test" come pytest's own arguments: "python3 run.py test -n 0 tests/tickets" runs one folder in one process.
TEST_POSTGRESQL_URL, TEST_MARIADB_URL and TEST_REDIS_URL name servers that are not at their usual address.
"""


def main(arguments: list[str]) -> int:
    """Do what the command line asks; the exit code is 0 when all went well or a stop was asked for."""
    stopping.listen()  # before anything slow, so that Ctrl-C is answered from the start
    from tools.front_door import attack, bench, checks, database, faults, guards, serve, suite
    from tools.front_door.speech import Refused, say, talk_plainly

    talk_plainly()
    commands = {
        "serve": serve.serve,
        "init-db": database.init_db,
        "test": suite.test,
        "check": checks.check,
        "bench": bench.bench,
        "faults": faults.faults,
        "attack": attack.attack,
        "guards": guards.guards,
    }
    name, *rest = arguments or ["serve"]
    if name in ("-h", "--help", "help"):
        say(USAGE.rstrip())
        return 0
    if name not in commands or (rest and name not in ("test", "bench", "faults", "attack", "guards")):
        say(f"run.py does not know {' '.join(arguments)!r}. What it knows:\n\n{USAGE.rstrip()}")
        return 2
    try:
        return commands[name](rest)
    except Refused as refusal:
        say(str(refusal))
        return 1
    except stopping.StopAsked:
        say("Stopped.")
        return 0 if name == "serve" else 1
