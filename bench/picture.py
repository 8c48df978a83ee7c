"""A picture of growth: what each page takes of the server in a small shop, in a large one, and in a huge one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT = 760, 420
_LEADER = 28  # from the end of a line to its name
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 250, 48, 48

_STYLE = """\
svg { color-scheme: light dark; --ink: #1d2733; --quiet: #5b6875; --rule: #d9dfe5; background: #fff }
text { font: 13px system-ui, sans-serif; fill: var(--ink) }
.quiet { fill: var(--quiet); font-size: 12px } .rule { stroke: var(--rule) } .line { fill: none; stroke-width: 2.5 }
.leader { fill: none; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e8edf2; --quiet: #9aa7b4; --rule: #36424e; background: #161c23 }
}"""


def drawn(lines: Mapping[str, Sequence[float]], sizes: Sequence[int], *, title: str) -> str:
    """An SVG with a line for each name over the sizes; both scales are logarithmic, so that flat looks flat."""
    values = [value for line in lines.values() for value in line]
    low, high = 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values) * 1.001))
    down = _HEIGHT - _TOP - _BOTTOM

    def x(place: int) -> float:
        return _LEFT + place * (_WIDTH - _LEFT - _RIGHT) / max(1, len(sizes) - 1)

    def y(value: float) -> float:
        return _TOP + down * (1 - math.log10(value / low) / math.log10(high / low))

    decades = [low * 10**step for step in range(round(math.log10(high / low)) + 1)]
    body = [
        *(_rule(y(value), f"{value:g}") for value in decades),
        *(_text(x(place), _HEIGHT - 18, f"{size:,} tickets", "middle") for place, size in enumerate(sizes)),
    ]
    last = {name: y(line[-1]) for name, line in lines.items()}
    labels = _apart(last)
    for number, (name, line) in enumerate(lines.items()):
        colour = f"hsl({round(number * 360 / len(lines))} 65% 48%)"
        points = " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in enumerate(line))
        body.append(f'<polyline class="line" stroke="{colour}" points="{points}"/>')
        end = f"{x(len(sizes) - 1):.1f},{last[name]:.1f} {x(len(sizes) - 1) + _LEADER:.1f},{labels[name]:.1f}"
        body.append(f'<path class="leader" stroke="{colour}" d="M {end}"/>')
        body.append(_text(x(len(sizes) - 1) + _LEADER + 6, labels[name] + 4, name, "start"))
    head = f'<text x="{_LEFT - 44}" y="24" font-weight="600">{escape(title)}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">\n<style>\n{_STYLE}\n</style>\n{head}\n' + "\n".join(body) + "\n</svg>\n"
    )


def _apart(places: Mapping[str, float], least: float = 16) -> dict[str, float]:
    """Labels that would lie on each other are moved down."""
    found: dict[str, float] = {}
    before = -math.inf
    for name, place in sorted(places.items(), key=lambda pair: pair[1]):
        found[name] = before = max(place, before + least)
    return found


def _rule(y: float, label: str) -> str:
    line = f'<line class="rule" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f"{line}\n{_text(_LEFT - 8, y + 4, label, 'end')}"


def _text(x: float, y: float, words: str, anchor: str) -> str:
    kind = "" if anchor == "start" else ' class="quiet"'
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
