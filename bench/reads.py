"""What is read, beside K; and anything in a small shop beside the same in a larger one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from bench.figures import Sample, latency, medians, paired, slowest, throughput
from bench.servers import App
from bench.sitting import Sitting, constant_like
from bench.table import Row
from bench.targets import Target
from tools.front_door.speech import say

Sampled = Callable[[], Sample]


def beside_constant(here: Sitting, targets: Sequence[Target], *, rounds: int, seconds: int) -> list[Row]:
    """One short run of each target in each round, and K of the same size just before it."""
    full = {target: here.answer(target, packed=False) for target in targets}
    like = {target: constant_like(target, full[target]) for target in targets}
    ours: dict[Target, list[Sample]] = defaultdict(list)
    theirs: dict[str, list[Sample]] = defaultdict(list)
    say(f"{len(targets)} things beside K")
    for target in targets:  # so that all is loaded, and kept where it is kept
        here.sample(target, seconds=1)
    for _ in _told(rounds):
        for path in dict.fromkeys(like.values()):
            theirs[path].append(here.sample_of_constant(path, seconds))
            for target in targets:
                if like[target] == path:
                    ours[target].append(here.sample(target, seconds))
    return [
        Row(
            target.title,
            medians(ours[target]),
            statements=_statements(here, target),
            raw=len(full[target].body),
            sent=len(here.answer(target).body),
            figures={
                "of K": paired(ours[target], theirs[like[target]], throughput),
                "K latency": paired(ours[target], theirs[like[target]], latency),
            },
        )
        for target in targets
    ]


def growth(sampled: Mapping[str, Sequence[Sampled]], *, rounds: int) -> dict[str, list[list[Sample]]]:
    """For each title the samples of all rounds, in the smallest shop first; turn by turn, all shops open at once."""
    say(f"{len(sampled)} things, in a small shop and in a larger one")
    found: dict[str, list[list[Sample]]] = {title: [[] for _ in takers] for title, takers in sampled.items()}
    for takers in sampled.values():
        for take in takers:
            take()
    for _ in _told(rounds):
        for title, takers in sampled.items():
            for place, take in enumerate(takers):
                found[title][place].append(take())
    return found


def flat_row(title: str, samples: Sequence[Sequence[Sample]]) -> Row:
    """How the largest shop does beside the smallest one."""
    first, last = samples[0], samples[-1]
    flat, slow = paired(last, first, throughput), paired(last, first, slowest)
    words = f"{flat:.2f} of the small shop's, p99 {slow:.2f} times"
    return Row(f"flat: {title}", medians(last), figures={"flat": flat, "p99 times": slow}, words=words)


def _told(rounds: int) -> Iterator[int]:
    for number in range(1, rounds + 1):
        say(f"  round {number} of {rounds}")
        yield number


def _statements(here: Sitting, target: Target) -> int | None:
    if target.app is App.FLOOR:
        return None
    return here.inside.statements(here.calls(target)[0], afresh=target.app is App.UNCACHED)
