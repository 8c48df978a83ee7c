"""What a server and its workers use, as Linux tells it in /proc; elsewhere nobody knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def cpu_microseconds(leader: int) -> int | None:
    """The CPU time that the living processes of a group have used; None where it can't be known."""
    if not (_PROC / "self" / "stat").exists():
        return None
    ticks = sum(int(fields[11]) + int(fields[12]) for _, fields in _group(leader))
    return ticks * 1_000_000 // _TICKS_PER_SECOND


def unshared_bytes(leader: int) -> list[int]:
    """For each worker of a group, the memory that is its own alone (USS); empty where it can't be known."""
    found = []
    for process, _ in _group(leader):
        if process.name == str(leader):
            continue
        rollup = process.joinpath("smaps_rollup").read_text(encoding="ascii")
        private = [line.split()[1] for line in rollup.splitlines() if line.startswith("Private_")]
        found.append(sum(map(int, private)) * 1024)
    return found


def _group(leader: int) -> Iterator[tuple[Path, list[str]]]:
    """The processes of a group with the fields of their ``stat`` from the third on."""
    for process in _PROC.glob("[0-9]*"):
        try:
            fields = process.joinpath("stat").read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[2]) == leader:
            yield process, fields
