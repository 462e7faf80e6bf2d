"""Requests to an installation that knows the provider acmephone; prints their answers.

Run once Django is set up, in a checkout to which the provider was added.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment

from accounts.actions.provision import provision
from conversations.models import Agent, Conversation
from integrations.processing import worker as processing_worker

JSON = "application/json"
CALL = {"id": "call-1", "desk": "front-desk", "said": ["I have a missing order."]}
answers: dict[str, tuple[int, str]] = {}
client = Client(raise_request_exception=False)


def note(name: str, response: Any) -> Any:
    """Keep an answer under a name."""
    answers[name] = (response.status_code, response.content.decode())
    return response


def work() -> None:
    """Process all deliveries that wait."""
    while processing_worker.process_batch():
        pass


def main() -> None:
    setup_test_environment()
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    call_command("migrate", verbosity=0)
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    made = provision(
        organization_name="Acme",
        email="alice@example.org",
        password="a long walk by the river",
        role="owner",
        key_name="worker",
    )
    headers = {"Authorization": f"Bearer {made.key_text}"}
    pages = "/org/acme"
    client.force_login(made.user)
    settings_page = f"{pages}/settings/integrations/acmephone"
    note("before", client.get(settings_page))
    sent = headers | {"X-Zelto-Provider": "acmephone"}
    note("post", client.post("/webhooks/calls", CALL, headers=sent, content_type=JSON))
    work()
    conversation, agent = Conversation.objects.get(), Agent.objects.get()
    for path in (
        "/v1/agents",
        f"/v1/agents/{agent.id}",
        "/v1/conversations",
        "/v1/conversations?provider=acmephone",
        f"/v1/conversations/{conversation.id}",
        "/v1/deliveries",
        "/v1/deliveries?provider=acmephone",
        "/v1/openapi.json",
    ):
        name = path.replace(str(conversation.id), "ID").replace(str(agent.id), "ID")
        note(name, client.get(path, headers=headers))
    for path in (
        "/agents",
        f"/agents/{agent.id}",
        "/conversations",
        "/conversations?provider=acmephone",
        f"/conversations/{conversation.id}",
        "/deliveries?provider=acmephone",
        "/settings/integrations",
        "/settings/integrations/acmephone",
        "/settings/integrations/acmephone/status",
    ):
        name = path.replace(str(conversation.id), "ID").replace(str(agent.id), "ID")
        note(name, client.get(pages + path))
    note("test", client.post(f"{settings_page}/test-call", follow=True))
    work()
    note("after the test", client.get(answered_address()))
    note("key", client.post(f"{settings_page}/keys", {"name": "x", "scope": "ingest"}))
    for tool, arguments in (
        ("get_connection_status", {}),
        ("list_agents", {}),
        ("list_conversations", {"provider": "acmephone"}),
    ):
        params = {"name": tool, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        note(tool, client.post("/mcp", message, headers=headers, content_type=JSON))
    json.dump(answers, sys.stdout)


def answered_address() -> str:
    test = Conversation.objects.get(is_test=True)
    return f"/org/acme/conversations/{test.id}"


if __name__ == "__main__":
    main()
