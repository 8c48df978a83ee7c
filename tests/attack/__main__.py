"""``python3 run.py attack``: attack the demo shop as each role, on each database that can be reached.

A trial is a row of ``TRIALS`` in a module here.
"""

from __future__ import annotations

import signal
import sys

from tests.attack import forms, outsiders, programs
from tests.faults.runner import run_trials
from tests.faults.trial import Trial
from tools.front_door.speech import talk_plainly

TRIALS: tuple[Trial, ...] = (*programs.TRIALS, *forms.TRIALS, *outsiders.TRIALS)

if __name__ == "__main__":
    talk_plainly()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by way of all that tidies up
    sys.exit(run_trials(TRIALS, sys.argv[1:], command="attack", purpose="Attack the demo shop as each role."))
