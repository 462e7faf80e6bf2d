"""`kill -9` of the process that sends, at the worst moments."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from alerts.messages.routing import route
from alerts.models import Issue, Message
from tests.alerts.messages.conftest import MakeChannel, Step, save_change
from tests.alerts.receiver import Post, Receiver
from tests.zelto.stack import CHECKOUT, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
KINDS = ("slack", "webhook", "pagerduty")
ISSUES = 4
MAX_KILLS = 8
CHANCE = 0.3
SEED = int(os.environ.get("ZELTO_FAULT_SEED") or random.randrange(10**6))  # noqa: S311 - no secret


class Sender:
    """A process that sends; it is killed while a server holds its request, before that
    is answered.
    """

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.chance = random.Random(SEED)  # noqa: S311 - no secret
        self.kills = 0
        receiver.then = self.perhaps_kill
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        names = ("NAME", "HOST", "PORT", "USER", "PASSWORD")
        database = {name: connection.settings_dict[name] for name in names}
        environment = os.environ | {
            "ZELTO_ALERT_ALLOW": "127.0.0.1",
            "ZELTO_ALERT_BASE_URLS": f"pagerduty={self.receiver.url}",
            "SECRET_KEY": str(django_settings.SECRET_KEY),
        }
        return subprocess.Popen(  # noqa: S603 - our own
            [
                *(sys.executable, "-m", "tests.alerts.messages.run_sender"),
                json.dumps(database),
            ],
            cwd=CHECKOUT,
            env=environment,
        )

    def perhaps_kill(self, post: Post) -> None:
        if self.kills < MAX_KILLS and self.chance.random() < CHANCE:
            self.kills += 1
            self.process.kill()
            self.process.wait()
            self.process = self.start()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def sender(receiver: Receiver) -> Iterator[Sender]:
    running = Sender(receiver)
    yield running
    running.end()


def keys_of(post: Post) -> tuple[str, ...]:
    """Return what tells a message from others, as its receiver does."""
    if post.path == "/webhook":
        return (post.path, post.headers["webhook-id"])
    if post.path == "/v2/enqueue":
        return (post.path, post.json["dedup_key"], post.json["event_action"])
    return (post.path, str(post.json["text"]))


def test_each_change_is_told_once_and_at_most_once_more_after_a_kill(
    channel: MakeChannel,
    issue: Callable[..., Issue],
    receiver: Receiver,
    sender: Sender,
    settings: Any,
) -> None:
    for kind in KINDS:
        channel(kind)
    issues = [issue(f"agent {number}") for number in range(ISSUES)]
    for step in (Step.OPENED, Step.RESOLVED):
        for one in issues:
            route([save_change(one, step)])
        if step == Step.OPENED:
            wait_until_sent(sender)
    wait_until_sent(sender)
    told = Counter(keys_of(post) for post in receiver.posts)
    assert len(told) == len(KINDS) * ISSUES * 2, f"seed {SEED}"
    assert told.total() <= len(told) + 3 * sender.kills, f"seed {SEED}"
    for path in ("/webhook", "/v2/enqueue"):
        assert_in_order(receiver, path)


def wait_until_sent(sender: Sender) -> None:
    done = Message.State.DONE
    wait_for(
        lambda: not Message.objects.exclude(state=done).exists(),
        120,
        what=f"all is sent, seed {SEED}",
    )


def assert_in_order(receiver: Receiver, path: str) -> None:
    """Assert that no issue was told to begin after it was told to end."""
    ended: set[str] = set()
    for post in receiver.posts:
        if post.path != path:
            continue
        body = post.json
        key = body["dedup_key"] if "dedup_key" in body else body["data"]["id"]
        kind = body["event_action"] if "dedup_key" in body else body["type"]
        if kind in {"resolve", "issue.resolved"}:
            ended.add(key)
        else:
            assert key not in ended, f"seed {SEED}"
