"""The way of a newcomer to the first session: what is done of it, and what is next."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import ApiKey, Organization
from conversations.models import Conversation
from integrations.ingest import unknown_keys
from integrations.models import Connection, Delivery, LiveKitProject


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What there is before the first session.

    has_key: a key may post. has_posted: something came from a worker. refusal: the newest
    post, where it was refused. is_stored: it is stored, and a conversation in a moment.
    is_watched: a LiveKit project is. test: the newest test session that somebody sent.
    strangers: posts with an unknown key came lately.
    """

    has_key: bool
    has_posted: bool
    is_stored: bool
    refusal: Delivery | None
    is_watched: bool
    test: Conversation | None
    strangers: bool

    @property
    def version(self) -> str:
        """Return what changes when the page does."""
        refusal = self.refusal and (self.refusal.sequence, self.refusal.count)
        test = self.test and self.test.pk
        flags = (self.has_key, self.has_posted, self.is_stored, self.is_watched)
        return f"{flags} {refusal} {test} {self.strangers}"


def has_begun(organization: Organization) -> bool:
    """Tell whether a real session ever arrived: tests do not count."""
    if Connection.objects.filter(organization=organization).exists():
        return True
    own = Conversation.objects.in_organization(organization)
    return own.filter(is_test=False).exists()


def first_steps(organization: Organization) -> FirstSteps:
    """Return how far a newcomer got."""
    keys = ApiKey.objects.in_organization(organization)
    posts = Delivery.objects.in_organization(organization).from_workers()
    newest = posts.without_bodies().newest_first().first()
    is_refused = newest is not None and newest.outcome in {
        Delivery.Outcome.REJECTED,
        Delivery.Outcome.FAILED,
    }
    tests = Conversation.objects.in_organization(organization).filter(is_test=True)
    return FirstSteps(
        has_key=keys.usable().may_post().exists(),
        has_posted=newest is not None,
        is_stored=newest is not None and newest.outcome == Delivery.Outcome.ACCEPTED,
        refusal=newest if is_refused else None,
        is_watched=LiveKitProject.objects.in_organization(organization).exists(),
        test=tests.newest_first().only("id", "created_at").first(),
        strangers=bool(unknown_keys.seen_lately()),
    )
