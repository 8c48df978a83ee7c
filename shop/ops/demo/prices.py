"""What the demo shop charges beside labour and parts, by the parts that a job takes."""

from __future__ import annotations

from typing import Any, NamedTuple

from shop.tickets.models import LineKind

#: All that the row holds, since sums are worked out before the database could fill in what is usual.
RATES: dict[str, Any] = {
    "labour_cents": 13_500,
    "labour_tax_ppm": 0,
    "part_tax_ppm": 86_250,
    "fee_tax_ppm": 86_250,
    "sublet_tax_ppm": 86_250,
    "includes_tax": False,
    "supplies_ppm": 30_000,
    "supplies_on_labour": True,
    "supplies_on_parts": True,
    "supplies_cap_cents": 4_500,
}


class Charge(NamedTuple):
    """A fee, or work that another shop does, that comes with every part whose SKU begins so."""

    sku: str
    kind: LineKind
    description: str
    price_cents: int
    cost_cents: int
    is_each: bool = False  # for every one of the parts, not once


CHARGES = (
    Charge("TIR-", LineKind.FEE, "Tire disposal", 350, 175, is_each=True),
    Charge("OF-", LineKind.FEE, "Used oil and filter disposal", 450, 150),
    Charge("OPG-", LineKind.FEE, "Used oil disposal", 350, 100),
    Charge("COOL-", LineKind.FEE, "Hazardous waste: coolant", 500, 220),
    Charge("FLU-DOT4", LineKind.FEE, "Hazardous waste: brake fluid", 300, 120),
    Charge("REF-", LineKind.FEE, "Refrigerant recovery", 2_500, 600),
    Charge("TRE-", LineKind.SUBLET, "Wheel alignment, all four (Bay Alignment)", 11_900, 8_400),
    Charge("CAB-", LineKind.SUBLET, "Wheel alignment, all four (Bay Alignment)", 11_900, 8_400),
    Charge("STR-FR", LineKind.SUBLET, "Wheel alignment, all four (Bay Alignment)", 11_900, 8_400),
    Charge("IMG-", LineKind.SUBLET, "Manifold face, mill flat (Portola Machine)", 16_500, 11_000),
    Charge("CLK-", LineKind.SUBLET, "Flywheel, resurface (Portola Machine)", 9_500, 6_000),
)

#: What the heads of the project came back with.
MACHINE_SHOP = Charge("", LineKind.SUBLET, "Cylinder heads: weld, mill, valve job (Portola Machine)", 118_000, 86_000)

#: Deposits on the old part, by the beginning of a SKU: remanufactured parts, and batteries for their lead.
CORES = {"BRK-CF": 4_500, "CVA-": 6_000, "ALT-": 7_500, "STA-": 5_500, "ACP-": 9_000, "BAT-": 2_200}

#: What makes a customer loyal, and what says sorry for the wait; how many jobs in a hundred.
DISCOUNTS: tuple[tuple[dict[str, int], int], ...] = (
    ({"discount_ppm": 100_000}, 6),
    ({"discount_cents": 1_500}, 4),
    ({}, 90),
)


def charges_with(sku: str) -> list[Charge]:
    return [charge for charge in CHARGES if sku.startswith(charge.sku)]


def core_of(sku: str) -> int:
    """The deposit on the old part, in cents each; 0 where there is none."""
    return next((cents for beginning, cents in CORES.items() if sku.startswith(beginning)), 0)
