"""A client of the webhook of a running Zelto, over one connection."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from integrations.demo.posts import Post
from web.outgoing.authorities import tls_context

PATH = "/webhooks/calls"
TIMEOUT_SECONDS = 30
# Statuses of what is to be sent again: over the rate, not stored, no server behind a proxy.
RETRY_STATUSES = {429, 502, 503, 504}
MAX_TRIES = 6
MAX_WAIT_SECONDS = 61


class Unreachable(Exception):
    """Nothing answers at the address."""


class NotZelto(Exception):
    """Something answers at the address, but not as the webhook does."""


@dataclass(frozen=True)
class Answer:
    """The answer to a post. request_id: that the server gave it; empty for none."""

    status: int
    request_id: str
    text: str


class Webhook:
    """A connection to the webhook; as a context, it is closed at the end.

    text: the body of the last answer.
    """

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self.path = parts.path.rstrip("/") + PATH
        self.url = base_url.rstrip("/") + PATH
        self.connection = (
            http.client.HTTPSConnection(
                parts.netloc, timeout=TIMEOUT_SECONDS, context=tls_context()
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    def check(self) -> None:
        """Check by a GET, which stores nothing, that this is the webhook of a Zelto.

        Raises:
            NotZelto: the answer is another one than the webhook's 405.
            Unreachable: nothing answers.
        """
        status = self._request("GET", None, {}).status
        if status != http.HTTPStatus.METHOD_NOT_ALLOWED:
            raise NotZelto(status)

    def post(self, post: Post, key: str) -> Answer:
        """Send a post, up to `MAX_TRIES` times, and return the last answer.

        Raises:
            Unreachable: nothing answers.
        """
        headers = {**post.headers, "Authorization": f"Bearer {key}"}
        for attempt in range(MAX_TRIES):
            answer, wait = self._try(post.content, headers)
            if answer.status not in RETRY_STATUSES or attempt == MAX_TRIES - 1:
                break
            time.sleep(wait)
        return answer

    def _try(self, content: bytes, headers: dict[str, str]) -> tuple[Answer, float]:
        response = self._request("POST", content, headers)
        after = response.getheader("Retry-After", "")
        wait = min(float(after) if after.isdigit() else 1.0, MAX_WAIT_SECONDS)
        text = self.text
        request_id = response.getheader("X-Request-Id", "")
        return Answer(response.status, request_id, text), wait

    def _request(
        self, method: str, content: bytes | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        """Send a request, once more where the server had closed the idle connection.

        Raises:
            Unreachable: nothing answers.
        """
        try:
            return self._send(method, content, headers)
        except (http.client.HTTPException, OSError):
            self.connection.close()
        try:
            return self._send(method, content, headers)
        except (http.client.HTTPException, OSError) as error:
            self.connection.close()
            raise Unreachable(str(error)) from error

    def _send(
        self, method: str, content: bytes | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        self.connection.request(method, self.path, content, headers)
        response = self.connection.getresponse()
        self.text = response.read().decode(errors="replace")
        return response
