"""The arithmetic: what one short run showed, and what many of them come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """One short run; times in microseconds. The CPU time is that of the server for each request."""

    per_second: float
    p50: float
    p99: float
    cpu: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians of all rounds."""

    per_second: float
    p50: float
    p99: float
    cpu: float | None


def medians(samples: Sequence[Sample]) -> Measured:
    used = [sample.cpu for sample in samples if sample.cpu is not None]
    return Measured(
        per_second=median(sample.per_second for sample in samples),
        p50=median(sample.p50 for sample in samples),
        p99=median(sample.p99 for sample in samples),
        cpu=median(used) if used else None,
    )


def paired(ours: Sequence[Sample], theirs: Sequence[Sample], figure: Callable[[Sample], float]) -> float:
    """The median of the ratios of each round: a slow moment of the machine slows both sides of a round."""
    return median(figure(our) / figure(their) for our, their in zip(ours, theirs, strict=True))


def throughput(sample: Sample) -> float:
    return sample.per_second


def slowest(sample: Sample) -> float:
    return sample.p99


def latency(sample: Sample) -> float:
    return sample.p50
