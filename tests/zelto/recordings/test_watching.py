"""What an operator reads of a real stack: two web processes and a worker."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.integrations.conftest import session
from tests.zelto.faults.load import provision
from tests.zelto.stack import Stack, wait_for

pytestmark = pytest.mark.processes
POSTS = 40


def ask(url: str, body: Any = None, **headers: str) -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_stack_is_ready_counts_its_posts_and_says_what_it_refused() -> None:
    with Stack(environment={"ZELTO_LOG_FORMAT": "json"}) as stack:
        assert ask(f"{stack.url}/healthz")[0] == 200
        wait_for(lambda: ask(f"{stack.url}/readyz")[0] == 200, 30, what="it is ready")
        key = provision(stack)["apiKey"]
        webhook = f"{stack.url}/webhooks/calls"
        for number in range(POSTS):
            authorization = {"Authorization": f"Bearer {key}"}
            assert ask(webhook, session(f"call-{number}"), **authorization)[0] == 200
        assert ask(webhook, {})[0] == 401

        def counted(line: str) -> bool:
            status, text = ask(f"{stack.url}/metrics")
            return status == 200 and line in text.splitlines()

        for line in (
            f'zelto_posts_total{{status="200"}} {POSTS}.0',
            'zelto_posts_total{status="401"} 1.0',
            f'zelto_deliveries_total{{outcome="processed"}} {POSTS}.0',
            'zelto_queue_deliveries{state="new"} 0.0',
        ):
            wait_for(lambda line=line: counted(line), 30, what=line)  # type: ignore[misc]
        forwarded = {"X-Forwarded-For": "203.0.113.7"}
        assert ask(f"{stack.url}/metrics", **forwarded)[0] == 404
        objects = [
            json.loads(line[line.index("{") :])
            for line in stack.log.splitlines()
            if '"logger": "django.request"' in line
        ]
        refused = [each for each in objects if each["path"] == "/webhooks/calls"]
        assert [each["status"] for each in refused] == [401]
