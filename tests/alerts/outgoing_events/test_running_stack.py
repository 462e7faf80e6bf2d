"""Events of the running stack: from a post to a program that is away for a while."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.alerts.receiver import Receiver, Reply
from tests.api.schema.running import Running
from tests.zelto.stack import Stack, wait_for

pytestmark = pytest.mark.processes

PATIENCE = 60.0
MAKE = """
from accounts.models import Organization
from alerts.channels.registry import check, set_config
from alerts.models import Channel
from alerts.outgoing_events.names import OF_CONVERSATIONS
channel = Channel(
    organization=Organization.objects.get(name="Acme"), kind="webhook", name="Mirror",
    events=list(OF_CONVERSATIONS), sends_issues=False,
)
set_config(channel, check("webhook", {{"url": "{url}"}}))
channel.save()
"""
AT_ONCE = """
from alerts.models import Message
Message.objects.filter(state="waiting").update(next_try_at=None)
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def stack() -> Iterator[Stack]:
    environment = {
        "ZELTO_STT_ENGINE": "none",
        "ZELTO_ALERT_ALLOW": "127.0.0.1",
        # What a killed worker held comes back soon.
        "ZELTO_LEASE_SECONDS": "5",
    }
    with Stack(environment=environment) as stack:
        yield stack


def told(receiver: Receiver) -> Counter[tuple[str, str]]:
    """Return how often each event of each conversation was posted and taken."""
    bodies: list[Any] = [post.json for post in receiver.posts]
    return Counter((one["type"], one["data"]["id"]) for one in bodies)


def test_a_program_is_told_of_each_session_once_whatever_happens(
    stack: Stack, receiver: Receiver
) -> None:
    running = Running(stack)
    with running.program(running.key("Acme")) as program:
        before = program.post("before")
        stack.manage("shell", "-c", MAKE.format(url=f"{receiver.url}/zelto"))
        first = program.post("first")
        await_all(receiver, [first])
        # It is away, and what was is made again.
        receiver.answers(Reply(503))
        others = [program.post(f"call-{number}") for number in range(5)]
        stack.manage("rebuild")
        wait_for(lambda: len(receiver.posts) > 1, PATIENCE, what="one was tried")
        receiver.answers(Reply(200))
        del receiver.posts[:]
        stack.manage("shell", "-c", AT_ONCE)
        await_all(receiver, others)
        stack.manage("rebuild")
        last = program.post("last")
        await_all(receiver, [last])
    ids = {id_ for _, id_ in told(receiver)}
    assert str(before["id"]) not in ids
    assert set(told(receiver).values()) == {1}
    assert {name for name, _ in told(receiver)} == {"conversation.created"}


def await_all(receiver: Receiver, rows: list[dict[str, Any]]) -> None:
    wanted = {("conversation.created", row["id"]) for row in rows}
    wait_for(lambda: wanted <= told(receiver).keys(), PATIENCE, what="all were told")
