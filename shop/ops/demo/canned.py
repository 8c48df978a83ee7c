"""The demo shop's canned jobs: name, labour, its tenths of an hour, and SKUs with quantities of parts on the shelf."""

from __future__ import annotations

from typing import NamedTuple

from shop.ops.demo.complaints import pairs


class DemoCannedJob(NamedTuple):
    name: str
    labour: str
    tenths: int
    needs: str

    @property
    def minutes(self) -> int:
        return self.tenths * 6

    @property
    def parts(self) -> list[tuple[str, int]]:
        return pairs(self.needs)


CANNED = (
    DemoCannedJob("Oil service, 0W-20", "Oil service with 30-point check", 8, "OIL-0W20-1:5 OF-PH7317:1"),
    DemoCannedJob("Oil service, European 5W-40", "European oil service", 12, "OIL-5W40-1:6 OF-HU816X:1 ODP-M14:1"),
    DemoCannedJob("Front brakes", "Front brake pads and discs, replace", 14, "BRK-PF-914:1 BRK-DF-280:2 BRK-PIN-K:1"),
    DemoCannedJob("Rear brakes", "Rear brake pads and discs, replace", 16, "BRK-PR-1391:1 BRK-DR-272:2 BRK-HWK-R:1"),
    DemoCannedJob("Brake fluid flush", "Brake fluid, flush", 8, "FLU-DOT4-1:1"),
    DemoCannedJob("Four tires, 205/55 R16", "Four tires, mount and balance", 14, "TIR-2055516:4 TVL-TR413:4 WWT-A5:8"),
    DemoCannedJob("Battery, group 35", "Battery, replace and test the charging", 5, "BAT-35-640:1"),
    DemoCannedJob("A/C recharge, R-134a", "A/C, evacuate and recharge", 12, "REF-134A:20"),
)
