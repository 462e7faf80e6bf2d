"""What conversations are found by: written after them, by the worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.db.models.lookups import Lookup

from accounts.identifiers import time_ordered_uuid
from accounts.models import Organization
from conversations.models.conversation import Conversation

# Of the rules by which entries of the index are made. Whoever changes these raises it, and
# the worker makes the entries of earlier ones anew.
RULES_VERSION = 3


class WordsField(models.Field):  # type: ignore[type-arg]  # not so at run time
    """A tsvector; its two lookups take the text of a tsquery."""

    def db_type(self, connection: Any) -> str:
        return "tsvector"


class _AgainstQuery(Lookup):
    template: str

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        words, parameters = self.process_lhs(compiler, connection)
        return self.template.format(words), [*parameters, self.rhs]


@WordsField.register_lookup
class Have(_AgainstQuery):
    """Found through the index: all at once, whatever else is filtered by."""

    lookup_name = "have"
    prepare_rhs = False
    template = "{} @@ %s::tsquery"


@WordsField.register_lookup
class TestedFor(_AgainstQuery):
    """Tested row by row: a function, which no index serves.

    The planner cannot know how many rows a prefix has, and would at times read an
    index's half for a page.
    """

    lookup_name = "tested_for"
    prepare_rhs = False
    template = "ts_match_vq({}, %s::tsquery)"


class SearchEntry(models.Model):
    """The words and facts by which one conversation is found, see `lexemes`.

    version: of the rules by which they were made. said_limit, tools_limit: characters of
    a longer turn that are searched, of people and of tools; null where all of each are.
    """

    VERSION = RULES_VERSION

    conversation = models.OneToOneField(
        Conversation,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="search_entry",
    )
    words = WordsField()
    version = models.PositiveSmallIntegerField(default=RULES_VERSION, db_default=1)
    said_limit = models.PositiveIntegerField(null=True)
    tools_limit = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = (
            # Those to be made anew, in the order in which that is done.
            models.Index(
                fields=["-conversation_id"],
                name="search_entry_outdated",
                condition=models.Q(version__lt=RULES_VERSION),
            ),
            # Lists by anything that the list's own indexes do not answer.
            GinIndex(fields=["words"], name="search_entry_words"),
        )

    def __str__(self) -> str:
        return f"Words of {self.conversation_id}"


class SearchJobQuerySet(models.QuerySet["SearchJob"]):
    def to_retry(self) -> Self:
        """Keep those that failed and whose next try is due.

        A wait longer than this code ever writes counts as over: the clock was set back.
        """
        now: Any = Now()
        longest = timedelta(seconds=max(SearchJob.WAITS))
        tried = self.filter(attempts__gt=0, attempts__lt=SearchJob.TRIES)
        return tried.exclude(
            next_try_at__gte=now, next_try_at__lte=now + models.Value(longest)
        ).order_by("next_try_at")


class SearchJob(models.Model):
    """A conversation whose entry is to be made anew.

    A trigger writes it, in the transaction of whatever changed the conversation. One
    that failed keeps its row: it is tried again by itself, `TRIES` times in all, and is
    deleted when a later change of its conversation is indexed.
    """

    # How long to wait after each try that failed, seconds; after the last it is over.
    WAITS: tuple[int, ...] = (60, 300, 1800, 7200)
    TRIES = len(WAITS) + 1

    id = models.BigAutoField(primary_key=True)
    conversation_id = models.UUIDField()
    organization_id = models.UUIDField()
    # Defaults of the database's own: the trigger knows nothing of these.
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(null=True)
    # The kind of error, never its text, which may hold what a caller said.
    last_error = models.CharField(max_length=255, default="", db_default="")

    objects = SearchJobQuerySet.as_manager()

    class Meta:
        indexes = (
            # What an organization's filters cannot know yet.
            models.Index(
                fields=["organization_id", "-id"], name="search_job_by_organization"
            ),
            # Those that failed, which are few: to be retried, counted, and let go of.
            models.Index(
                fields=["conversation_id"],
                name="search_job_failed",
                condition=models.Q(attempts__gt=0),
            ),
        )

    def __str__(self) -> str:
        return f"To index: {self.conversation_id}"


class SeenValue(models.Model):
    """A value that conversations of an organization had: what filters suggest."""

    class Kind(models.TextChoices):
        ENDED_REASON = "ended_reason", "Ended reason"
        VERSION = "version", "Version"
        METADATA_KEY = "metadata_key", "Metadata key"
        TAG = "tag", "Tag"
        JUDGE = "judge", "Judge"

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="seen_values"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    value = models.CharField(max_length=255)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = (
            # Noted by any number of batches.
            models.UniqueConstraint(
                fields=["organization", "kind", "value"], name="seen_value_once"
            ),
        )
        indexes = (
            # The newest of a kind, for suggestions.
            models.Index(
                fields=["organization", "kind", "-last_seen_at"],
                name="seen_value_newest",
            ),
        )

    def __str__(self) -> str:
        return self.value
