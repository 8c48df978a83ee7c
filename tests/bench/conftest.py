"""What is measured on the servers alone."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("TEST_DATABASE_URL") else ["test_rows_read.py"]
