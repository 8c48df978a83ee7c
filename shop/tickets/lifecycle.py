"""The states of a ticket and the moves between them: data first, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from shop.common.roles import DESK, STAFF, Role


class Approval(Enum):
    """What the customer said to a job; of its own, beside the status of the ticket."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    DEFERRED = "deferred"

    @property
    def title(self) -> str:
        return {"pending": "Not decided", "approved": "Approved", "declined": "Declined", "deferred": "Later"}[
            self.value
        ]

    @property
    def icon(self) -> str:
        return {"pending": "circle", "approved": "thumbs-up", "declined": "circle-x", "deferred": "clock"}[self.value]

    @property
    def tone(self) -> str:
        return {"pending": "soon", "approved": "done", "declined": "past", "deferred": "neutral"}[self.value]


#: What a customer can answer.
ANSWERS = (Approval.APPROVED, Approval.DECLINED, Approval.DEFERRED)

_ANSWER_WORDS = {Approval.APPROVED: "approved", Approval.DECLINED: "declined", Approval.DEFERRED: "for later"}


def in_short(answers: Sequence[Approval]) -> str:
    """``2 approved, 1 declined``."""
    return ", ".join(f"{answers.count(each)} {_ANSWER_WORDS[each]}" for each in ANSWERS if each in answers)


class Status(Enum):
    DRAFT = "draft"
    ESTIMATE = "estimate"
    APPROVED = "approved"
    IN_PROGRESS = "in_progress"
    QUALITY_CHECK = "quality_check"
    READY = "ready"
    INVOICED = "invoiced"
    PICKED_UP = "picked_up"
    CANCELLED = "cancelled"

    @property
    def title(self) -> str:
        return _FACES[self].title

    @property
    def customer_words(self) -> str:
        """One sentence for the customer: where the repair is."""
        return _FACES[self].customer_words

    @property
    def stage(self) -> str:
        """What the customer's page calls this stretch of the road."""
        return _FACES[self].stage

    @property
    def icon(self) -> str:
        return _FACES[self].icon

    @property
    def tone(self) -> str:
        """Which of the design's colours: neutral, info, active, check, good or off."""
        return _FACES[self].tone

    @property
    def is_open(self) -> bool:
        """Still on the shop's hands: neither cancelled nor driven away."""
        return self not in (Status.PICKED_UP, Status.CANCELLED)

    @property
    def takes_work(self) -> bool:
        """Mechanics and parts may still be added and removed."""
        return self.is_open and self is not Status.INVOICED

    @property
    def is_work(self) -> bool:
        """The work is approved and not done: mechanics are at it, and a part that the shelf lacks holds it up."""
        return self in (Status.APPROVED, Status.IN_PROGRESS, Status.QUALITY_CHECK)


@dataclass(frozen=True, slots=True)
class _Face:
    title: str
    stage: str
    customer_words: str
    icon: str
    tone: str


_FACES = {
    Status.DRAFT: _Face("Draft", "Noted", "We have noted your request.", "pencil", "neutral"),
    Status.ESTIMATE: _Face("Estimate", "Estimate", "We are working out what it will cost.", "file-text", "info"),
    Status.APPROVED: _Face("Approved", "Approved", "Approved. The work starts soon.", "thumbs-up", "info"),
    Status.IN_PROGRESS: _Face("In progress", "In the workshop", "We are working on your vehicle.", "wrench", "active"),
    Status.QUALITY_CHECK: _Face(
        "Quality check", "Final check", "The work is done. We are checking it.", "clipboard-check", "check"
    ),
    Status.READY: _Face("Ready", "Ready for you", "Your vehicle is ready to be picked up.", "circle-check", "good"),
    Status.INVOICED: _Face(
        "Invoiced", "Ready for you", "The invoice is written. Your vehicle is ready.", "receipt", "good"
    ),
    Status.PICKED_UP: _Face("Picked up", "Picked up", "Picked up. Thank you, and safe travels.", "car", "off"),
    Status.CANCELLED: _Face("Cancelled", "Cancelled", "This repair was cancelled.", "circle-x", "off"),
}

#: The road that a repair travels, in order; cancelled lies beside it.
ROAD = (
    Status.DRAFT,
    Status.ESTIMATE,
    Status.APPROVED,
    Status.IN_PROGRESS,
    Status.QUALITY_CHECK,
    Status.READY,
    Status.INVOICED,
    Status.PICKED_UP,
)

#: The same road as the customer sees it: the invoice is the shop's own business.
CUSTOMER_ROAD = tuple(status for status in ROAD if status is not Status.INVOICED)

OPEN = frozenset(status for status in Status if status.is_open)

#: Statuses in which the shop has done what it promised, or need not any more.
PROMISE_KEPT = frozenset({Status.READY, Status.INVOICED, Status.PICKED_UP, Status.CANCELLED})


class Need(Enum):
    """What must be there before a move is made. Those with a ``setting`` are asked for where the shop says so."""

    REASON = "reason", None
    CONSENT = "consent", None  # some job is approved, and none has grown beyond it
    DECISIONS = "decisions", None  # every job has been decided
    PARTS = "parts", None  # the shelf lacks nothing for the approved jobs
    DONE = "done", None  # no approved job is left to do
    ODOMETER_IN = "odometer_in", "needs_odometer_in"
    ODOMETER_OUT = "odometer_out", "needs_odometer_out"
    MECHANIC = "mechanic", "needs_mechanic"
    CORRECTION = "correction", "needs_correction"

    setting: str | None

    def __new__(cls, name: str, setting: str | None) -> Need:
        member = object.__new__(cls)
        member._value_ = name
        member.setting = setting
        return member


@dataclass(frozen=True, slots=True)
class Move:
    """A change of status that somebody may make; ``label`` is what its button says."""

    to: Status
    label: str
    roles: frozenset[Role] = DESK
    needs: tuple[Need, ...] = ()

    @property
    def needs_reason(self) -> bool:
        return Need.REASON in self.needs

    def notes_consent(self, was: Status) -> bool:
        """Whether making it says that the customer approved all that is not decided."""
        return self.to is Status.APPROVED and was in (Status.DRAFT, Status.ESTIMATE)


_START = (Need.CONSENT, Need.ODOMETER_IN, Need.MECHANIC)
_DONE = (Need.PARTS, Need.CORRECTION)
_BILL = (Need.CONSENT, Need.DECISIONS, Need.PARTS, Need.DONE, Need.ODOMETER_OUT)

_CANCEL = Move(Status.CANCELLED, "Cancel the ticket", needs=(Need.REASON,))

#: From each status, the moves that lead on; the first one is the usual next step.
MOVES: dict[Status, tuple[Move, ...]] = {
    Status.DRAFT: (
        Move(Status.ESTIMATE, "Write the estimate"),
        Move(Status.APPROVED, "Approve at the counter", needs=(Need.CONSENT,)),
        _CANCEL,
    ),
    Status.ESTIMATE: (
        Move(Status.APPROVED, "Mark as approved", needs=(Need.CONSENT,)),
        Move(Status.DRAFT, "Back to draft"),
        _CANCEL,
    ),
    Status.APPROVED: (
        Move(Status.IN_PROGRESS, "Start work", STAFF, _START),
        Move(Status.ESTIMATE, "Back to estimate"),
        _CANCEL,
    ),
    Status.IN_PROGRESS: (
        Move(Status.QUALITY_CHECK, "Send to quality check", STAFF, _DONE),
        Move(Status.APPROVED, "Put back in the queue", STAFF),
        _CANCEL,
    ),
    Status.QUALITY_CHECK: (
        Move(Status.READY, "Mark as ready", STAFF, _DONE),
        Move(Status.IN_PROGRESS, "Back to work", STAFF),
        _CANCEL,
    ),
    Status.READY: (
        Move(Status.INVOICED, "Mark as invoiced", needs=_BILL),
        Move(Status.IN_PROGRESS, "Reopen the work"),
        _CANCEL,
    ),
    Status.INVOICED: (Move(Status.PICKED_UP, "Hand over the keys"), Move(Status.READY, "Take the invoice back")),
    Status.PICKED_UP: (Move(Status.IN_PROGRESS, "Reopen the work"),),
    Status.CANCELLED: (Move(Status.DRAFT, "Reopen as draft"),),
}


def moves_for(status: Status, role: Role, *, has_work: bool = True) -> list[Move]:
    """The moves that this role may make from this status, the usual next step first.

    Where there is no work, or the customer wants none of it, nobody can note that they approved.
    """
    moves = [move for move in MOVES[status] if role in move.roles]
    return moves if has_work else [move for move in moves if not move.notes_consent(status)]


def find_move(status: Status, to: Status) -> Move | None:
    return next((move for move in MOVES[status] if move.to is to), None)
