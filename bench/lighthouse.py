"""What Lighthouse says of the first page of each door, on a telephone: its scores, of a hundred."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.servers import App
from bench.sitting import Sitting
from bench.small import DOORS, Door
from bench.table import Row
from bench.targets import Form
from tools.front_door import services
from tools.front_door.environment import prepare_npm
from tools.front_door.processes import captured, run, text_of
from tools.front_door.services import Missing
from tools.front_door.speech import Refused, say

_CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
_CHROMIUM = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"


def lighthouse(here: Sitting) -> Iterator[Row]:
    """Nothing but a sentence where Node or Chromium is missing."""
    try:
        prepare_npm()
        command, browser = services.lighthouse(), services.chromium()
    except (Missing, Refused) as missing:
        say(f"Lighthouse is left out: {missing}")
        return
    for door in DOORS:
        say(f"Lighthouse looks at {door.first}")
        scores = _scores(here, door, command, browser)
        words = ", ".join(f"{name} {score}" for name, score in scores.items())
        yield Row(f"lighthouse: {door.name}", figures={"score": min(scores.values())}, words=words)


def _scores(here: Sitting, door: Door, command: list[str], browser: str) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder, captured() as output:
        headers, report = Path(folder, "headers.json"), Path(folder, "report.json")
        headers.write_text(json.dumps(dict(here.signed_in(door.who, Form.PAGE))), encoding="utf-8")
        asked = [
            f"http://127.0.0.1:{here.servers[App.SHOP].port}{door.first}",
            f"--extra-headers={headers}",
            f"--chrome-flags={_CHROMIUM}",
            f"--only-categories={','.join(_CATEGORIES)}",
            "--output=json",
            f"--output-path={report}",
            "--quiet",
        ]
        look = partial(run, [*command, *asked], env={"CHROME_PATH": browser}, output=output)
        if look() != 0 and look() != 0:  # now and then it loses the page's first moment, and says: please run it again
            raise Refused(f"Lighthouse could not see {door.first}:\n{text_of(output)}")
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))["categories"]
    return {name: round(100 * found[name]["score"]) for name in _CATEGORIES}
