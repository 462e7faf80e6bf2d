"""What became of a try, noted in its message, in the log of its channel, and in the channel
itself, which is switched off where nothing is taken any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils import timezone

from accounts.mail.queue import deliver
from accounts.models import Membership
from alerts.channels.registry import kind_of
from alerts.channels.text import Answer, Link, Severity, Text
from alerts.messages import events
from alerts.messages.queueing import (
    alerts_url,
    names_of_many,
    new_message,
    queue,
    text_content,
)
from alerts.models import Attempt, Channel, Message

# So many messages in a row that were given up.
MAX_FAILURES = 5
# Of the mail that tells owners of a channel that is off.
LIFETIME = timedelta(days=2)


class Try(NamedTuple):
    """A try to send a message. seconds: that it took."""

    message: Message
    answer: Answer
    seconds: float


def note_answer(message: Message, answer: Answer, *, seconds: float) -> None:
    """Write down a try, and what follows of it.

    seconds: that it took.
    """
    with transaction.atomic():
        mine = message.claimed().select_for_update(no_key=True)
        if not mine.exists():
            return  # it was given to another worker, or is gone with its channel
        if answer.was_taken:
            message.mark_sent()
        elif answer.is_final or message.event == events.TEST:
            message.give_up(answer.reason)
        else:
            message.try_later(answer.reason, after=answer.retry_after or 0.0)
        message.refresh_from_db(fields=["state", "next_try_at"])
        _attempt(Try(message, answer, seconds)).save(force_insert=True)
        if not answer.was_taken:
            _hold_others(message, answer)
        _note_in_channel(message, answer)


def note_taken(channel: Channel, tries: Sequence[Try]) -> None:
    """Write down tries of one claim that were all taken."""
    if not tries:
        return
    with transaction.atomic():
        mine = Message.objects.filter(
            pk__in=[one.message.pk for one in tries],
            claim=tries[0].message.claim,
            state=Message.State.RUNNING,
        )
        held = {one.pk for one in mine.select_for_update(no_key=True).only("pk")}
        Message.objects.filter(pk__in=held).update(**Message.as_sent())
        attempts = [_attempt(one) for one in tries if one.message.pk in held]
        Attempt.objects.bulk_create(attempts)
        Channel.objects.filter(pk=channel.pk).update(failures=0, taken_at=Now())


def release(channel: Channel) -> None:
    """Have what waits of many be sent now, since the channel takes them again."""
    Message.objects.filter(
        channel=channel,
        event__in=names_of_many(),
        state=Message.State.WAITING,
        next_try_at__gt=Now(),
    ).update(next_try_at=Now())


def _attempt(one: Try) -> Attempt:
    message, answer = one.message, one.answer
    return Attempt(
        organization_id=message.organization_id,
        channel_id=message.channel_id,
        message=message,
        number=message.attempts,
        was_taken=answer.was_taken,
        status=answer.status,
        answer=answer.answer,
        reason=answer.reason,
        seconds=one.seconds,
        next_try_at=message.next_try_at,
    )


def _hold_others(message: Message, answer: Answer) -> None:
    """Have what else waits for the channel wait as long as its server asks; of many, where
    one is not taken, the rest until it is tried again.
    """
    waiting = Message.objects.filter(
        channel=message.channel_id, state=Message.State.WAITING
    )
    if answer.retry_after:
        until: Any = Now() + Value(timedelta(seconds=answer.retry_after))
    elif message.event in names_of_many() and message.next_try_at:
        until = message.next_try_at
        waiting = waiting.filter(event__in=names_of_many())
    else:
        return
    early = Q(next_try_at=None) | Q(next_try_at__lt=until)
    waiting.filter(early).update(next_try_at=until)


def _note_in_channel(message: Message, answer: Answer) -> None:
    channels = Channel.objects.filter(pk=message.channel_id)
    if answer.was_taken:
        channels.update(failures=0, taken_at=Now())
        return
    if message.state != Message.State.FAILED or message.event == events.TEST:
        return
    channel = channels.select_for_update(no_key=True).get()
    channel.failures += 1
    if channel.failures >= MAX_FAILURES and channel.disabled_at is None:
        channel.disabled_at = timezone.now()
        channel.disabled_reason = answer.reason
        _tell_that_it_is_off(channel)
    channel.save(update_fields=["failures", "disabled_at", "disabled_reason"])


def _tell_that_it_is_off(channel: Channel) -> None:
    """Tell the other channels that one is off; where there is none, the owners by mail."""
    organization = channel.organization
    text = Text(
        title=f"The channel “{channel.name}” is switched off",
        lines=[
            f"{MAX_FAILURES} messages in a row were not taken. At last:",
            channel.disabled_reason,
            "Alerts are not sent there until somebody switches it on again.",
        ],
        links=[
            Link(
                "See the channel", alerts_url(organization.slug, "channels", channel.pk)
            )
        ],
        severity=Severity.WARNING,
        dedup_key=f"channel-{channel.pk}",
    )
    others = Channel.objects.in_organization(organization).usable()
    others = others.filter(sends_issues=True, failures=0).exclude(pk=channel.pk)
    content = text_content(text) | {"data": {"channelId": str(channel.pk)}}
    stamp = f"{channel.disabled_at:%Y-%m-%dT%H:%M:%S.%f}"
    messages = [
        new_message(
            one,
            event=events.CHANNEL_DISABLED,
            about=f"disabled:{channel.pk}:{stamp}",
            content=content,
        )
        for one in others
        if not kind_of(one).takes_acknowledgements  # nothing would close that incident
    ]
    if not queue(messages):
        transaction.on_commit(lambda: _mail_owners(channel, text))


def _mail_owners(channel: Channel, text: Text) -> None:
    owners = Membership.objects.in_organization(channel.organization).owners()
    addresses = owners.filter(user__is_active=True).values_list(
        "user__email", flat=True
    )
    links = [f"{link.label}: {link.url}" for link in text.links]
    body = "\n\n".join([text.title, "\n".join(text.lines), *links]) + "\n"
    for address in addresses:
        deliver(
            EmailMessage(text.title, body, to=[address]),
            about=f"channel_disabled {channel.pk} {address}",
            lifetime=LIFETIME,
        )
