"""What the background worker does for tickets."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, or_

from shop.common.clock import now
from shop.common.transaction import transaction
from shop.extensions import db
from shop.tickets.models import Channel, Consent, EstimateVersion, RepairLink

OLD_LINKS = timedelta(days=60)


def forget_old_links() -> int:
    """Delete links to repairs that ended 60 days ago; answers how many.

    One that worked when its ticket was answered by a link stays with the answer, for it may be the one that was used.
    """
    moment = now() - OLD_LINKS
    was_used = exists().where(
        EstimateVersion.ticket_id == RepairLink.ticket_id,
        Consent.version_id == EstimateVersion.id,
        Consent.channel == Channel.LINK,
        Consent.at.between(RepairLink.created_at, RepairLink.expires_at),
        or_(RepairLink.ended_at.is_(None), RepairLink.ended_at >= Consent.at),
    )
    old = delete(RepairLink).where(
        or_(RepairLink.expires_at < moment, RepairLink.ended_at < moment), ~was_used.correlate(RepairLink)
    )
    with transaction():
        return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]
