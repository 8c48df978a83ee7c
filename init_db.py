"""Bring the database to the newest schema and load the demo shop where it is wanted, without opening the shop."""

import run

raise SystemExit(run.main(["init-db"]))
