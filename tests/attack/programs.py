"""Programs that send whatever the description of the API allows, and what it does not, with the token of each role."""

from __future__ import annotations

import re
import subprocess
from tempfile import TemporaryDirectory

from tests.api.described import schemathesis
from tests.attack.ground import ROLES, attacked, demo_ground
from tests.faults.shop import FaultShop
from tests.faults.trial import Trial

_CASES = re.compile(r"([0-9,]+) generated")


def send_at_random(shop: FaultShop, times: int) -> list[str]:
    """So many examples of each operation for each role; bounds and chains make a few thousand cases of even one."""
    wrong = []
    cases = 0
    with attacked(shop) as there, TemporaryDirectory() as folder:
        for who in ROLES:
            there.forget_tries()
            command = schemathesis(there.address, there.sign_in(who).token, examples=times)
            ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            shop.verdicts[f"The API as {who}"] = "as it says" if ran.returncode == 0 else "otherwise"
            if ran.returncode:
                wrong.append(f"As {who}: {ran.stdout[-3000:]}{ran.stderr[-1000:]}")
            cases += sum(int(count.replace(",", "")) for count in _CASES.findall(ran.stdout))
        shop.noted += [f"{cases:,} cases", there.answers()]
        return [*wrong, *there.failures()]


TRIALS = (
    Trial(
        "programs",
        "Whatever is sent to the API, by whomever, is answered as its description says",
        "schemathesis, every check, examples of each operation with each role's token",
        send_at_random,
        times=1,
        times_if_long=4,
        ground=demo_ground,
    ),
)
