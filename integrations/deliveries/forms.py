"""The form above the delivery log: its filters."""

from __future__ import annotations

from typing import Any

from conversations.listing.forms import DayFilter, DaysForm
from conversations.models import Provider
from integrations.connections.status_advice import answers
from integrations.models import Delivery
from web.list_form import IdFilter, PickFilter, TextFilter

Outcome = Delivery.Outcome
# What became no conversation and should have: not an outcome of its own.
NEEDS_A_LOOK = "needs-a-look"
OUTCOMES = [
    (NEEDS_A_LOOK, "Needs a look"),
    (Outcome.PROCESSED.value, "Processed"),
    (Outcome.ACCEPTED.value, "Stored, not processed yet"),
    (Outcome.REJECTED.value, "Refused"),
    (Outcome.FAILED.value, "Failed"),
    (Outcome.IGNORED.value, "Ignored"),
]
# A post whose header named no provider that there is.
UNKNOWN_PROVIDER = "unknown"
PROVIDERS = [*Provider.choices, (UNKNOWN_PROVIDER, "Not known")]


def statuses() -> list[int]:
    """Return every answer that the log may have; 503 is none of them."""
    return [one.status for one in answers() if one.status < 500]


class StatusFilter(PickFilter):
    """One of the answers of the webhook, as a number."""

    def clean(self, value: Any) -> int | None:
        """Return the status.

        Raises:
            ValidationError: it is none that the log has.
        """
        text = super().clean(value)
        return int(text) if text else None

    def fault_of(self, text: str) -> str:
        """Return a sentence on a number that there is not."""
        return "The answer in the address is none that Zelto gives; it is left out."


class DeliveryListForm(DaysForm):
    """The filters of the delivery log."""

    outcome = PickFilter("Outcome", OUTCOMES, every="Any outcome", noun="outcome")
    status = StatusFilter("Answer", [(str(one), str(one)) for one in statuses()])
    key = IdFilter("Key", every="Any key", noun="key")
    provider = PickFilter("Provider", PROVIDERS, noun="provider")
    reference = TextFilter("Call", kind="search", placeholder="The whole id")
    first_day = DayFilter("From", name="From")
    last_day = DayFilter("To", name="To")
