"""A base address with a slash at its end loses no session: the server as it runs."""

from __future__ import annotations

import http.client
import json
from contextlib import closing

import pytest

from tests.zelto.faults.ledger import database
from tests.zelto.faults.load import body, provision
from tests.zelto.stack import Stack

pytestmark = pytest.mark.processes

PATHS = [
    "//webhooks/calls",
    "/webhooks//calls",
    "//webhooks//calls//",
    "/webhooks/calls/",
]
STORED = """
    SELECT count(*) FROM integrations_delivery
    WHERE status = 200 AND starts_with(external_id, 'slashes-')
"""


def post(stack: Stack, path: str, sent: object, key: str) -> tuple[int, str]:
    """Return status and body of the answer to a path that is sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    with closing(connection):
        connection.request(
            "POST",
            path,
            json.dumps(sent),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_each_of_its_paths_takes_the_session(stack: Stack) -> None:
    key = provision(stack)["apiKey"]
    for number, path in enumerate(PATHS):
        status, text = post(stack, path, body(f"slashes-{number}"), key)
        assert (status, json.loads(text)) == (200, {"received": True}), path
    with database(stack) as ask:
        assert ask(STORED) == [(len(PATHS),)]
    listed = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert post(stack, "//mcp", listed, key)[0] == 200
    for path in ("/webhooks/%2Fcalls", "/%2Fwebhooks/calls"):
        status, text = post(stack, path, body("slashes-9"), key)
        assert (status, json.loads(text)["status"]) == (404, 404), path
