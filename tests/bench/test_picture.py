"""The picture of growth."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from bench.picture import drawn

pytestmark = pytest.mark.single

SVG = "{http://www.w3.org/2000/svg}"


def test_a_flat_line_looks_flat_and_one_that_falls_goes_down() -> None:
    svg = ET.fromstring(drawn({"flat": [500, 500, 500], "falls <fast>": [800, 80, 8]}, [10, 100, 1000], title="T & T"))
    flat, falls = (
        [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        for line in svg.iter(f"{SVG}polyline")
    )
    assert len({y for _, y in flat}) == 1
    assert falls[0][1] < falls[1][1] < falls[2][1]
    assert [x for x, _ in flat] == sorted({x for x, _ in flat})
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert {"T & T", "flat", "falls <fast>", "1,000 tickets"} <= set(texts)


def test_labels_do_not_lie_on_each_other() -> None:
    svg = ET.fromstring(drawn({"one": [500], "two": [500], "three": [501]}, [10], title="T"))
    places = sorted(float(text.attrib["y"]) for text in svg.iter(f"{SVG}text") if text.text in ("one", "two", "three"))
    assert places[1] - places[0] >= 16
    assert places[2] - places[1] >= 16


def test_it_follows_the_colours_of_the_reader() -> None:
    assert "prefers-color-scheme: dark" in drawn({"one": [5, 5]}, [10, 100], title="T")
