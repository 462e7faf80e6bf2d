"""Which channels are told of a change of an issue, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from alerts.channels.registry import kind_of
from alerts.messages import events
from alerts.messages.history import OPENINGS, History, read_history
from alerts.messages.queueing import new_message, queue
from alerts.messages.storms import (
    MAX_LATELY,
    MAX_OF_A_ROUND,
    end_of_storm,
    storm_of,
)
from alerts.models import Channel, Issue, IssueChange, IssueKind, Message, Rule
from alerts.models.issue import OF_THE_INSTANCE
from alerts.rules.evaluation import Rules, held_until
from alerts.texts.issue_text import content_of

Step = IssueChange.Kind


@transaction.atomic
def route(changes: Sequence[IssueChange]) -> int:
    """Queue the messages that follow of changes, in the transaction that saved them; return
    how many.

    changes: saved, each with its issue.
    """
    told = [one for one in changes if one.kind in events.BY_STEP]
    if not told:
        return 0
    organizations = {one.organization_id for one in told}
    usable = Channel.objects.usable().filter(organization__in=organizations)
    channels = list(usable.select_related("organization").order_by("pk"))
    if not channels:
        return 0
    rules = Rules(Rule.objects.filter(organization__in=organizations))
    router = _Router(read_history(channels, told), rules, channels)
    return queue([one for channel in channels for one in router.plan(channel, told)])


class _Router:
    """Plans the messages of one round."""

    def __init__(
        self, history: History, rules: Rules, channels: Iterable[Channel]
    ) -> None:
        self.history = history
        self.rules = rules
        self.now = timezone.now()
        # Of each organization the one that its owners are mailed by.
        self.of_owners: dict[UUID, Channel] = {}
        for one in channels:
            if one.kind == Channel.Kind.EMAIL and one.sends_issues:
                self.of_owners.setdefault(one.organization_id, one)

    def plan(self, channel: Channel, changes: Sequence[IssueChange]) -> list[Message]:
        """Return what a channel is told."""
        own = [one for one in changes if self._concerns(channel, one)]
        alone = [one for one in own if self._is_told_alone(channel, one)]
        many = [one for one in own if not self._is_told_alone(channel, one)]
        messages = [self._message(channel, one) for one in alone]
        if kind_of(channel).takes_acknowledgements:
            ends = [one for one in many if one.kind == Step.RESOLVED]
            many = [one for one in many if one.kind != Step.RESOLVED]
            messages += self._end(channel, ends)
        lately = self.history.lately[channel.pk] + len(messages)
        if len(many) <= MAX_OF_A_ROUND and lately + len(many) <= MAX_LATELY:
            return messages + [self._message(channel, one) for one in many]
        held = [self._held_until(channel, one) for one in many]
        for is_held in (False, True):
            part = [
                one
                for one, until in zip(many, held, strict=True)
                if (until is not None) is is_held
            ]
            until = max(filter(None, held), default=None) if is_held else None
            messages += storm_of(channel, part, until) if part else []
        return messages

    def _concerns(self, channel: Channel, change: IssueChange) -> bool:
        issue = change.issue
        if channel.organization_id != change.organization_id:
            return False
        if channel.kinds and issue.kind not in channel.kinds:
            return False
        if issue.kind in OF_THE_INSTANCE:
            of_owners = self.of_owners.get(channel.organization_id)
            return channel == of_owners and self._follows(channel, change)
        is_of_all = issue.kind == IssueKind.ALL_SILENT
        if channel.agents and not is_of_all and issue.agent_id not in channel.agents:
            return False
        wanted = channel.sends_issues or events.BY_STEP[_step(change)] in channel.events
        return wanted and self._follows(channel, change)

    def _follows(self, channel: Channel, change: IssueChange) -> bool:
        """Tell whether a change goes on from something that the channel was told."""
        if change.kind in OPENINGS:
            return True
        if change.kind == Step.ACKNOWLEDGED:
            is_taken = kind_of(channel).takes_acknowledgements
            return is_taken and self.history.was_told(channel, change.issue_id)
        if change.kind == Step.WOKEN:
            return True
        told, issue_id = self.history, change.issue_id
        return told.was_told(channel, issue_id) or told.was_in_storm(channel, issue_id)

    def _is_told_alone(self, channel: Channel, change: IssueChange) -> bool:
        """Tell whether a change is no part of a storm: what is kept by its key, such as
        an incident, would stay open for ever.
        """
        if change.issue.kind in OF_THE_INSTANCE or change.kind == Step.ACKNOWLEDGED:
            return True
        kind = kind_of(channel)
        keeps_count = kind.takes_acknowledgements or kind.is_of_programs
        is_end = change.kind == Step.RESOLVED
        told = self.history.was_told(channel, change.issue_id)
        return keeps_count and is_end and told

    def _end(self, channel: Channel, ends: Sequence[IssueChange]) -> list[Message]:
        """Return what closes the incident of a storm, once nothing of it is open."""
        if not ends:
            return []
        told = Message.objects.filter(channel=channel, event=events.OPENED)
        left = Issue.objects.open().filter(
            organization=channel.organization_id,
            kind__in={one.issue.kind for one in ends},
        )
        left = left.exclude(pk__in=told.exclude(issue=None).values("issue"))
        return [] if left.exists() else [end_of_storm(channel, ends)]

    def _message(self, channel: Channel, change: IssueChange) -> Message:
        issue = change.issue
        content = content_of(change)
        content["agent"] = str(issue.agent_id) if issue.agent_id else None
        return new_message(
            channel,
            event=events.BY_STEP[_step(change)],
            about=f"change:{change.pk}",
            content=content,
            issue=issue,
            held_until=self._held_until(channel, change),
        )

    def _held_until(self, channel: Channel, change: IssueChange) -> datetime | None:
        """Return the end of quiet hours. What closes something makes no noise where
        programs keep count.
        """
        kind = kind_of(channel)
        keeps_count = kind.takes_acknowledgements or kind.is_of_programs
        if keeps_count and change.kind in {Step.RESOLVED, Step.ACKNOWLEDGED}:
            return None
        issue = change.issue
        rule = self.rules.rule_for(issue.organization_id, issue.kind, issue.agent_id)
        return held_until(rule, self.now, channel.organization.zone)


def _step(change: IssueChange) -> IssueChange.Kind:
    return Step(change.kind)
