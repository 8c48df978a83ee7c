"""What people do with tickets.

Each command locks the ticket before it looks at it, and parts after it in the order of their ids, so that two people
who do things at once wait for one another instead of deciding on what is no longer so.
"""

from __future__ import annotations

from shop.tickets.commands.consent import (
    Sent,
    answer,
    end_links,
    give_link,
    note_consent,
    send_estimate,
    take_links_back,
    write_estimate,
)
from shop.tickets.commands.jobs import (
    add_canned,
    add_job,
    archive_canned,
    ask_again,
    edit_job,
    finish_job,
    move_job,
    offer_again,
    remove_job,
    reopen_job,
    restore_job,
    save_canned,
)
from shop.tickets.commands.lines import (
    add_item,
    add_labour,
    edit_line,
    fit_part,
    remove_line,
    restore_line,
    take_wanted,
    use_part,
    want_part,
)
from shop.tickets.commands.tickets import (
    archive_ticket,
    change_mechanics,
    check_promise,
    edit_ticket,
    hand_over,
    move,
    objections,
    open_comeback,
    open_ticket,
    restore_ticket,
    take_in,
)

__all__ = [
    "Sent",
    "add_canned",
    "add_item",
    "add_job",
    "add_labour",
    "answer",
    "archive_canned",
    "archive_ticket",
    "ask_again",
    "change_mechanics",
    "check_promise",
    "edit_job",
    "edit_line",
    "edit_ticket",
    "end_links",
    "finish_job",
    "fit_part",
    "give_link",
    "hand_over",
    "move",
    "move_job",
    "note_consent",
    "objections",
    "offer_again",
    "open_comeback",
    "open_ticket",
    "remove_job",
    "remove_line",
    "reopen_job",
    "restore_job",
    "restore_line",
    "restore_ticket",
    "save_canned",
    "send_estimate",
    "take_in",
    "take_links_back",
    "take_wanted",
    "use_part",
    "want_part",
    "write_estimate",
]
