"""Waking a worker, whatever the broker does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from conversations import worker_wakeup as module
from conversations.worker_wakeup import Throttle
from integrations import tasks
from integrations.worker_wakeup import send_wakeup
from tests.zelto.stack import wait_for


class Broker:
    """Stands in for the far side: counts messages, hangs or refuses when told to."""

    def __init__(self) -> None:
        self.messages = 0
        self.refuses = False
        self.open = threading.Event()
        self.open.set()

    def take(self, name: str, **options: object) -> None:
        assert name == tasks.process_deliveries.name
        assert options["retry"] is False
        self.messages += 1
        self.open.wait()
        if self.refuses:
            raise OperationalError("away")


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    broker = Broker()
    monkeypatch.setattr(current_app, "send_task", broker.take)
    yield broker
    broker.open.set()


def wait_for_messages(broker: Broker, count: int) -> None:
    wait_for(lambda: broker.messages >= count, 10, what=f"{count} messages are sent")


def test_a_thousand_posts_send_few_messages(broker: Broker) -> None:
    throttle = Throttle(send_wakeup)
    start = time.monotonic()
    for _ in range(1000):
        throttle.wake()
    wait_for_messages(broker, 1)
    lasted = time.monotonic() - start
    assert broker.messages <= 2 + lasted / module.PAUSE_SECONDS


def test_the_last_post_is_announced_too(broker: Broker) -> None:
    throttle = Throttle(send_wakeup)
    throttle.wake()
    wait_for_messages(broker, 1)
    throttle.wake()  # within the pause
    wait_for_messages(broker, 2)


def test_a_broker_that_hangs_holds_nobody_up(broker: Broker) -> None:
    broker.open.clear()
    throttle = Throttle(send_wakeup)
    throttle.wake()
    wait_for_messages(broker, 1)
    for _ in range(100):
        throttle.wake()  # returns, or this test would not end
    assert broker.messages == 1


def test_a_broker_that_refuses_is_left_alone_and_then_asked_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "PAUSE_AFTER_FAILURE_SECONDS", 0.2)
    broker.refuses = True
    throttle = Throttle(send_wakeup)
    throttle.wake()
    wait_for(lambda: "sweep will find it" in caplog.text, 10, what="it is logged")
    broker.refuses = False
    throttle.wake()
    wait_for_messages(broker, 2)
