"""The shipped Postman collection, run by newman against a live demo shop: twice, because it says that it can be."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from shop.config import ROOT
from shop.ops.demo.build import load_demo
from tests.services import newman

pytestmark = pytest.mark.single

COLLECTION = ROOT / "new_mechanic_app.postman_collection.json"


@pytest.fixture
def demo(app: Flask) -> None:
    with app.app_context():
        assert load_demo()


def requests_in(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if "item" in item:
            yield from requests_in(item["item"])
        else:
            yield item


def test_the_collection_runs_and_runs_again(demo: None, address: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [*newman(), "run", str(COLLECTION), "--env-var", f"base_url={address}", "--color", "off"]
    command += ["--reporters", "cli,json", "--reporter-json-export", str(report)]
    for _ in range(2):
        result = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
        run = json.loads(report.read_text(encoding="utf-8"))["run"]
        assert run["stats"]["assertions"]["failed"] == 0
        assert all(execution.get("assertions") for execution in run["executions"])


def test_the_collection_walks_every_operation(app: Flask) -> None:
    collection = json.loads(COLLECTION.read_text(encoding="utf-8"))
    walked = set()
    for item in requests_in(collection["item"]):
        path = item["request"]["url"]["raw"].removeprefix("{{base_url}}").partition("?")[0]
        try:
            rule, _ = app.url_map.bind("").match(_with_ids(path), method=item["request"]["method"])
        except HTTPException:  # some requests go nowhere on purpose
            continue
        walked.add(rule)
    described = app.extensions["shop_api"].spec.to_dict()["paths"]
    offered = {
        app.url_map.bind("").match(_with_ids(path), method=method.upper())[0]
        for path, item in described.items()
        for method in item
        if method != "parameters"
    }
    assert offered <= walked, offered - walked


def _with_ids(path: str) -> str:
    """The path with 1 in place of every variable."""
    return "/".join("1" if "{" in step else step for step in path.split("/"))
