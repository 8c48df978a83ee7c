"""``python3 run.py bench``: see bench/README.md."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from bench import picture, targets
from bench.beside_peer import beside_peer
from bench.data import DATABASES, FOLDER, copied
from bench.figures import Sample, medians
from bench.goals import Goals
from bench.lighthouse import lighthouse
from bench.mixed import mixed
from bench.reads import Sampled, beside_constant, flat_row, growth
from bench.scale_out import scale_out
from bench.servers import App, Kind, processes_wanted
from bench.sitting import Sitting, sitting
from bench.small import small
from bench.table import Row, drawn, judged, summary
from bench.writes import WRITES, writes, written
from bench.wrk import wrk
from tools.front_door import stopping
from tools.front_door.settings import ROOT, read_env_file
from tools.front_door.speech import Refused, say, talk_plainly

SIZES = (1_000, 100_000, 1_000_000)
_WITH_A_LINE = (  # in the picture
    "tickets: in full",
    "tickets: deep, sort -number",
    "search: rare",
    "search: two words",
    "ticket: page",
    "board: in full",
    "my: in full",
    "customers: in full",
    "inventory: in full",
    "ranking: in full, all",
    "writes: add a part",
)


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for and print it; the exit code is 1 when a goal is missed or something fails."""
    asked = _read(arguments)
    try:
        return _measure(asked)
    except Refused as refusal:
        say(str(refusal))
        return 1
    except stopping.StopAsked:
        say("Stopped.")
        return 1


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 run.py bench", description=__doc__)
    add = parser.add_argument
    add("--size", type=int, choices=SIZES, default=SIZES[1], help="how many tickets the shop has (%(default)s)")
    add("--database", choices=DATABASES, default=DATABASES[0], help="(%(default)s)")
    add("--only", nargs="+", default=[], metavar="NAME", help="groups such as tickets or writes, or whole titles")
    add("--rounds", type=int, default=5, help="of which the medians are taken (%(default)s)")
    add("--seconds", type=int, default=1, help="the length of each short run (%(default)s)")
    add("--server", nargs="+", choices=[each.value for each in Kind], default=[Kind.GRANIAN.value], help="(granian)")
    add("--processes", type=int, default=processes_wanted(), help="of each server (%(default)s)")
    add("--requests", type=int, default=20_000, help="between the two looks at the memory (%(default)s)")
    add("--folder", type=Path, default=FOLDER, help="where filled databases are kept (%(default)s)")
    add("--picture", type=Path, metavar="FILE", help="draw how the cost grows from size to size, as SVG")
    return parser.parse_args(arguments)


def _measure(asked: argparse.Namespace) -> int:
    wrk()  # so that its absence is told before anything slow
    os.environ.pop("REDIS_URL", None)
    if read_env_file(ROOT / ".env").get("REDIS_URL"):
        raise Refused("The measured shop would share the Redis of .env with yours. Take REDIS_URL out for the while.")
    missed = False
    for name in asked.server:
        kind = Kind(name)
        say(f"\n=== {asked.size:,} tickets on {asked.database}, {asked.processes} processes of {name} ===")
        with _open(asked, kind, asked.size) as here:
            rows = [*_alone(asked, here), *_growing(asked, here)]
        if not rows:
            raise Refused("Nothing has that name. bench/README.md lists the groups.")
        found = judged(rows, Goals.read(), name, asked.database)
        say("\n" + drawn(found) + "\n\n" + summary(found))
        missed = missed or any(each.is_missed for each in found)
    return 1 if missed else 0


@contextlib.contextmanager
def _open(asked: argparse.Namespace, kind: Kind, size: int) -> Iterator[Sitting]:
    apps = [App.SHOP, App.UNCACHED, App.CONSTANT, *([App.FLOOR] if asked.database == "sqlite" else [])]
    with copied(asked.database, size, asked.folder) as shop, sitting(shop, kind, asked.processes, apps) as here:
        yield here


def _alone(asked: argparse.Namespace, here: Sitting) -> list[Row]:
    """What is measured in one shop; writes come last."""
    rows = []
    floor = [targets.FLOOR] if App.FLOOR in here.servers else []
    reading = targets.chosen([*floor, *targets.reading(here.facts)], asked.only)
    if reading:
        rows += beside_constant(here, reading, rounds=asked.rounds, seconds=asked.seconds)
    if targets.is_group_chosen("small", asked.only):
        rows += small(here, rounds=asked.rounds, requests=asked.requests)
    if targets.is_group_chosen("lighthouse", asked.only):
        rows += lighthouse(here)
    if targets.is_group_chosen("peer", asked.only) and _has_peer(asked, here.kind):
        rows += beside_peer(here, asked.folder, asked.processes, rounds=asked.rounds, seconds=asked.seconds)
    here.sign_in_anew()
    if targets.is_group_chosen("scale-out", asked.only):
        if asked.database == "postgresql":
            rows += scale_out(here.shop, processes=asked.processes)
        else:
            say("Two machines are tried with --database postgresql alone.")
    if targets.is_group_chosen("mixed", asked.only):
        rows += mixed(here, rounds=asked.rounds, seconds=asked.seconds)
    if targets.is_group_chosen("writes", asked.only):
        rows += written(here, rounds=asked.rounds, seconds=asked.seconds)
    return rows


def _has_peer(asked: argparse.Namespace, kind: Kind) -> bool:
    """Django reads the same file behind the same server, which for it is gunicorn."""
    if kind is Kind.GUNICORN and asked.database == "sqlite":
        return True
    say("Django is measured with --server gunicorn on SQLite alone.")
    return False


def _growing(asked: argparse.Namespace, here: Sitting) -> list[Row]:
    """The same in smaller shops, which are opened beside this one."""
    sizes = [size for size in SIZES if size < asked.size][: None if asked.picture else 1]
    titles = _that_grow(asked, here)
    if not sizes or not titles:
        return []
    with contextlib.ExitStack() as stack:
        shops = [*(stack.enter_context(_open(asked, here.kind, size)) for size in sizes), here]
        samples = growth(_takers(shops, titles, asked.seconds), rounds=asked.rounds)
    if asked.picture:
        _draw(asked.picture, samples, [shop.shop.size for shop in shops])
    return [flat_row(title, taken) for title, taken in samples.items()]


def _that_grow(asked: argparse.Namespace, here: Sitting) -> set[str]:
    """What is measured in several sizes: what is asked for, and what has a line in the picture."""
    reads = (target.title for target in filter(targets.grows, targets.reading(here.facts)))
    return {
        title
        for title in (*reads, *WRITES)
        if targets.is_chosen(f"flat: {title}", asked.only) or (asked.picture and title in _WITH_A_LINE)
    }


def _takers(shops: Sequence[Sitting], titles: set[str], seconds: int) -> dict[str, list[Sampled]]:
    """By title, how a sample is taken in each of the shops."""
    takers: dict[str, list[Sampled]] = {}
    for shop in shops:
        shop.sign_in_anew()
        for target in targets.reading(shop.facts):
            if target.title in titles:
                takers.setdefault(target.title, []).append(partial(shop.sample, target, seconds))
        for write in writes(shop) if titles & set(WRITES) else []:
            if write.title in titles:
                takers.setdefault(write.title, []).append(partial(write.sample, shop, seconds))
    return takers


def _draw(path: Path, samples: dict[str, list[list[Sample]]], sizes: Sequence[int]) -> None:
    lines = {
        title: [medians(taken).per_second for taken in samples[title]] for title in _WITH_A_LINE if title in samples
    }
    path.write_text(picture.drawn(lines, sizes, title="Requests a second, as the shop grows"), encoding="utf-8")
    say(f"The picture is {path}")


if __name__ == "__main__":
    stopping.listen()
    talk_plainly()
    sys.exit(main(sys.argv[1:]))
