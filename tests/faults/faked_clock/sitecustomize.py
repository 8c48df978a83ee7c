"""Read by every Python whose clock is faked: libfaketime 0.9.10 refuses each sleep until a moment, as Python's is."""

import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds) and None
