"""`manage.py demo`, which posts four weeks of invented sessions to the real webhook."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from accounts import first_owner
from accounts.actions import create_key, revoke_key
from accounts.models import ApiKey, Membership, Organization, User
from integrations.demo import backdating, livekit, recordings
from integrations.demo.further_parts import add_further_parts
from integrations.demo.plan import Plan
from integrations.demo.posts import Post
from integrations.demo.sending import Answer, NotZelto, Unreachable, Webhook
from integrations.demo.weeks import Weeks

KEY_NAME = "demo"
PATIENCE_SECONDS = 20
PROGRESS_EVERY = 100


class Command(BaseCommand):
    help = "Posts invented sessions of the last four weeks to the running server."
    requires_system_checks: list[str] = []  # noqa: RUF012 - as `provision`

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--organization", help="name or address (slug); the only one by default"
        )
        parser.add_argument("--sessions", type=int, default=400, metavar="N")
        parser.add_argument(
            "--seed", type=int, default=1, help="another one makes other sessions"
        )
        parser.add_argument(
            "--url", default=settings.BASE_URL, help="default: %(default)s"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Post the sessions that are not there yet.

        Raises:
            CommandError: an option does not fit, or the run failed.
        """
        if options["sessions"] < 1:
            raise CommandError("--sessions must be at least 1.")
        organization = find_organization(options["organization"])
        owner = find_owner(organization)
        plan = Plan(
            seed=options["seed"],
            sessions=options["sessions"],
            weeks=Weeks(timezone.now(), organization.zone, options["seed"]),
            largest_body=settings.MAX_BODY_BYTES,
        )
        existing = backdating.existing(organization, plan.references)
        posts = plan.posts(without=existing)
        if posts:
            with reachable(options["url"]) as webhook:
                Demo(self, organization, owner, plan, webhook).run(posts)
            return
        # Perhaps the run that posted them had to leave before they were processed.
        backdating.align_times(organization, plan.references)
        recordings.add_recordings(organization, plan)
        livekit.add_livekit_sessions(organization, plan)
        add_further_parts(organization, owner)
        self.stdout.write(
            f"The demo is there already: {len(existing)} sessions. "
            "Another --seed adds others."
        )


class Demo:
    """The posts of one run, with keys of its own that are revoked when it ends."""

    def __init__(
        self,
        command: BaseCommand,
        organization: Organization,
        owner: User,
        plan: Plan,
        webhook: Webhook,
    ) -> None:
        self.command = command
        self.organization = organization
        self.owner = owner
        self.plan = plan
        self.webhook = webhook
        self.answers: Counter[int] = Counter()
        self.sessions: set[str] = set()
        self.unexpected: list[tuple[Post, Answer]] = []
        self.moments: dict[str, datetime] = {}

    def run(self, posts: list[Post]) -> None:
        """Post all of them, wait for the worker, and move what arrived back in time.

        Raises:
            CommandError: the server stopped answering, nothing was processed for
                `PATIENCE_SECONDS`, or an answer was not the expected one.
        """
        after = backdating.newest_sequence(self.organization)
        try:
            self._post_all(posts)
        finally:
            # Moved when a worker no longer writes to the same rows.
            left = backdating.wait_until_processed(
                self.organization, self.plan.references, patience=PATIENCE_SECONDS
            )
            backdating.move_arrivals(
                self.organization, after=after, moments=self.moments
            )
            backdating.align_times(self.organization, self.plan.references)
        recordings.add_recordings(self.organization, self.plan)
        if left:
            raise CommandError(
                f"{left} sessions are stored but not processed. "
                "Start the worker (is `make run` up?), then run this again."
            )
        livekit.add_livekit_sessions(self.organization, self.plan)
        add_further_parts(self.organization, self.owner)
        self._conclude()

    def _post_all(self, posts: list[Post]) -> None:
        """Post one after the other, since the log keeps the order of arrival."""
        self._say(f"{len(posts)} posts to {self.webhook.url}")
        with (
            self._key(ApiKey.Scope.INGEST) as key,
            self._key(ApiKey.Scope.READ) as read_key,
        ):
            for count, post in enumerate(posts, start=1):
                self._post(post, read_key if post.with_read_key else key)
                if count % PROGRESS_EVERY == 0:
                    self._say(f"{count} of {len(posts)}")
        with self._key(ApiKey.Scope.INGEST) as revoked:
            pass
        # A worker that still posts with a revoked key. It is not the others' key: all
        # their agents would need a look.
        self._post(replace(posts[-1], expects=401), revoked)

    def _post(self, post: Post, key: str) -> None:
        try:
            answer = self.webhook.post(post, key)
        except Unreachable as error:
            raise CommandError(
                f"{self.webhook.url} stopped answering: {error}. "
                "Once it is up again, run this again; nothing is added twice."
            ) from error
        self.answers[answer.status] += 1
        if post.expects != 401:
            self.moments[answer.request_id] = post.arrives_at
        if answer.status != post.expects:
            self.unexpected.append((post, answer))

    @contextmanager
    def _key(self, scope: ApiKey.Scope) -> Iterator[str]:
        key, text = create_key(
            organization=self.organization, name=KEY_NAME, scope=scope, by=self.owner
        )
        try:
            yield text or ""
        finally:
            revoke_key(key=key, by=self.owner)

    def _conclude(self) -> None:
        counts = ", ".join(
            f"{count} with {status}" for status, count in sorted(self.answers.items())
        )
        page = reverse("conversations:list", kwargs={"slug": self.organization.slug})
        self._say(f"Answers: {counts}. Four weeks of them: {settings.BASE_URL}{page}")
        if self.unexpected:
            post, answer = self.unexpected[0]
            raise CommandError(
                f"{len(self.unexpected)} answers were not as expected. The first: "
                f"{answer.status} instead of {post.expects}: {answer.text[:500]}"
            )

    def _say(self, sentence: str) -> None:
        self.command.stdout.write(sentence)
        self.command.stdout.flush()


@contextmanager
def reachable(url: str) -> Iterator[Webhook]:
    """Open the webhook of the server at an address, and close it at the end.

    Raises:
        CommandError: nothing answers there, or something other than Zelto.
    """
    with Webhook(url) as webhook:
        try:
            webhook.check()
        except Unreachable as error:
            raise CommandError(
                f"Nothing answers at {webhook.url}. Is `make run` up? ({error})"
            ) from error
        except NotZelto as error:
            raise CommandError(
                f"{webhook.url} answers {error}, so it is not Zelto. Name its address "
                "with --url."
            ) from error
        yield webhook


def find_organization(name: str | None) -> Organization:
    """Return the organization with this name or slug; without one, the only one.

    Raises:
        CommandError: there is none, or more than one.
    """
    organizations = Organization.objects.order_by("slug")
    if name:
        found = list(organizations.filter(slug=name)) or list(
            organizations.filter(name__iexact=name)
        )
    else:
        found = list(organizations)
    if len(found) == 1:
        return found[0]
    slugs = ", ".join(one.slug for one in found or organizations)
    if found:
        raise CommandError(f"Name one with --organization: {slugs}.")
    if slugs:
        raise CommandError(f"There is no organization “{name}”. There are: {slugs}.")
    link = first_owner.link()
    where = f" {link}" if link else ""
    raise CommandError(f"There is no organization yet. Sign up first:{where}")


def find_owner(organization: Organization) -> User:
    """Return an owner of the organization, who makes the keys of the demo.

    Raises:
        CommandError: it has none.
    """
    owner = Membership.objects.in_organization(organization).owners().listed().first()
    if owner is None:
        raise CommandError(f"{organization} has no owner who could make a key.")
    return owner.user
