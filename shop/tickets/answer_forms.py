"""The form by which a customer answers an estimate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from wtforms import Field, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.form import BaseForm
from wtforms.validators import DataRequired, StopValidation
from wtforms.widgets import HiddenInput

from shop.common.errors import Conflict
from shop.common.transaction import read_only
from shop.tickets.estimate import still_asked
from shop.tickets.forms import TicketForm
from shop.tickets.lifecycle import ANSWERS, Approval
from shop.tickets.models import EstimateVersion
from shop.tickets.models.consent import MAX_NAME, MAX_WORDS
from shop.web.fields import LongTextField, TextField, WholeNumberField, at_most

#: What the buttons say, the expected answer first.
_WORDS = {Approval.APPROVED: "Approve", Approval.DEFERRED: "Later", Approval.DECLINED: "Decline"}


class JobAnswerField(RadioField):
    """What to do about one job; nothing is chosen beforehand."""

    def __init__(self, label: str | None = None, **kwargs: Any) -> None:
        choices = [SelectChoice(approval.value, words) for approval, words in _WORDS.items()]
        super().__init__(label, choices=choices, validate_choice=False, **kwargs)

    def pre_validate(self, form: BaseForm) -> None:
        if self.data not in {approval.value for approval in ANSWERS}:
            raise StopValidation(f"Choose what to do about “{self.label.text}”.")


class AnswerForm(TicketForm):
    """An answer to each job that a version of an estimate asks about, with a name under it."""

    version = WholeNumberField(widget=HiddenInput())
    name = TextField(
        "Your name",
        default="",
        validators=[DataRequired("Type your name: it stands for your signature."), at_most(MAX_NAME)],
    )
    words = LongTextField("Anything you want to tell us", default="", validators=[at_most(MAX_WORDS)])

    answers_version: int

    @classmethod
    def to(cls, version: EstimateVersion, **options: Any) -> AnswerForm:
        """With a field for each job that the version still asks about, named ``job-12`` after its id."""
        fields = {f"job-{job.id}": JobAnswerField(job.complaint) for job in still_asked(version)}
        form: AnswerForm = type("AnswerForm", (cls,), fields)(**options)
        form.answers_version = version.number
        return form

    @classmethod
    def unanswered(cls, version: EstimateVersion, typed: AnswerForm | None = None) -> AnswerForm:
        """For drawing, whatever was posted; the name and the words that somebody has ``typed`` are not lost."""
        kept = {"name": typed.name.data, "words": typed.words.data} if typed else {}
        return cls.to(version, formdata=None, data={"version": version.number, **kept})

    def __iter__(self) -> Iterator[Field]:
        """As they stand on the page: the jobs, then who answers."""
        return iter(sorted(super().__iter__(), key=lambda field: not isinstance(field, JobAnswerField)))

    def attempt(self, command: Callable[..., Any], *args: Any, **extra: Any) -> bool:
        """Like any form's, but an answer to an older version is told apart before anything else about it is."""
        if self.version.data != self.answers_version:
            read_only()
            self.refusal = Conflict("The shop has changed this estimate meanwhile. Please look at the new one.")
            return False
        if not self.job_fields:
            read_only()
            self.refusal = Conflict("This estimate has been answered already.")
            return False
        return super().attempt(command, *args, **extra)

    @property
    def job_fields(self) -> dict[int, JobAnswerField]:
        """By the id of the job."""
        return {int(field.name.removeprefix("job-")): field for field in self if isinstance(field, JobAnswerField)}

    @property
    def values(self) -> dict[str, Any]:
        answers = {job_id: Approval(field.data) for job_id, field in self.job_fields.items()}
        return {"answers": answers, "name": self.name.data, "words": self.words.data}
