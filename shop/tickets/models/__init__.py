"""Service tickets: who works on them, the jobs and lines they are made of, and what the customer consented to."""

from __future__ import annotations

from shop.tickets.models.canned import CannedJob, CannedLine
from shop.tickets.models.consent import Channel, Consent, Decision, EstimateVersion, RepairLink
from shop.tickets.models.job import (
    MAX_CAUSE,
    MAX_DESCRIPTION,
    MAX_JOB,
    MAX_MINUTES,
    Job,
    Line,
    LineKind,
    Supply,
)
from shop.tickets.models.tally import EVER, Tally
from shop.tickets.models.ticket import (
    FIRST_NUMBER,
    MAX_COMPLAINT,
    MAX_REASON,
    Assignment,
    Ticket,
    TicketNumber,
)
from shop.tickets.models.words import TicketWords

__all__ = [
    "EVER",
    "FIRST_NUMBER",
    "MAX_CAUSE",
    "MAX_COMPLAINT",
    "MAX_DESCRIPTION",
    "MAX_JOB",
    "MAX_MINUTES",
    "MAX_REASON",
    "Assignment",
    "CannedJob",
    "CannedLine",
    "Channel",
    "Consent",
    "Decision",
    "EstimateVersion",
    "Job",
    "Line",
    "LineKind",
    "RepairLink",
    "Supply",
    "Tally",
    "Ticket",
    "TicketNumber",
    "TicketWords",
]
