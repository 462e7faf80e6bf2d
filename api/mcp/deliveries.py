"""The tool `list_deliveries`."""

from __future__ import annotations

from typing import Any

from accounts.models import Organization
from api.caller import Caller
from api.deliveries import Delivery, DeliveryParameters
from api.deliveries import list_deliveries as list_
from api.mcp.bounds import LONG_TEXT, cut_texts
from api.mcp.pages import page, page_of, with_url
from api.mcp.parts import part_that_fits
from api.mcp.server import tool
from api.resources import as_json

# Of one row; the first ones tell what is wrong with all of them.
MAX_FAULTS = 10

DeliveryWithPage = with_url(Delivery)


@tool(
    title="The delivery log",
    description="Every post to the webhook with what became of it, the newest first: "
    "its status, and for a refused or failed one the reason and the fields at fault. "
    "outcome=rejected shows what was answered 4xx, failed what was stored and could not "
    "be read. A part may be short, or empty, and still have a nextCursor. Bodies are in "
    "the dashboard and in REST.",
    takes=DeliveryParameters,
    gives=page_of(DeliveryWithPage),
)
def list_deliveries(caller: Caller, arguments: DeliveryParameters) -> dict[str, Any]:
    """List deliveries, without their bodies."""
    organization = caller.organization
    part = list_(organization, arguments)
    return part_that_fits(
        part, (shown_delivery(organization, row) for row in part.rows)
    )


def shown_delivery(organization: Organization, delivery: Delivery) -> dict[str, Any]:
    """Return a delivery with its texts and faults cut, and its page."""
    fields = cut_texts(as_json(delivery), LONG_TEXT)
    return fields | {
        "errors": _faults(fields["errors"]),
        "warnings": _faults(fields["warnings"]),
        "url": page(organization, "integrations:delivery", delivery.id),
    }


def _faults(faults: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shown = [cut_texts(fault, LONG_TEXT) for fault in faults[:MAX_FAULTS]]
    if left_out := len(faults) - len(shown):
        shown.append({"path": "…", "detail": f"and {left_out} more"})
    return shown
