"""Why a copy was not made, or not gone back to."""

from __future__ import annotations


class BackupRefused(Exception):
    """It was not done, and nothing has changed; the sentence says why."""


class NotABackup(BackupRefused):
    """Nobody could go back to this file."""


class NoScratch(BackupRefused):
    """There is no place to try a backup in, so nothing is known about it."""


class StillOpen(BackupRefused):
    """Others are connected to the shop's database."""

    def __init__(self, others: int) -> None:
        super().__init__(
            f"The shop is open: the database has {others} more connections. Close the shop on every machine "
            "(Ctrl-C where run.py runs) and every other program that looks into it, then restore."
        )
