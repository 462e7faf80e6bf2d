"""How channels post over HTTP, and what the answers mean.

Each kind has a small builder of its own, and none comes from a library. apprise has them all
(looked at: 2.3.0), and says of a try only whether it succeeded: no status and no `Retry-After`
for the log of attempts. It posts to whatever a name resolves to and follows redirects, sleeps
in the process between two messages, and keeps what it opened at Opsgenie in files of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from alerts.channels.text import Answer
from web.outgoing import guarded_client
from web.outgoing.address_policy import Reach
from web.outgoing.guarded_client import HttpAnswer, NotAnswered
from web.outgoing.http_answers import retry_after, status_in_words
from web.storable_text import replace_unprintable

# What is kept of an answer, in characters.
MAX_ANSWER_CHARACTERS = 500
MIN_SECRET_CHARACTERS = 8
# A service may ask to wait for so long.
MAX_RETRY_AFTER_SECONDS = 43_200.0
# Answers that pass, whatever the request was.
PASSING = frozenset({408, 425, 429})
JSON = {"Content-Type": "application/json", "User-Agent": "Zelto"}


def reach() -> Reach:
    """Return who may be told of alerts."""
    return Reach(tuple(settings.ALERT_ALLOW), "ZELTO_ALERT_ALLOW")


def base_url(service: str, usual: str) -> str:
    """Return the address of a service, or of what stands in for it by
    ZELTO_ALERT_BASE_URLS.
    """
    own: str = settings.ALERT_BASE_URLS.get(service, usual)
    return own


def secrets_in(url: str) -> list[str]:
    """Return what opens an address whose path or query has a secret, also in pieces."""
    parts = urlsplit(url)
    words = [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    return [url, *(word for word in words if len(word) >= MIN_SECRET_CHARACTERS)]


def post_json(
    url: str,
    payload: Mapping[str, Any],
    *,
    secrets: Iterable[str],
    headers: Mapping[str, str] | None = None,
    final: Mapping[int, str] | None = None,
    is_patient: bool = False,
) -> Answer:
    """Post JSON, and say what came of it.

    secrets: what must not be kept of the answer. final: by status, what to do about it.
    is_patient: every refusal is tried again but those of `final`.
    """
    body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
    return post(
        url,
        body,
        secrets=secrets,
        headers=JSON | dict(headers or {}),
        final=final,
        is_patient=is_patient,
    )


def post(
    url: str,
    body: bytes,
    *,
    secrets: Iterable[str],
    headers: Mapping[str, str],
    final: Mapping[int, str] | None = None,
    is_patient: bool = False,
) -> Answer:
    """Post a body, as `post_json` does JSON."""
    try:
        seconds = guarded_client.TOTAL_SECONDS
        answer = guarded_client.post(url, body, headers, reach(), seconds=seconds)
    except NotAnswered as error:
        return Answer(was_taken=False, reason=str(error), is_final=error.is_final)
    shown = _beginning(answer.text, secrets)
    if 200 <= answer.status < 300:
        return Answer(was_taken=True, status=answer.status, answer=shown)
    hint = (final or {}).get(answer.status, "")
    is_passing = answer.status >= 500 or answer.status in PASSING
    return Answer(
        was_taken=False,
        status=answer.status,
        answer=shown,
        reason=_reason(answer, hint),
        retry_after=_wait(answer),
        is_final=bool(hint) or not (is_passing or is_patient),
    )


def _reason(answer: HttpAnswer, hint: str) -> str:
    said = f"The server answered {status_in_words(answer.status)}."
    if answer.status in guarded_client.REDIRECTS:
        hint = (
            "It leads to another address, which is not followed: enter the address that "
            "it leads to."
        )
    return f"{said} {hint}".strip()


def _wait(answer: HttpAnswer) -> float | None:
    """Return for how long a server asks to wait, in seconds."""
    text = answer.headers.get("retry-after", "")
    if not text:
        return None
    return retry_after(text, most=MAX_RETRY_AFTER_SECONDS)


def _beginning(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    words = " ".join(text[: 4 * MAX_ANSWER_CHARACTERS].split())
    return replace_unprintable(words)[:MAX_ANSWER_CHARACTERS]
