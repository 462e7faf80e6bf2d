"""What the page of one delivery says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.models import Organization
from conversations.models import Agent, Conversation, Provider
from integrations.connections.recent_failures import advice_of
from integrations.deliveries.body_view import BodyLines, body_lines, number_notes
from integrations.delivery_log.append import KEPT_BODY_BYTES, STATUSES_WITH_BODY
from integrations.delivery_log.jobs import MAX_ATTEMPTS
from integrations.models import Delivery
from integrations.processing.replay import UPLOAD_AGAIN
from integrations.providers import PROVIDERS

MAX_SIBLINGS = 20
UNDER_WAY = "The worker is reading the deliveries of its call again."
Outcome = Delivery.Outcome


@dataclass(frozen=True, slots=True)
class Replay:
    """What replaying would do, or why it cannot be done.

    providers: to choose from, where the body is read anew.
    """

    does: str = ""
    cannot: str = ""
    providers: tuple[tuple[str, str], ...] = ()


def status_of(delivery: Delivery) -> dict[str, Any]:
    """Return what may change while somebody looks."""
    took = None
    if delivery.processed_at:
        took = (delivery.processed_at - delivery.received_at).total_seconds()
    needs_a_look = delivery.outcome in {Outcome.REJECTED, Outcome.FAILED}
    return {
        "delivery": delivery,
        "advice": advice_of(delivery) if needs_a_look else None,
        "notes": number_notes(delivery.errors, delivery.warnings),
        "conversation": conversation_of(delivery),
        "took": took,
        "max_attempts": MAX_ATTEMPTS,
        "replay": replay_of(delivery),
        "original": original_of(delivery),
    }


def conversation_of(delivery: Delivery) -> Conversation | None:
    """Return the conversation of its call, also where another delivery made it."""
    if not delivery.external_id:
        return None
    return (
        Conversation.objects.filter(
            organization=delivery.organization_id,
            provider=delivery.provider,
            external_id=delivery.external_id,
        )
        .select_related("agent")
        .only("id", "external_id", "agent__name", "agent__external_id")
        .first()
    )


def agent_of(delivery: Delivery) -> Agent | None:
    """Return the agent that it names, where that is known; of a merged one, the other."""
    if not delivery.agent_reference:
        return None
    agents = Agent.objects.filter(organization=delivery.organization_id)
    found = (
        agents.filter(provider=delivery.provider, external_id=delivery.agent_reference)
        .select_related("merged_into")
        .first()
    )
    return (found.merged_into or found) if found else None


def original_of(delivery: Delivery) -> Delivery | None:
    """Return the one this is a replay of; it is gone after the retention of refusals."""
    if delivery.replay_of is None:
        return None
    log = Delivery.objects.filter(organization=delivery.organization_id)
    return log.filter(uuid=delivery.replay_of).only("uuid", "received_at").first()


def replay_of(delivery: Delivery) -> Replay:
    if delivery.outcome == Outcome.ACCEPTED:
        return Replay(cannot="It waits for the worker as it is.")
    if delivery.is_replayed:
        return Replay(cannot=UNDER_WAY)
    if not delivery.has_body:
        return Replay(cannot=why_no_body(delivery))
    if delivery.outcome == Outcome.IGNORED:
        return Replay(cannot="It was ignored, and would be again.")
    if delivery.outcome == Outcome.FAILED:
        return Replay(
            f"It is tried again, up to {MAX_ATTEMPTS} times. Once it can be read, its "
            "conversation appears."
        )
    if delivery.outcome == Outcome.PROCESSED:
        return Replay(
            "All deliveries of its call are read again, in the order in which they "
            "came. The conversation comes out the same, unless it was damaged or Zelto "
            "has learned to read more since. It is not charged again."
        )
    if delivery.provider == Provider.UPLOAD:
        return Replay(cannot=UPLOAD_AGAIN)
    return Replay(
        "The body is checked again as at the door. If it fits now, it is stored as a "
        "new delivery beside this one and becomes a conversation. If not, you see what "
        "does not fit, and nothing changes.",
        providers=tuple(
            (value, label) for value, label in Provider.choices if value in PROVIDERS
        ),
    )


def why_no_body(delivery: Delivery) -> str:
    if delivery.outcome == Outcome.REJECTED:
        if delivery.status not in STATUSES_WITH_BODY:
            return f"Posts that are answered {delivery.status} keep no body."
        if delivery.fold_key:
            return (
                "Its key had so many posts refused in this minute that these were only "
                "counted."
            )
        if delivery.size > KEPT_BODY_BYTES:
            return f"Refused bodies over {KEPT_BODY_BYTES // 1024} KiB are not kept."
    days = settings.KEEP_BODIES_DAYS
    if days:
        return f"Its body is gone: erased, or older than {days} days."
    return "Its body was erased."


def body_of(delivery: Delivery) -> BodyLines | None:
    if delivery.body is None:
        return None
    notes = number_notes(delivery.errors, delivery.warnings)
    return body_lines(bytes(delivery.body), notes)


def siblings_of(delivery: Delivery) -> list[Delivery]:
    """Return the newest others of the same call, without their bodies."""
    if not delivery.external_id:
        return []
    log = Delivery.objects.filter(
        organization=delivery.organization_id,
        provider=delivery.provider,
        external_id=delivery.external_id,
    )
    return list(log.exclude(pk=delivery.pk).for_list()[: MAX_SIBLINGS + 1])


def address_of(delivery: Delivery, organization: Organization) -> tuple[str, str, str]:
    """For `redirect` and `reverse`."""
    return "integrations:delivery", organization.slug, str(delivery.uuid)


def sentence_of_replay(delivery: Delivery, replayed: Delivery) -> str:
    if replayed.pk != delivery.pk:
        return "It fits now. This is the new delivery; it becomes a conversation."
    if replayed.is_replayed:
        return "Its call is large, so the worker reads it again. You see here when it is done."
    if replayed.outcome == Outcome.PROCESSED:
        return "The conversation was made again from its deliveries."
    return "It is being tried again."
