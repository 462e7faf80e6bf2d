"""A running Zelto with organizations of its own, used over HTTP."""

from __future__ import annotations

import json
from itertools import count
from types import TracebackType
from typing import Any, Self

import httpx

from tests.zelto.stack import Stack, wait_for

PASSWORD = "a long walk by the river"
PATIENCE = 60.0  # seconds, on a machine that does much else


class Running:
    """A stack in which organizations and programs are made."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.numbers = count(1)

    def key(self, organization: str, scope: str = "full") -> str:
        """Return a new key of an organization, which is made where there is none yet."""
        printed = self.stack.manage(
            *("provision", "--organization", organization, "--password", PASSWORD),
            *("--email", f"{organization.lower()}@example.org"),
            *("--key-name", f"{scope} {next(self.numbers)}", "--key-scope", scope),
        )
        return str(json.loads(printed.strip().splitlines()[-1])["apiKey"])

    def program(self, key: str) -> Program:
        return Program(self.stack.url, key)


class Program:
    """A program with a key, which posts sessions and waits until they can be read."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self.http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.http.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.get(path, **parameters)["data"]
        return rows

    def post(self, reference: str, **fields: Any) -> dict[str, Any]:
        """Post a session, and return the conversation that it became."""
        session = {
            "call": {"externalId": reference, "endedReason": "caller hung up"},
            "agent": {"externalId": "front-desk", "name": "Front desk"},
            "metadata": {"campaign": "spring"},
            "transcript": {
                "turns": [
                    {"role": "assistant", "content": "Northwind, how can I help?"},
                    {"role": "user", "content": "Where is my order?"},
                ]
            },
            **fields,
        }
        answer = self.http.post("/webhooks/calls", json=session)
        assert answer.status_code == 200, answer.text
        return self.wait_for_conversation(reference)

    def wait_for_conversation(self, reference: str) -> dict[str, Any]:
        self.wait_for_rows("/v1/conversations", 1, referenceId=reference)
        return self.rows("/v1/conversations", referenceId=reference)[0]

    def wait_for_rows(self, path: str, rows: int, **parameters: Any) -> None:
        wait_for(
            lambda: len(self.rows(path, **parameters)) >= rows,
            PATIENCE,
            what=f"{path} with {parameters} has {rows} rows",
        )
