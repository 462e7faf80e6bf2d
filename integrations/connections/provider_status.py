"""Whether sessions of a provider arrive.

Read from the rows at each request, never cached, in a fixed number of queries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models.enums import TextChoices
from django.utils import timezone

from accounts.models import ApiKey, Organization
from conversations.models import Conversation, ConversationQuerySet
from conversations.providers import SettingsPage, page_of
from integrations.connections.recent_failures import RecentFailures, refusals_since
from integrations.models import Connection, Delivery

# Beyond this, cards say "over": no page counts without an end.
MAX_SESSIONS_COUNTED = 10_000
# A worker takes what is stored within a second; one that is busy, within a few.
LATE = timedelta(seconds=30)


class ProviderState(TextChoices):
    """The states of a provider's connection, with the words of its card."""

    NOT_CONNECTED = "not_connected", "Not connected"
    WAITING = "waiting", "Waiting for the first session"
    ACTIVE = "active", "Active"


@dataclass(frozen=True, slots=True)
class ProviderConnection:
    """The connection of one provider.

    last_session: the newest real one; test sessions count for nothing here.
    today: sessions since midnight in the organization's time zone, at most
        `MAX_SESSIONS_COUNTED` and one.
    has_key: whether any key may post now.
    stored_at: when the newest delivery arrived that is stored and not yet processed.
    refusals: since the last session.
    """

    provider: str
    state: ProviderState
    last_session: Conversation | None
    today: int
    has_key: bool
    stored_at: datetime | None
    refusals: RecentFailures | None

    @property
    def is_active(self) -> bool:
        """Return whether a real session ever arrived."""
        return self.state is ProviderState.ACTIVE

    @property
    def word(self) -> str:
        """Return the state in the words of its card."""
        if self.state is ProviderState.WAITING and self.page:
            return f"Waiting for the first {self.page.noun}"
        return str(self.state.label)

    @property
    def page(self) -> SettingsPage | None:
        """Return the settings page of the provider; None for one without."""
        return page_of(self.provider)

    @property
    def has_posted(self) -> bool:
        """Return whether anything came from a worker, taken or not."""
        return bool(self.is_active or self.stored_at or self.refusals)

    @property
    def lacks_a_key(self) -> bool:
        """Return whether sessions arrived once, and no key may post any more."""
        return self.is_active and not self.has_key

    @property
    def is_stuck(self) -> bool:
        """Return whether what is stored has waited too long for a worker."""
        return self.stored_at is not None and is_late(self.stored_at)

    @property
    def most_counted(self) -> int:
        """Return the limit of `today`, for the template."""
        return MAX_SESSIONS_COUNTED

    @property
    def needs_a_look(self) -> bool:
        """Return whether its card warns."""
        return bool(self.refusals) or self.lacks_a_key


def provider_connection(
    organization: Organization, provider: str
) -> ProviderConnection:
    """Return the connection of a provider now."""
    first = Connection.objects.filter(
        organization=organization, provider=provider
    ).first()
    keys = ApiKey.objects.in_organization(organization)
    has_key = keys.usable().may_post().exists()
    sessions = Conversation.objects.in_organization(organization).filter(
        provider=provider, is_test=False
    )
    last = sessions.for_list().newest_first().first()
    deliveries = Delivery.objects.in_organization(organization).from_workers()
    posts = deliveries.posted_to(provider)
    stored_at = posts.newest_waiting()
    since = last.created_at if last else first.first_session_at if first else None
    return ProviderConnection(
        provider=provider,
        state=_state(has_first=bool(first), may_come=has_key or bool(stored_at)),
        last_session=last,
        today=_count_today(sessions, organization),
        has_key=has_key,
        stored_at=stored_at,
        refusals=refusals_since(posts, organization.id, since),
    )


def is_late(stored_at: datetime) -> bool:
    """Return whether what was stored then should have been processed by now."""
    return timezone.now() - stored_at > LATE


def _state(*, has_first: bool, may_come: bool) -> ProviderState:
    if has_first:
        return ProviderState.ACTIVE
    return ProviderState.WAITING if may_come else ProviderState.NOT_CONNECTED


def _count_today(sessions: ConversationQuerySet, organization: Organization) -> int:
    today = timezone.now().astimezone(organization.zone).date()
    midnight = datetime.combine(today, time.min, tzinfo=organization.zone)
    return sessions.filter(created_at__gte=midnight)[: MAX_SESSIONS_COUNTED + 1].count()
