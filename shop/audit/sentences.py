"""What happened, in one line of prose each: the audit trail as people read it.

A sentence follows the name of who did it: *Dana Reyes* "took 2 × Oil filter from the shelf".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shop.audit.actions import Action
from shop.common.clock import local, time_of_day
from shop.common.hours import hours_of
from shop.common.money import decimal_of
from shop.common.percent import percent_text

A = Action


@dataclass(frozen=True, slots=True)
class Change:
    """One field's value before and after, as stored; None for what was empty or has been erased."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class _Face:
    icon: str
    words: str
    tone: str | None = None


#: ``{…}`` names the facts that ``record`` was given, and the line; ``{fields}`` are the fields that changed.
_FACES = {
    A.ACCOUNT_CREATED: _Face("user-plus", "made the account"),
    A.ACCOUNT_CHANGED: _Face("pencil", "changed the account’s {fields}"),
    A.ACCOUNT_DISABLED: _Face("user-x", "disabled the account", "late"),
    A.ACCOUNT_ENABLED: _Face("user-check", "enabled the account again"),
    A.ACCOUNT_INVITED: _Face("mail", "sent an invitation"),
    A.PASSWORD_CHANGED: _Face("key-round", "changed the password"),
    A.PASSWORD_RESET_SENT: _Face("mail", "sent a link for a new password"),
    A.SECOND_FACTOR_SET_UP: _Face("key-round", "set up the second factor"),
    A.SECOND_FACTOR_REMOVED: _Face("key-round", "took the second factor off", "late"),
    A.RECOVERY_CODES_MADE: _Face("key-round", "made new recovery codes"),
    A.RECOVERY_CODE_USED: _Face("key-round", "signed in with a recovery code"),
    A.SIGNED_IN: _Face("log-in", "signed in"),
    A.SIGNED_OUT: _Face("log-out", "signed out"),
    A.SIGNED_OUT_EVERYWHERE: _Face("log-out", "ended every sign-in of the account"),
    A.REFUSED: _Face("lock", "{refusal}{more}", "late"),
    A.CUSTOMER_ADDED: _Face("user-plus", "added the customer"),
    A.CUSTOMER_CHANGED: _Face("pencil", "changed the customer’s {fields}"),
    A.CUSTOMER_ARCHIVED: _Face("archive", "archived the customer", "late"),
    A.CUSTOMER_ERASED: _Face("x", "erased what was known about the customer", "late"),
    A.CUSTOMER_EXPORTED: _Face("file-text", "took along everything about the customer"),
    A.CUSTOMER_RESTORED: _Face("archive-restore", "brought the customer back"),
    A.CUSTOMER_MERGED: _Face("users", "merged the customer into another one"),
    A.CUSTOMER_TOOK_OVER: _Face("users", "merged another customer into this one"),
    A.VEHICLE_ADDED: _Face("car", "added {vehicle}"),
    A.VEHICLE_CHANGED: _Face("pencil", "changed the {fields} of {vehicle}"),
    A.VEHICLE_ARCHIVED: _Face("archive", "archived {vehicle}", "late"),
    A.VEHICLE_RESTORED: _Face("archive-restore", "brought {vehicle} back"),
    A.MECHANIC_ADDED: _Face("user-plus", "added the mechanic"),
    A.MECHANIC_CHANGED: _Face("pencil", "changed the mechanic’s {fields}"),
    A.MECHANIC_ARCHIVED: _Face("archive", "archived the mechanic", "late"),
    A.MECHANIC_RESTORED: _Face("archive-restore", "brought the mechanic back"),
    A.PART_ADDED: _Face("package-plus", "added the part"),
    A.PART_CHANGED: _Face("pencil", "changed the part’s {fields}"),
    A.PART_ARCHIVED: _Face("archive", "archived the part", "late"),
    A.PART_RESTORED: _Face("archive-restore", "brought the part back"),
    A.PART_MOVED: _Face("package", "{kind} {quantity}"),
    A.TICKET_OPENED: _Face("ticket", "opened the ticket"),
    A.TICKET_CHANGED: _Face("pencil", "changed the {fields}"),
    A.TICKET_HANDED_OVER: _Face("users", "put another customer’s name on the ticket"),
    A.TICKET_MOVED: _Face("circle-arrow-right", "moved it from {was} to {to}"),
    A.TICKET_ARCHIVED: _Face("archive", "archived the ticket", "late"),
    A.MECHANIC_ASSIGNED: _Face("user-plus", "put {mechanic} on it"),
    A.MECHANIC_UNASSIGNED: _Face("user-x", "took {mechanic} off it"),
    A.TICKET_RESTORED: _Face("archive-restore", "brought the ticket back"),
    A.JOB_ADDED: _Face("plus", "added a job"),
    A.JOB_CHANGED: _Face("pencil", "changed the {fields} of job {position}"),
    A.JOB_MOVED: _Face("chevrons-up-down", "put the jobs in another order"),
    A.JOB_REMOVED: _Face("x", "took job {position} off", "late"),
    A.JOB_RESTORED: _Face("undo-2", "put job {position} back"),
    A.JOB_FINISHED: _Face("check", "finished job {position}"),
    A.JOB_REOPENED: _Face("undo-2", "reopened job {position}"),
    A.JOB_ASKED_AGAIN: _Face("file-text", "asks again about job {position}"),
    A.LINE_ADDED: _Face("plus", "added {line}"),
    A.LINE_CHANGED: _Face("pencil", "changed the {fields} of {line}"),
    A.LINE_REMOVED: _Face("x", "took {line} off"),
    A.LINE_RESTORED: _Face("undo-2", "put {line} back"),
    A.PART_USED: _Face("package-check", "took {quantity} × {part} from the shelf"),
    A.PART_FITTED: _Face("wrench", "fitted {quantity} × {part}"),
    A.PART_TAKEN_OUT: _Face("undo-2", "took {quantity} × {part} out of the vehicle again"),
    A.ESTIMATE_SENT: _Face("file-text", "wrote estimate {version}"),
    A.CONSENT_GIVEN: _Face("thumbs-up", "{verb} estimate {version} {channel}: {answer}"),
    A.LINK_MADE: _Face("link", "made a link for the customer"),
    A.LINKS_ENDED: _Face("lock", "ended the customer’s links"),
    A.CANNED_JOB_SAVED: _Face("tag", "saved a canned job"),
    A.CANNED_JOB_CHANGED: _Face("pencil", "changed the canned job’s {fields}"),
    A.CANNED_LINE_ADDED: _Face("plus", "put {line} on the canned job"),
    A.CANNED_LINE_CHANGED: _Face("pencil", "changed the {fields} of {line} on the canned job"),
    A.CANNED_LINE_REMOVED: _Face("x", "took {line} off the canned job", "late"),
    A.CANNED_JOB_ARCHIVED: _Face("archive", "archived a canned job", "late"),
    A.BACKUP_ASKED: _Face("archive", "asked for a backup"),
    A.RATES_CHANGED: _Face("pencil", "changed the shop’s {fields}"),
    A.SHOP_RULES_CHANGED: _Face("pencil", "changed what the shop insists on"),
    A.PART_WANTED: _Face("package-search", "asked for {quantity} × {part}"),
    A.PART_RETURNED: _Face("undo-2", "took {quantity} × {part} off the ticket"),
}

#: By the ``why`` of a refusal, what was tried in vain.
_REFUSALS = {
    "password": "tried a wrong password",
    "code": "tried a wrong code of the second factor",
    "too_many": "tried too often, and was turned away",
    "place": "tried to sign in too often from one place, and was turned away",
    "role": "was turned away from {at}",
    "many": "was turned away, like so many others that they are only counted",
}

#: What a sentence says where a fact was not left behind.
_UNSAID = {
    "answer": "see there",
    "at": "a page",
    "channel": "",
    "kind": "moved",
    "line": "a line",
    "position": "",
    "verb": "noted the answer to",
    "version": "",
    "mechanic": "a mechanic",
    "part": "a part",
    "quantity": "some",
    "to": "another status",
    "vehicle": "a vehicle",
    "was": "its status",
}

#: Facts that are stored as codes, such as ``in_progress``.
_CODES = ("kind", "was", "to")

#: What stands among the changes because erasure must find it, though no field changed: which line it was, and why.
_LINE, _REASON = "line", "reason"

_FIELD_WORDS = {
    "core_cents": "core charge",
    "cost_cents": "cost",
    "discount_ppm": "discount",
    "discount_cents": "discount",
    "mechanic_id": "mechanic",
    "minutes": "hours",
    "odometer_in": "odometer (in)",
    "odometer_out": "odometer (out)",
    "customer_id": "owner",
    "email": "e-mail",
    "phone": "telephone",
    "plate": "number plate",
    "price_cents": "price",
    "promised_at": "promised time",
    "sku": "SKU",
    "vehicle_id": "vehicle",
    "vin": "VIN",
    # Prices and taxes
    "fee_tax_ppm": "tax on fees",
    "includes_tax": "prices with tax",
    "labour_cents": "labour rate",
    "labour_tax_ppm": "tax on labour",
    "part_tax_ppm": "tax on parts",
    "sublet_tax_ppm": "tax on sublet work",
    "supplies_ppm": "shop supplies",
    "supplies_cap_cents": "most for shop supplies",
    "supplies_on_labour": "shop supplies on labour",
    "supplies_on_parts": "shop supplies on parts",
    # What the shop insists on
    "link_days": "days a customer’s link works",
    "needs_correction": "what was done before a job is finished",
    "needs_mechanic": "mechanic before work starts",
    "needs_odometer_in": "odometer before work starts",
    "needs_odometer_out": "odometer before the invoice",
    "tolerance_cents": "amount over what was approved",
    "untouched_hours": "hours until nobody touched it",
}

_DISCOUNTS = ("discount_ppm", "discount_cents")

#: Events whose note says from which address they came.
_FROM_SOMEWHERE = (A.SIGNED_IN, A.REFUSED)

_LONGEST_VALUE = 80


def icon(action: Action) -> str:
    return _FACES[action].icon


def tone(action: Action) -> str | None:
    return _FACES[action].tone


def sentence(action: Action, facts: Mapping[str, Any], changes: tuple[Change, ...]) -> str:
    """What was done, without who did it and without a full stop."""
    said = {name: str(value).replace("_", " ") if name in _CODES else value for name, value in facts.items()}
    named = {change.field: change.after for change in changes if change.field == _LINE and change.after}
    fields = _joined(list(_by_words(change for change in changes if change.field not in (_LINE, _REASON))))
    said = {**_UNSAID, **said, **named, "fields": fields or "details"}
    if action is A.REFUSED:
        said["more"] = f", {facts['more']} more times within the hour" if "more" in facts else ""
        said["refusal"] = _REFUSALS.get(facts.get("why", ""), "was turned away").format_map(said)
    return _FACES[action].words.format_map(said)


def note(action: Action, changes: tuple[Change, ...]) -> str | None:
    """The reason that was given and the values that were replaced; what is new has no values before."""
    reasons = [change.after for change in changes if change.field == _REASON and change.after]
    if action in _FROM_SOMEWHERE:
        reasons += [f"From {change.after}" for change in changes if change.field == "address" and change.after]
    replaced = _by_words(filter(_can_be_read, changes)) if action.value.endswith("changed") else {}
    return "; ".join([*reasons, *(_replaced(words, several) for words, several in replaced.items())]) or None


def field_words(field: str) -> str:
    return _FIELD_WORDS.get(field, field.replace("_", " "))


def _can_be_read(change: Change) -> bool:
    is_erased = change.before is None and change.after is None
    return change.field not in (_LINE, _REASON) and not change.field.endswith("_id") and not is_erased


def _by_words(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """By what people call it: a discount in percent and one that is an amount are one thing to them."""
    several = defaultdict(list)
    for change in changes:
        several[field_words(change.field)].append(change)
    return several


def _replaced(words: str, changes: list[Change]) -> str:
    nothing = "nobody" if words == "mechanic" else "nothing"
    before = next(filter(None, (_value(change.field, change.before) for change in changes)), nothing)
    after = next(filter(None, (_value(change.field, change.after) for change in changes)), nothing)
    return f"{words[0].upper()}{words[1:]}: {before} → {after}"


def _value(field: str, text: str | None) -> str:
    """As people read it; empty for nothing."""
    if not text or (field in _DISCOUNTS and text == "0"):
        return ""
    if field == "minutes":
        return f"{hours_of(int(text))} h"
    if field.endswith("_cents"):
        return str(decimal_of(int(text)))
    if field.endswith("_ppm"):
        return f"{percent_text(int(text))} %"
    if field.startswith("odometer"):
        return f"{int(text):,}"
    if field.endswith("_at"):
        moment = datetime.fromisoformat(text)
        there = local(moment)
        return f"{there.day} {there:%b %Y}, {time_of_day(moment)}"
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _joined(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
