"""Every kind of change there is: its name, and the lists that it shows in."""

from __future__ import annotations

from enum import Enum

from shop.common.stamps import Topic

_LISTED_TICKET = (Topic.TICKETS,)
_STOCK = (Topic.PARTS, Topic.TICKETS)


class Action(Enum):
    """``value`` is the name that is stored, ``topics`` are the lists that a change of this kind shows in.

    ``listed`` is how many more there are on the first of these lists.
    """

    ACCOUNT_CREATED = "account.created", (Topic.ACCOUNTS,)
    ACCOUNT_CHANGED = "account.changed", (Topic.ACCOUNTS,)
    ACCOUNT_DISABLED = "account.disabled", (Topic.ACCOUNTS,)
    ACCOUNT_ENABLED = "account.enabled", (Topic.ACCOUNTS,)
    ACCOUNT_INVITED = "account.invited", (Topic.ACCOUNTS,)
    PASSWORD_CHANGED = "account.password_changed", ()
    PASSWORD_RESET_SENT = "account.password_reset_sent", ()
    SECOND_FACTOR_SET_UP = "account.second_factor_set_up", ()
    SECOND_FACTOR_REMOVED = "account.second_factor_removed", ()
    RECOVERY_CODES_MADE = "account.recovery_codes_made", ()
    RECOVERY_CODE_USED = "account.recovery_code_used", ()
    SIGNED_IN = "account.signed_in", ()
    SIGNED_OUT = "account.signed_out", ()
    SIGNED_OUT_EVERYWHERE = "account.signed_out_everywhere", ()
    REFUSED = "account.refused", ()

    CUSTOMER_ADDED = "customer.added", (Topic.CUSTOMERS,), +1
    CUSTOMER_CHANGED = "customer.changed", (Topic.CUSTOMERS, Topic.TICKETS)
    CUSTOMER_ARCHIVED = "customer.archived", (Topic.CUSTOMERS, Topic.TICKETS), -1
    CUSTOMER_ERASED = "customer.erased", (Topic.CUSTOMERS, Topic.TICKETS)
    CUSTOMER_EXPORTED = "customer.exported", ()
    CUSTOMER_RESTORED = "customer.restored", (Topic.CUSTOMERS, Topic.TICKETS), +1
    CUSTOMER_MERGED = "customer.merged", (Topic.CUSTOMERS, Topic.TICKETS)  # archived in the same breath
    CUSTOMER_TOOK_OVER = "customer.took_over", (Topic.CUSTOMERS, Topic.TICKETS)
    VEHICLE_ADDED = "vehicle.added", (Topic.CUSTOMERS,)
    VEHICLE_CHANGED = "vehicle.changed", (Topic.CUSTOMERS, Topic.TICKETS)
    VEHICLE_ARCHIVED = "vehicle.archived", (Topic.CUSTOMERS, Topic.TICKETS)
    VEHICLE_RESTORED = "vehicle.restored", (Topic.CUSTOMERS, Topic.TICKETS)

    MECHANIC_ADDED = "mechanic.added", (Topic.MECHANICS,), +1
    MECHANIC_CHANGED = "mechanic.changed", (Topic.MECHANICS, Topic.TICKETS)
    MECHANIC_ARCHIVED = "mechanic.archived", (Topic.MECHANICS, Topic.TICKETS), -1
    MECHANIC_RESTORED = "mechanic.restored", (Topic.MECHANICS, Topic.TICKETS), +1

    PART_ADDED = "part.added", (Topic.PARTS,), +1
    PART_CHANGED = "part.changed", _STOCK
    PART_ARCHIVED = "part.archived", (Topic.PARTS,), -1
    PART_RESTORED = "part.restored", (Topic.PARTS,), +1
    PART_MOVED = "part.moved", _STOCK

    TICKET_OPENED = "ticket.opened", (Topic.TICKETS, Topic.MECHANICS), +1  # a comeback counts in the ranking
    TICKET_CHANGED = "ticket.changed", _LISTED_TICKET
    TICKET_HANDED_OVER = "ticket.handed_over", _LISTED_TICKET
    TICKET_MOVED = "ticket.moved", (Topic.TICKETS, Topic.MECHANICS)
    TICKET_ARCHIVED = "ticket.archived", (Topic.TICKETS, Topic.MECHANICS), -1
    MECHANIC_ASSIGNED = "ticket.mechanic_assigned", (Topic.TICKETS, Topic.MECHANICS)
    MECHANIC_UNASSIGNED = "ticket.mechanic_unassigned", (Topic.TICKETS, Topic.MECHANICS)
    TICKET_RESTORED = "ticket.restored", (Topic.TICKETS, Topic.MECHANICS), +1
    JOB_ADDED = "ticket.job_added", _LISTED_TICKET
    JOB_CHANGED = "ticket.job_changed", _LISTED_TICKET
    JOB_MOVED = "ticket.job_moved", _LISTED_TICKET
    JOB_REMOVED = "ticket.job_removed", _STOCK
    JOB_RESTORED = "ticket.job_restored", _STOCK
    JOB_FINISHED = "ticket.job_finished", _STOCK
    JOB_REOPENED = "ticket.job_reopened", _LISTED_TICKET
    JOB_ASKED_AGAIN = "ticket.job_asked_again", _LISTED_TICKET
    LINE_ADDED = "ticket.line_added", _LISTED_TICKET
    LINE_CHANGED = "ticket.line_changed", _STOCK
    LINE_REMOVED = "ticket.line_removed", _LISTED_TICKET
    LINE_RESTORED = "ticket.line_restored", _STOCK
    PART_USED = "ticket.part_used", _STOCK
    PART_WANTED = "ticket.part_wanted", _STOCK
    PART_FITTED = "ticket.part_fitted", _STOCK
    PART_TAKEN_OUT = "ticket.part_taken_out", _STOCK
    PART_RETURNED = "ticket.part_returned", _STOCK
    ESTIMATE_SENT = "ticket.estimate_sent", _LISTED_TICKET
    CONSENT_GIVEN = "ticket.consent_given", _STOCK
    LINK_MADE = "ticket.link_made", ()
    LINKS_ENDED = "ticket.links_ended", ()

    CANNED_JOB_SAVED = "canned_job.saved", (Topic.SETTINGS,)
    CANNED_JOB_CHANGED = "canned_job.changed", (Topic.SETTINGS,)
    CANNED_LINE_ADDED = "canned_job.line_added", (Topic.SETTINGS,)
    CANNED_LINE_CHANGED = "canned_job.line_changed", (Topic.SETTINGS,)
    CANNED_LINE_REMOVED = "canned_job.line_removed", (Topic.SETTINGS,)
    CANNED_JOB_ARCHIVED = "canned_job.archived", (Topic.SETTINGS,)

    BACKUP_ASKED = "backup.asked", ()
    RATES_CHANGED = "rates.changed", (Topic.SETTINGS,)
    SHOP_RULES_CHANGED = "shop_rules.changed", (Topic.SETTINGS, Topic.TICKETS)

    topics: tuple[Topic, ...]
    listed: int

    def __new__(cls, name: str, topics: tuple[Topic, ...], listed: int = 0) -> Action:
        member = object.__new__(cls)
        member._value_ = name
        member.topics = topics
        member.listed = listed
        return member
