"""Medians, and ratios that are made within each round."""

from __future__ import annotations

import pytest

from bench.figures import Measured, Sample, medians, paired, slowest, throughput

pytestmark = pytest.mark.single


def sample(per_second: float, p99: float = 1000, cpu: float | None = 100) -> Sample:
    return Sample(per_second, p50=500, p99=p99, cpu=cpu)


def test_a_slow_moment_of_the_machine_does_not_change_a_ratio() -> None:
    ours = [sample(500), sample(50), sample(480)]
    theirs = [sample(1000), sample(100), sample(960)]
    assert paired(ours, theirs, throughput) == 0.5


def test_the_ratio_is_the_median_of_the_rounds_and_not_the_ratio_of_the_medians() -> None:
    ours = [sample(100), sample(200), sample(900)]
    theirs = [sample(1000), sample(1000), sample(1000)]
    assert paired(ours, theirs, throughput) == 0.2
    assert paired([sample(1, p99=30), sample(1, p99=20)], [sample(1, p99=10), sample(1, p99=10)], slowest) == 2.5


def test_every_round_needs_both_sides() -> None:
    with pytest.raises(ValueError, match="shorter"):
        paired([sample(1), sample(2)], [sample(1)], throughput)


def test_medians_of_all_rounds() -> None:
    found = medians([sample(100, p99=3), sample(300, p99=1), sample(200, p99=2)])
    assert found == Measured(per_second=200, p50=500, p99=2, cpu=100)


@pytest.mark.parametrize(("used", "median"), [([None, None], None), ([None, 10.0], 10.0), ([10.0, 30.0], 20.0)])
def test_the_time_of_the_server_may_be_unknown(used: list[float | None], median: float | None) -> None:
    assert medians([sample(1, cpu=each) for each in used]).cpu == median
