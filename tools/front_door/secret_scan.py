"""Whether a secret has got into what is committed: ``python -m tools.front_door.secret_scan``, by the Python of .venv.

What looks like one and is none, such as the alphabet of recovery codes, stands in .secrets.baseline. That file also
says how it is looked for; words such as ``password = "..."`` are left to ruff (S105 to S107). One more is added with

    git ls-files | xargs .venv/bin/python -m detect_secrets scan --no-verify --baseline .secrets.baseline
"""

from __future__ import annotations

import json
import sys

from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection

from tools.front_door.processes import captured, run, text_of
from tools.front_door.settings import ROOT
from tools.front_door.speech import say

_KNOWN = ROOT / ".secrets.baseline"


def main() -> int:
    """Name every place that is not known; the exit code is 1 when there is one."""
    with captured() as output:
        if run(["git", "ls-files"], output=output) != 0:
            say("git does not tell which files are committed.")
            return 1
        files = text_of(output).splitlines()
    known = baseline.load(json.loads(_KNOWN.read_text(encoding="utf-8")), str(_KNOWN))  # and looks as it says there
    found = SecretsCollection()
    found.scan_files(*files)
    new = found - known
    for path, secret in new:
        say(f"{path}:{secret.line_number} looks like a secret ({secret.type})")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
