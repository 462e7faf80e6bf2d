"""An export's entry in the audit log."""

from __future__ import annotations

from accounts import audit
from accounts.models import AuditAction, Organization, User
from conversations.exports.request import ExportRequest
from conversations.exports.rows import how_many
from web.active_filters import ActiveFilter


def record_export(
    *,
    organization: Organization,
    wanted: ExportRequest,
    chips: list[ActiveFilter],
    by: User,
) -> None:
    """Note an export when it begins: one that is broken off has given away what it
    had."""
    amount = how_many(organization, wanted)
    filters = [] if wanted.chosen is not None else chips
    audit.record(
        organization=organization,
        by=by,
        action=AuditAction.DATA_EXPORTED,
        subject=f"{amount} conversation{'' if amount.count == 1 else 's'}",
        detail={
            "format": wanted.format.label,
            "filters": "; ".join(f"{chip.label}: {chip.value}" for chip in filters),
            "choice": "" if wanted.chosen is None else "row by row",
            "rows": amount.count if amount.is_exact else None,
        },
    )
