"""Sending many messages of one channel in one go, where there may be hundreds a second: those
about conversations, whose channel has just taken one.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.db import DatabaseError, InterfaceError
from django.db.models.functions import Now

from alerts.channels.kind import Config, Notice
from alerts.channels.registry import config_of, kind_of
from alerts.channels.text import Answer
from alerts.messages.notices import NOTHING_LEFT, notice_of
from alerts.messages.outcomes import Try, note_answer, note_taken, release
from alerts.messages.queueing import names_of_many
from alerts.models import Channel, Message
from conversations.worker_stop import Turn

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

AT_ONCE = 50
THREADS = 6
# After so long other channels have their turn.
TURN_SECONDS = 5.0


def guarded(do: Callable[[], Result]) -> Result | Answer:
    """Return what a step of sending comes to; where it fails by a fault of ours, an answer
    that says so.

    Raises:
        DatabaseError: nothing can be written down.
        InterfaceError: likewise.
    """
    try:
        return do()
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        # The error's own text may have an address in it, so the log gets the way to it
        # alone.
        kind = type(error).__name__
        way = "".join(traceback.format_tb(error.__traceback__))
        logger.error("A message could not be made: %s\n%s", kind, way)
        return Answer(was_taken=False, reason=f"It could not be made ({kind}).")


def send_more(channel: Channel) -> None:
    """Send what else waits of many, until one is not taken, the turn is over, nothing is
    left, or something else waits for the channel.
    """
    release(channel)
    config = config_of(channel)
    turn = Turn(TURN_SECONDS)
    while config is not None and not turn.is_over and not _others_wait(channel):
        messages = Message.claim_more(channel, names_of_many(), AT_ONCE)
        if not messages or not _send(channel, config, messages):
            return


def _others_wait(channel: Channel) -> bool:
    """Tell whether something waits that was never tried, and is about an issue."""
    waiting = Message.objects.filter(channel=channel, state=Message.State.WAITING)
    return waiting.filter(next_try_at=None).exists()


def _send(channel: Channel, config: Config, messages: Sequence[Message]) -> bool:
    """Send them, and return whether all were taken."""
    notices = _notices(messages)
    tries = _ask_all(channel, config, notices)
    note_taken(channel, [one for one in tries if one.answer.was_taken])
    others = [one for one in tries if not one.answer.was_taken]
    for one in others:
        note_answer(one.message, one.answer, seconds=one.seconds)
    tried = {one.message.pk for one in tries}
    for message, _ in notices:
        if message.pk not in tried:
            _put_back(message)
    return not others


def _notices(messages: Sequence[Message]) -> list[tuple[Message, Notice]]:
    """Return what they say; those that say nothing any more are over."""
    found = []
    for message in messages:
        notice = guarded(partial(notice_of, message))
        if notice is None:
            message.drop(NOTHING_LEFT)
        elif isinstance(notice, Answer):
            note_answer(message, notice, seconds=0.0)
        else:
            found.append((message, notice))
    return found


def _ask_all(
    channel: Channel, config: Config, notices: Sequence[tuple[Message, Notice]]
) -> list[Try]:
    """Send them at once, those about one conversation one after the other, and begin none
    after one that was not taken. No thread of these asks the database.
    """
    by_subject: dict[str, list[tuple[Message, Notice]]] = defaultdict(list)
    for message, notice in notices:
        by_subject[message.content.get("id", "")].append((message, notice))
    kind, stop = kind_of(channel), threading.Event()
    tries: list[Try] = []

    def work(pairs: Sequence[tuple[Message, Notice]]) -> None:
        for message, notice in pairs:
            if stop.is_set():
                return
            begin = time.monotonic()
            answer = guarded(partial(kind.send, config, notice))
            if not answer.was_taken:
                stop.set()
            tries.append(Try(message, answer, time.monotonic() - begin))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, by_subject.values()))
    return tries


def _put_back(message: Message) -> None:
    message.put_back()
    # In its place: what was never tried goes first.
    waiting = Message.objects.filter(pk=message.pk, state=Message.State.WAITING)
    waiting.filter(next_try_at=None).update(next_try_at=Now())
