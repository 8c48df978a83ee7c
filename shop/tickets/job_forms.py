"""Forms of jobs, their lines, and what the customer says to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import request
from wtforms import Field, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import InputRequired, Length, Optional

from shop.inventory.models import MAX_QUANTITY
from shop.mechanics.models import Mechanic
from shop.mechanics.queries import MechanicRow
from shop.tickets.forms import TicketForm
from shop.tickets.lifecycle import ANSWERS, Approval
from shop.tickets.models import MAX_CAUSE, MAX_DESCRIPTION, MAX_JOB, CannedJob, CannedLine, Channel, Job, Line, LineKind
from shop.tickets.models.consent import MAX_NAME, MAX_WORDS
from shop.tickets.queries import CannedRow
from shop.web.fields import (
    DiscountField,
    HoursField,
    LongTextField,
    MoneyField,
    RecordField,
    TextField,
    VersionField,
    WholeNumberField,
    at_most,
)


class NewJobForm(TicketForm):
    """One more job, in the shop's words."""

    complaint = TextField("What is to be done?", validators=[InputRequired("Say what the job is."), at_most(MAX_JOB)])


class CannedJobForm(TicketForm):
    """A job that the shop does again and again."""

    canned = RecordField("Canned job")

    @classmethod
    def among(cls, jobs: Iterable[CannedJob | CannedRow], **options: Any) -> CannedJobForm:
        form = cls(**options)
        form.canned.offer(jobs)
        return form


class SaveCannedForm(TicketForm):
    """The name under which a job is kept to be used again."""

    name = TextField("Keep it as", validators=[InputRequired("Give it a name."), at_most(MAX_JOB)])


class CannedNameForm(TicketForm):
    """Another name for it."""

    name = TextField("Name", validators=[InputRequired("Give it a name."), at_most(MAX_JOB)])
    version = VersionField()


class JobForm(TicketForm):
    """Complaint, cause, correction, and what is taken off the price."""

    complaint = TextField("Complaint", validators=[InputRequired("Say what the job is."), at_most(MAX_JOB)])
    cause = LongTextField("Cause: what was found", default="", validators=[at_most(MAX_CAUSE)])
    correction = LongTextField("Correction: what was done", default="", validators=[at_most(MAX_CAUSE)])
    discount = DiscountField("Discount")
    version = VersionField()

    @classmethod
    def of(cls, job: Job, **options: Any) -> JobForm:
        """Filled with what is stored, unless it was posted; ``formdata=None`` ignores what was posted."""
        return cls(obj=job, data={"discount": (job.discount_ppm, job.discount_cents)}, **options)

    @property
    def values(self) -> dict[str, Any]:
        ppm, cents = self.discount.data or (0, 0)
        given = {name: value for name, value in super().values.items() if name != "discount"}
        return {**given, "discount_ppm": ppm, "discount_cents": cents}


class FindingsForm(TicketForm):
    """What the workshop writes down about a job, and perhaps that it is done."""

    cause = LongTextField("What was found", default="", validators=[at_most(MAX_CAUSE)])
    correction = LongTextField("What was done", default="", validators=[at_most(MAX_CAUSE)])
    version = VersionField()

    @property
    def is_done(self) -> bool:
        """Whether it was sent by the button that says so."""
        return "done" in request.form


class LineFields(TicketForm):
    """One line of any kind, changed in place; which fields it shows is a matter of the kind."""

    description = TextField("Description", validators=[InputRequired("Say what it is."), at_most(MAX_DESCRIPTION)])
    minutes = HoursField("Hours", validators=[Optional()])
    quantity = WholeNumberField("Quantity", least=1, most=MAX_QUANTITY, validators=[Optional()])
    price_cents = MoneyField("Price", validators=[Optional()])
    cost_cents = MoneyField("Cost", validators=[Optional()])
    core_cents = MoneyField("Core charge", validators=[Optional()])
    version = VersionField()

    def leave_out(self, names: Iterable[str]) -> None:
        """The fields that such a line has not."""
        for name in names:
            del self[name]

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid: bool = super().validate(extra_validators)
        for name, words in (("minutes", "Enter the hours."), ("quantity", "Enter how many."), ("price_cents", _PRICE)):
            if name in self and self[name].data is None and not self[name].errors:
                self[name].errors, is_valid = [words], False
        return is_valid

    @property
    def values(self) -> dict[str, Any]:
        """An emptied cost or core charge is none."""
        return {name: 0 if value is None and name in _NONE_IS_0 else value for name, value in super().values.items()}


class LineForm(LineFields):
    """A line of a ticket, with whose labour it is."""

    mechanic = RecordField("Mechanic")

    @classmethod
    def of(cls, line: Line, mechanics: Iterable[Mechanic], **options: Any) -> LineForm:
        form = cls(obj=line, **options)
        known = list(mechanics)
        if line.mechanic is not None and line.mechanic not in known:
            known.append(line.mechanic)
        form.mechanic.offer(known, empty="Nobody")
        if line.kind is LineKind.LABOUR:
            form.leave_out(("quantity", "cost_cents", "core_cents"))
        else:
            form.leave_out(("minutes", "mechanic"))
            form.leave_out(() if line.kind is LineKind.PART else ("core_cents",))
        return form


class CannedLineForm(LineFields):
    """A line of a canned job: labour and parts from the shelf are charged at the price of the day it is used."""

    @classmethod
    def of(cls, line: CannedLine, **options: Any) -> CannedLineForm:
        form = cls(obj=line, **options)
        if line.kind is LineKind.LABOUR:
            form.leave_out(("quantity", "price_cents", "cost_cents", "core_cents"))
        elif line.stocked:
            form.leave_out(("description", "minutes", "price_cents", "cost_cents"))
        else:
            form.leave_out(("minutes",) if line.kind is LineKind.PART else ("minutes", "core_cents"))
        return form


class NewLineForm(TicketForm):
    """A line that is not a part from the shelf: labour, a fee, bought-in work, or a part bought for this job."""

    kind = SelectField("Kind", default=LineKind.LABOUR.value)
    description = TextField("Description", validators=[InputRequired("Say what it is."), at_most(MAX_DESCRIPTION)])
    minutes = HoursField("Hours", validators=[Optional()])
    quantity = WholeNumberField("Quantity", default=1, least=1, most=MAX_QUANTITY, validators=[Optional()])
    price_cents = MoneyField("Price", validators=[Optional()])
    cost_cents = MoneyField("Cost", validators=[Optional()])
    core_cents = MoneyField("Core charge", validators=[Optional()])
    mechanic = RecordField("Mechanic")

    @classmethod
    def among(cls, mechanics: Iterable[Mechanic | MechanicRow], **options: Any) -> NewLineForm:
        form = cls(**options)
        form.kind.choices = [SelectChoice(kind.value, _KIND_WORDS[kind]) for kind in LineKind]
        form.mechanic.offer(mechanics, empty="Nobody yet", words="name")
        return form

    @property
    def is_labour(self) -> bool:
        return bool(self.kind.data == LineKind.LABOUR.value)

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid: bool = super().validate(extra_validators)
        for field, is_wrong, words in self._of_its_kind():
            if is_wrong and not field.errors:
                field.errors, is_valid = [words], False
        return is_valid

    def _of_its_kind(self) -> Iterator[tuple[Field, bool, str]]:
        """What a line of this kind wants, and what it has not: nothing that somebody typed is left out unsaid."""
        if self.is_labour:
            yield self.minutes, self.minutes.data is None, "Enter the hours."
            yield self.quantity, self.quantity.data not in (None, 1), "Labour is counted in hours alone."
            yield self.cost_cents, bool(self.cost_cents.data), "Labour has no cost of its own."
            yield self.core_cents, bool(self.core_cents.data), "Labour has no core charge."
        else:
            yield self.minutes, self.minutes.data is not None, "Labour alone is counted in hours."
            yield self.price_cents, self.price_cents.data is None, _PRICE
            if "mechanic" in self:
                yield self.mechanic, self.mechanic.data is not None, "Labour alone is a mechanic’s."

    @property
    def values(self) -> dict[str, Any]:
        """What ``add_labour`` or ``add_item`` takes."""
        if self.is_labour:
            return {
                "description": self.description.data,
                "minutes": self.minutes.data,
                "price_cents": self.price_cents.data,
                "mechanic": self.mechanic.data,
            }
        return {
            "kind": LineKind(self.kind.data),
            "description": self.description.data,
            "quantity": self.quantity.data or 1,
            "price_cents": self.price_cents.data,
            "cost_cents": self.cost_cents.data or 0,
            "core_cents": self.core_cents.data or 0,
        }


class NewCannedLineForm(NewLineForm):
    """What a canned job takes beside parts from the shelf."""

    @classmethod
    def drawn(cls, **options: Any) -> NewCannedLineForm:
        form = cls(**options)
        form.kind.choices = [SelectChoice(kind.value, _KIND_WORDS[kind]) for kind in LineKind]
        del form["mechanic"]
        return form

    def _of_its_kind(self) -> Iterator[tuple[Field, bool, str]]:
        yield from super()._of_its_kind()
        if self.is_labour:
            yield self.price_cents, self.price_cents.data is not None, "Labour is charged at the rate of the day."

    @property
    def values(self) -> dict[str, Any]:
        """What ``add_canned_line`` takes."""
        return {
            "kind": LineKind(self.kind.data),
            "description": self.description.data,
            "minutes": self.minutes.data,
            "quantity": self.quantity.data or 1,
            "price_cents": self.price_cents.data or 0,
            "cost_cents": self.cost_cents.data or 0,
            "core_cents": self.core_cents.data or 0,
        }


class ConsentForm(TicketForm):
    """What a customer said at the counter or by telephone, written down by the desk, job by job."""

    channel = SelectField(
        "How", choices=[SelectChoice(each.value, each.words) for each in (Channel.PHONE, Channel.COUNTER)]
    )
    name = TextField("Who said it", validators=[InputRequired("Write down who said it."), Length(max=MAX_NAME)])
    words = TextField("Their words", default="", validators=[Length(max=MAX_WORDS)])

    jobs: Sequence[Job] = ()

    @classmethod
    def about(cls, jobs: Sequence[Job], **options: Any) -> ConsentForm:
        form = cls(**options)
        form.jobs = jobs
        return form

    def answer_to(self, job: Job) -> str:
        """What was chosen, as it was sent; approval unless something else was."""
        return request.form.get(f"job-{job.id}", Approval.APPROVED.value)

    @property
    def values(self) -> dict[str, Any]:
        known = {approval.value: approval for approval in ANSWERS}
        sent = {job.id: request.form.get(f"job-{job.id}", "") for job in self.jobs}  # a new job has no answer yet
        sums = {job.id: request.form.get(f"sum-{job.id}", "") for job in self.jobs}
        return {
            "answers": {job_id: known.get(answer, Approval.PENDING) for job_id, answer in sent.items()},
            "asked": {job_id: int(cents) for job_id, cents in sums.items() if _CENTS.fullmatch(cents)},
            "channel": Channel(self.channel.data),
            "name": self.name.data,
            "words": self.words.data,
        }


_CENTS = re.compile("[0-9]{1,15}")
_PRICE = "Enter the price."
_NONE_IS_0 = frozenset({"cost_cents", "core_cents"})

_KIND_WORDS = {
    LineKind.LABOUR: "Labour",
    LineKind.PART: "Part, not from stock",
    LineKind.FEE: "Fee",
    LineKind.SUBLET: "Sublet",
}
