"""What a ticket costs: whole cents, rounded half up once per line, and the total is the sum of what was rounded.

Pure arithmetic on integers. A rate is in parts per million (ppm): 88,750 is 8.875 %.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

WHOLE = 1_000_000  # parts in one


class Charge(Enum):
    """What money is asked for; each has a tax rate of its own."""

    LABOUR = "labour"
    PART = "part"
    CORE = "core"
    FEE = "fee"
    SUBLET = "sublet"


@dataclass(frozen=True, slots=True)
class Rules:
    """How the shop charges: tax by what is sold, and the shop supplies fee.

    With ``includes_tax`` every price holds its tax already. The supplies fee is ``supplies_ppm`` of what labour and
    parts come to after discount, as far as it is laid on each, and at most ``supplies_cap_cents``; it is taxed as a
    fee. Cores are taxed as parts, and neither discounted nor counted for supplies: they are a deposit.
    """

    labour_tax_ppm: int = 0
    part_tax_ppm: int = 0
    fee_tax_ppm: int = 0
    sublet_tax_ppm: int = 0
    includes_tax: bool = False
    supplies_ppm: int = 0
    supplies_on_labour: bool = True
    supplies_on_parts: bool = True
    supplies_cap_cents: int | None = None

    def tax_ppm(self, charge: Charge) -> int:
        match charge:
            case Charge.LABOUR:
                return self.labour_tax_ppm
            case Charge.PART | Charge.CORE:
                return self.part_tax_ppm
            case Charge.FEE:
                return self.fee_tax_ppm
            case Charge.SUBLET:
                return self.sublet_tax_ppm


@dataclass(frozen=True, slots=True)
class Charges:
    """One job's rounded charges, one for each line, and its discount: percent or an amount, never both."""

    items: Sequence[tuple[Charge, int]]
    discount_ppm: int = 0
    discount_cents: int = 0

    @property
    def discount(self) -> int:
        """Cents off what may be discounted, never more than that."""
        base = sum(cents for charge, cents in self.items if charge is not Charge.CORE)
        return share(base, self.discount_ppm) if self.discount_ppm else min(self.discount_cents, base)

    @property
    def net(self) -> int:
        """What the job comes to before supplies and, where prices are without it, tax."""
        return sum(cents for _, cents in self.items) - self.discount


@dataclass(frozen=True, slots=True)
class Bill:
    """What a ticket comes to. ``taxes`` are pairs of rate (ppm) and cents, the lowest rate first."""

    charged: dict[Charge, int]
    discount: int
    supplies: int
    taxes: tuple[tuple[int, int], ...]
    includes_tax: bool

    @property
    def net(self) -> int:
        """All lines and the supplies fee, less the discounts."""
        return sum(self.charged.values()) - self.discount + self.supplies

    @property
    def tax(self) -> int:
        return sum(cents for _, cents in self.taxes)

    @property
    def total(self) -> int:
        """What the customer pays."""
        return self.net if self.includes_tax else self.net + self.tax


def labour(minutes: int, rate_cents: int) -> int:
    """Cents for so many minutes at a rate by the hour."""
    return _half_up(minutes * rate_cents, 60)


def share(cents: int, ppm: int) -> int:
    """So many parts per million of an amount."""
    return _half_up(cents * ppm, WHOLE)


def tax_within(cents: int, ppm: int) -> int:
    """The tax that an amount holds which includes it."""
    return _half_up(cents * ppm, WHOLE + ppm)


def bill(jobs: Iterable[Charges], rules: Rules) -> Bill:
    """Add up jobs: the rounded lines, less discounts, plus supplies; tax once for each rate, on what it falls on."""
    charged: dict[Charge, int] = dict.fromkeys(Charge, 0)
    taxable: dict[int, int] = defaultdict(int)
    after_discount: dict[Charge, int] = dict.fromkeys(Charge, 0)
    discount = 0
    for job in jobs:
        discount += job.discount
        for charge, cents, off in _discounted(job):
            charged[charge] += cents
            after_discount[charge] += cents - off
            taxable[rules.tax_ppm(charge)] += cents - off
    supplies = _supplies(after_discount, rules)
    taxable[rules.fee_tax_ppm] += supplies
    tax_of = tax_within if rules.includes_tax else share
    taxes = tuple((rate, tax_of(base, rate)) for rate, base in sorted(taxable.items()) if rate and base)
    return Bill(charged, discount, supplies, taxes, rules.includes_tax)


def _supplies(charged: dict[Charge, int], rules: Rules) -> int:
    base = charged[Charge.LABOUR] * rules.supplies_on_labour + charged[Charge.PART] * rules.supplies_on_parts
    fee = share(base, rules.supplies_ppm)
    return fee if rules.supplies_cap_cents is None else min(fee, rules.supplies_cap_cents)


def _discounted(job: Charges) -> Iterator[tuple[Charge, int, int]]:
    """What each kind of charge comes to in a job, and its share of the discount, in proportion and to the cent.

    Each kind gets what the running sum has gained, in the order of ``Charge``: so the same lines come to the same,
    in whichever order they were written.
    """
    sums: dict[Charge, int] = dict.fromkeys(Charge, 0)
    for charge, cents in job.items:
        sums[charge] += cents
    discount, base = job.discount, sum(sums.values()) - sums[Charge.CORE]
    so_far = given = 0
    for charge, cents in sums.items():
        off = 0
        if discount and charge is not Charge.CORE:
            so_far += cents
            off = _half_up(discount * so_far, base) - given
            given += off
        yield charge, cents, off


def _half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number to a fraction that is not negative; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)
