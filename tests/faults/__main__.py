"""``python3 run.py faults``: try to break what the shop promises, on each database that can be reached.

A trial is a row of ``TRIALS`` in a module here; a short form of each runs in the suite as well.
"""

from __future__ import annotations

import signal
import sys

from tests.faults import backups, hurts, kills, races, stops
from tests.faults.runner import run_trials
from tests.faults.trial import Trial
from tools.front_door.speech import talk_plainly

TRIALS: tuple[Trial, ...] = (*backups.TRIALS, *kills.TRIALS, *races.TRIALS, *stops.TRIALS, *hurts.TRIALS)

if __name__ == "__main__":
    talk_plainly()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by way of all that tidies up
    sys.exit(run_trials(TRIALS, sys.argv[1:], command="faults", purpose="Try to break what the shop promises."))
