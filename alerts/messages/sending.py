"""Sending what waits: claimed, sent, noted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from alerts.channels.registry import config_of, kind_of
from alerts.channels.text import Answer
from alerts.messages import events, wakeup
from alerts.messages.notices import NOTHING_LEFT, notice_of
from alerts.messages.outcomes import note_answer
from alerts.messages.queueing import names_of_many, queue_test
from alerts.messages.runs import guarded, send_more
from alerts.models import Message
from conversations.organization_turns import ClaimTurns
from conversations.worker_stop import Turn

__all__ = ["are_left_lying", "queue_test", "send", "send_due"]

logger = logging.getLogger(__name__)

# At once in one process, and of one organization: they mostly wait for a server. The
# Procfile has a thread for each.
AT_ONCE = 3
AT_ONCE_EACH = 2
# No message is begun after so long: what else is in the queue gets a turn.
TURN_SECONDS = 10.0
LEFT_LYING_AFTER = timedelta(minutes=2)
KILLED = "Each process that tried to send it was killed meanwhile."
DISABLED = "The channel is off."
UNREADABLE = "What opens this channel cannot be read, since SECRET_KEY has changed. Enter it again."
ALREADY_OVER = "It was over before it was told."
TOLD_WITH_ITS_END = "It is told with its end."
_slots = threading.BoundedSemaphore(AT_ONCE)
_turns = ClaimTurns(Message, each=AT_ONCE_EACH)


def send_due(is_stopping: Callable[[], bool]) -> bool:
    """Send one message after the other until none is due, the turn is over, or this
    process is to end; return whether there may be more, and it is not to end.

    Organizations take turns. Whoever claims one wakes another, which takes the next while
    this one waits for its server.
    """
    if not _slots.acquire(blocking=False):
        return False  # whoever is at it looks again when done
    turn = Turn(TURN_SECONDS)
    try:
        while not (turn.is_over or is_stopping()):
            with _turns.next() as message:
                if message is None:
                    return False
                wakeup.wake_worker()
                send(message)
        return not is_stopping()
    finally:
        _slots.release()


def are_left_lying() -> bool:
    """Tell whether there are messages that nobody has tried for a while, though they are
    due: the process that sends them may be away.
    """
    now = timezone.now()
    untried = Message.objects.filter(
        state=Message.State.WAITING,
        attempts=0,
        next_try_at=None,
        created_at__lt=now - LEFT_LYING_AFTER,
    )
    return untried.exclude(held_until__gt=now).exists()


def send(message: Message) -> None:
    """Send one that was claimed; whatever comes of it is in its row."""
    try:
        if reason := _why_not(message):
            message.drop(reason)
        elif message.is_exhausted:
            message.give_up(KILLED)
        elif message.channel.disabled_at and message.event != events.TEST:
            message.give_up(DISABLED)
        else:
            _send(message)
    except (DatabaseError, InterfaceError):
        # Nothing can be written down; it comes back when the lease ends.
        logger.exception("The database was away while a message was sent")


def _send(message: Message) -> None:
    begin = time.monotonic()
    answer = _ask(message)
    if answer is None:
        message.drop(NOTHING_LEFT)
        return
    note_answer(message, answer, seconds=time.monotonic() - begin)
    if answer.was_taken and message.event in names_of_many():
        send_more(message.channel)


def _ask(message: Message) -> Answer | None:
    config = config_of(message.channel)
    if config is None:
        return Answer(was_taken=False, reason=UNREADABLE, is_final=True)

    def send() -> Answer | None:
        notice = notice_of(message)
        return kind_of(message.channel).send(config, notice) if notice else None

    return guarded(send)


def _why_not(message: Message) -> str:
    """Return why a message needs not be sent any more; empty where it does.

    People are not told that something began which is over by now: only of its end, or
    of neither where both were held. Programs that keep count are told everything.
    """
    if message.event == events.STORM:
        content = message.content
        is_over = content["is_held"] and 0 < content["opened"] <= content["resolved"]
        return ALREADY_OVER if is_over else ""
    if message.issue is None or kind_of(message.channel).is_of_programs:
        return ""
    of_issue = Message.objects.filter(channel=message.channel_id, issue=message.issue)
    if message.event == events.OPENED:
        ends = of_issue.filter(event=events.RESOLVED, pk__gt=message.pk)
        if not ends.exists():
            return ""
        return ALREADY_OVER if message.held_until else TOLD_WITH_ITS_END
    if message.event == events.RESOLVED:
        openings = of_issue.filter(event=events.OPENED, pk__lt=message.pk)
        opening = openings.order_by("-pk").first()
        if opening is not None and opening.last_error == ALREADY_OVER:
            return ALREADY_OVER
    return ""
