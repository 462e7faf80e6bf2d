"""Who uses a key: what the newest posts with it say of their senders.

Bounded, since no index goes by key: the newest posts of the organization, and where the
key was used long ago, some of those from before its last use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import ApiKey, Organization
from integrations.delivery_log.positions import sequence_after
from integrations.models import Delivery
from integrations.models.delivery import DeliveryQuerySet

LOOKED_AT = 1_000
MAX_NAMED = 5


@dataclass(slots=True)
class KeyUse:
    """What the posts with a key say, among those that were looked at.

    posts: how many. refused: how many of them. newest_at: of a folded row, its last
    post.
    agents, user_agents: the newest first, at most `MAX_NAMED`.
    """

    posts: int = 0
    refused: int = 0
    newest_at: datetime | None = None
    agents: list[str] = field(default_factory=list)
    user_agents: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.posts > 0

    @property
    def senders(self) -> list[str]:
        """Return the agents, or where no post names one, the user agents."""
        return self.agents or self.user_agents

    def add(self, post: Post) -> None:
        """Count a post; posts are added from the newest to the oldest."""
        self.posts += post.count
        if post.outcome == Delivery.Outcome.REJECTED:
            self.refused += post.count
        at = post.last_received_at or post.received_at
        self.newest_at = max(self.newest_at or at, at)
        _note(self.agents, post.agent_reference)
        _note(self.user_agents, post.user_agent)


@dataclass(frozen=True, slots=True)
class Post:
    """The columns of a delivery that say who posted it."""

    key_id: UUID | None
    agent_reference: str
    user_agent: str
    outcome: str
    count: int
    received_at: datetime
    last_received_at: datetime | None


def _note(known: list[str], text: str) -> None:
    if text and text not in known and len(known) < MAX_NAMED:
        known.append(text)


def recent_use(organization: Organization) -> dict[UUID, KeyUse]:
    """Return the use of keys, by key id, among the organization's newest deliveries."""
    return _use(_posts(Delivery.objects.in_organization(organization)))


def use_of(key: ApiKey) -> KeyUse:
    """Return the use of one key, also where it was last used long ago: then among the
    deliveries before its last use."""
    log = Delivery.objects.in_organization(key.organization)
    use = recent_use(key.organization).get(key.id)
    if use or key.last_used_at is None:
        return use or KeyUse()
    end = key.last_used_at + timedelta(minutes=1)
    before = log.filter(sequence__lt=sequence_after(key.organization_id, end))
    return _use(_posts(before)).get(key.id, KeyUse())


def _posts(log: DeliveryQuerySet) -> Iterable[Post]:
    rows = log.newest_first().values_list(*(each.name for each in fields(Post)))
    return (Post(*row) for row in rows[:LOOKED_AT])


def _use(posts: Iterable[Post]) -> dict[UUID, KeyUse]:
    found: dict[UUID, KeyUse] = {}
    for post in posts:
        if post.key_id is not None:
            found.setdefault(post.key_id, KeyUse()).add(post)
    return found
