"""Checks the way to Zelto: address, TLS, key, scope, clock, and a session all the way."""

from __future__ import annotations

import ipaddress
import json
import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from zelto_livekit.answers import Answer, Verdict
from zelto_livekit.client import Client
from zelto_livekit.doctor.findings import Finding, failure, fine, warning
from zelto_livekit.settings import Settings
from zelto_livekit.version import __version__

CHECK_PATH = "/v1/worker-check"
ASK_SECONDS = 10.0
SEE_SECONDS, LOOK_AGAIN = 20.0, 0.5
OFF_SECONDS, FAR_OFF_SECONDS = 30.0, 300.0
TEST_AGENT = "zelto-test"


def check_connection(settings: Settings) -> Iterator[Finding]:
    """Yield what is found on the way to Zelto, and of what it says of the key."""
    yield from check_address(settings.url)
    asked_at = time.time()
    with Client(settings) as client:
        answer = client.get(CHECK_PATH, ASK_SECONDS)
    told = answer.fields
    if answer.status == 200 and isinstance(told.get("organization"), str):
        yield fine(f"Zelto answers at {settings.url}.")
        yield from check_key(told)
        yield from check_clock(told, asked_at)
        yield from check_version(told)
    else:
        yield why_no_check(settings, answer)


def check_address(url: str) -> Iterator[Finding]:
    """Yield a warning where the key would be read by whoever listens."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "http" and not is_near(host):
        yield warning(
            f"{url} is not encrypted: everybody on the way reads the key and what was said. "
            "Use https."
        )


def is_near(host: str) -> bool:
    """Tell whether a host is this machine or a name of its own network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal"))
    return address.is_private or address.is_loopback


def why_no_check(settings: Settings, answer: Answer) -> Finding:
    """Say why Zelto did not tell about the key."""
    if answer.status == 0:
        advice = (
            "Add the authority to this machine, or name its file in SSL_CERT_FILE."
            if "certificate" in answer.text
            else f"Check ZELTO_URL ({settings.url}) and that this machine may reach it."
        )
        return failure(f"No answer: {answer.text}. {advice}")
    if answer.status in {401, 403}:
        return failure(
            f"Zelto does not take the key ({answer.sentence}). Create one of scope ingest in "
            "Zelto under Settings, Integrations, LiveKit, and put it into ZELTO_API_KEY."
        )
    if answer.status == 404:
        return failure(
            f"What answers at {settings.url} knows no {CHECK_PATH}: it is not Zelto, or one "
            "older than this package. Check ZELTO_URL, or update Zelto."
        )
    if answer.status == 200:
        return failure(
            f"What answers at {settings.url} is not Zelto. Check ZELTO_URL, and what stands "
            "in between (a proxy, a sign-in page)."
        )
    return failure(f"Zelto answers with {answer.sentence}.")


def check_key(told: dict[str, Any]) -> Iterator[Finding]:
    """Yield whose key it is, and whether it may do too little or too much."""
    name, scope = told.get("key"), told.get("scope")
    if scope == "read":
        yield failure(
            f"The key {name} may only read. Create one of scope ingest and put it into "
            "ZELTO_API_KEY."
        )
        return
    yield fine(f"The key {name} belongs to {told['organization']} (scope {scope}).")
    if scope == "full":
        yield warning(
            f"The key {name} may also read the organization; for a worker one of scope "
            "ingest is enough."
        )


def check_clock(told: dict[str, Any], asked_at: float) -> Iterator[Finding]:
    """Yield how far the clock of this machine is from that of Zelto."""
    try:
        theirs = datetime.fromisoformat(str(told["time"]).replace("Z", "+00:00"))
        off = asked_at - theirs.timestamp()
    except (KeyError, ValueError):
        return
    if abs(off) <= OFF_SECONDS:
        yield fine("The clock agrees with that of Zelto.")
        return
    text = (
        f"The clock of this machine is {abs(off):.0f} seconds {'ahead' if off > 0 else 'slow'}:"
        " sessions will have wrong times. Switch on time synchronization (NTP)."
    )
    yield failure(text) if abs(off) > FAR_OFF_SECONDS else warning(text)


def check_version(told: dict[str, Any]) -> Iterator[Finding]:
    """Yield whether Zelto serves a newer package."""
    newest = told.get("worker")
    served = newest.get("version") if isinstance(newest, dict) else None
    if not isinstance(newest, dict) or not isinstance(served, str):
        return
    if number_of(served) > number_of(__version__):
        yield warning(
            f"Zelto serves zelto-livekit {served}, and this is {__version__}: "
            f"pip install {newest.get('url')}"
        )
    else:
        yield fine(f"zelto-livekit {__version__} is the newest that this Zelto serves.")


def number_of(version: str) -> tuple[int, ...]:
    """Return the numbers at the beginning of a version, for comparing."""
    numbers = []
    for part in version.split("."):
        digits = ""
        for sign in part:
            if not sign.isdigit():
                break
            digits += sign
        if not digits:
            break
        numbers.append(int(digits))
        if len(digits) < len(part):
            break
    return tuple(numbers)


def check_test_session(settings: Settings) -> Iterator[Finding]:
    """Yield what becomes of a test session: it is marked so, and costs nothing."""
    job_id = f"{TEST_AGENT}-{secrets.token_hex(8)}"
    body = json.dumps(session_of_test(job_id)).encode()
    with Client(settings) as client:
        answer = client.post_session(body, ASK_SECONDS)
        if answer.verdict is not Verdict.STORED:
            yield failure(
                f"The test session was not taken: {answer.sentence}. {answer.faults}"
            )
            return
        state = "unknown"
        stop = time.monotonic() + SEE_SECONDS
        while time.monotonic() < stop:
            seen = client.get(f"{CHECK_PATH}?call={quote(job_id)}", ASK_SECONDS)
            call = seen.fields.get("call")
            state = str(call.get("state")) if isinstance(call, dict) else "unknown"
            if state in {"arrived", "failed"}:
                break
            time.sleep(LOOK_AGAIN)
    yield of_state(state, job_id)


def of_state(state: str, job_id: str) -> Finding:
    """Say how far the test session came."""
    if state == "arrived":
        return fine(f"A test session ({job_id}) was sent and is in Zelto.")
    if state == "processing":
        return warning(
            f"The test session {job_id} was stored, and is not processed after "
            f"{SEE_SECONDS:.0f} seconds: Zelto's own worker is busy or not running."
        )
    if state == "failed":
        return failure(
            f"Zelto stored the test session {job_id} and could not make a conversation of "
            "it. Look at Deliveries in Zelto."
        )
    return failure(
        f"Zelto took the test session {job_id}, and does not find it. Look at Deliveries in "
        "Zelto, and whether ZELTO_URL leads to another instance than the one you look at."
    )


def session_of_test(job_id: str) -> dict[str, Any]:
    """Return a session that Zelto shows as a test."""
    now = time.time()
    turns = [
        {"role": "assistant", "content": "This is a test of the worker's connection."},
        {"role": "user", "content": "It works."},
    ]
    return {
        "agent": {"externalId": TEST_AGENT, "name": "Test session"},
        "call": {
            "externalId": job_id,
            "startedAt": now - 5,
            "endedAt": now,
            "endedReason": "task_completed",
        },
        "transcript": {"turns": turns},
        "metadata": {"zeltoTest": True, "sentBy": "zelto-livekit doctor"},
    }
