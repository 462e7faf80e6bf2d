"""Requests of LiveKit's SDKs as they were recorded, and posting them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client

FOLDER = Path(__file__).parents[2] / "payloads" / "livekit-upload"
# Django's client sets these by itself.
LEFT_OUT = {"host", "content-length", "transfer-encoding", "connection"}


@dataclass(frozen=True)
class Request:
    """One request. signal: `recordings`, `logs` or `metrics`."""

    signal: str
    path: str
    headers: dict[str, str]
    body: bytes


def requests_of(case: str, *signals: str) -> list[Request]:
    """Return the requests of a recorded session, of these signals or of all."""
    found = []
    for head_file in sorted((FOLDER / case).glob("*.head.json")):
        head = json.loads(head_file.read_text("utf-8"))
        signal = head_file.name.split("-")[1].split(".")[0]
        if signals and signal not in signals:
            continue
        headers = {name.lower(): value for name, value in head["headers"]}
        found.append(
            Request(
                signal,
                head["path"],
                {key: headers[key] for key in headers.keys() - LEFT_OUT},
                head_file.with_name(
                    head_file.name.replace(".head.json", ".body")
                ).read_bytes(),
            )
        )
    return found


def upload(
    token: str, request: Request, *, agent: str = "", client: Client | None = None
) -> Any:
    """Post a recorded request to the address of this token."""
    base = f"/livekit/{token}" + (f"/{agent}" if agent else "")
    return post(base + request.path, request.body, request.headers, client)


def post(
    path: str, body: bytes, headers: dict[str, str], client: Client | None = None
) -> Any:
    headers = dict(headers)
    content_type = headers.pop("content-type", "application/octet-stream")
    client = client or Client(raise_request_exception=False)
    return client.post(path, body, content_type=content_type, headers=headers)


def upload_all(token: str, requests: Sequence[Request], **options: Any) -> None:
    for request in requests:
        assert upload(token, request, **options).status_code == 200
