"""The posts of a session: the first one, and those that repeat or add to it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from integrations.demo import bodies
from integrations.demo.agents import Shape
from integrations.demo.session import Session

# By the slot's number: (every so many, from this one on).
RATED = (16, 5)
REPEATED = (45, 11)
UNKNOWN_KEY = (30, 9)
LONG_REASON = (30, 24)
COMPRESSED = (12, 4)

WITHOUT_CALL = (Shape.REPORT, Shape.SMALLEST)


@dataclass(frozen=True)
class Post:
    """One post to the webhook.

    arrives_at: when it would have arrived. content: the body as sent.
    expects: the status that is to be answered. has_warnings: whether the answer should
    have some. with_read_key: whether it is sent with a key that may only read.
    """

    arrives_at: datetime
    provider: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    expects: int = 200
    has_warnings: bool = False
    with_read_key: bool = False


def posts_of(
    session: Session, *, arrives_at: datetime, now: datetime
) -> Iterator[Post]:
    """Yield the posts of a session that would have arrived before `now`."""
    body, has_warnings = _with_misfits(bodies.body(session), session)
    is_compressed = _is_due(session, COMPRESSED)
    first = Post(
        arrives_at=arrives_at,
        provider=session.agent.provider,
        content=as_json(body),
        headers=_headers(session),
        has_warnings=has_warnings,
    )
    yield _compressed(first) if is_compressed else first
    later = arrives_at + timedelta(seconds=11)
    if _is_due(session, REPEATED) and later < now:
        yield _again(first, first.content, later, has_warnings)
    later = arrives_at + timedelta(minutes=25 + session.number % 90)
    if _is_due(session, RATED) and later < now:
        yield _again(first, as_json(_rating(session)), later, False)


def as_json(body: Any) -> bytes:
    """Return it as JSON in UTF-8."""
    return json.dumps(body, ensure_ascii=False).encode()


def _is_due(session: Session, turn: tuple[int, int]) -> bool:
    every, first = turn
    return session.number % every == first


def _headers(session: Session) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": session.agent.user_agent,
        "X-Zelto-Provider": session.agent.provider,
    }


def _compressed(post: Post) -> Post:
    return Post(
        arrives_at=post.arrives_at,
        provider=post.provider,
        content=gzip.compress(post.content, mtime=0),
        headers={**post.headers, "Content-Encoding": "gzip"},
        has_warnings=post.has_warnings,
    )


def _again(first: Post, content: bytes, at: datetime, has_warnings: bool) -> Post:
    return Post(
        arrives_at=at,
        provider=first.provider,
        content=content,
        headers=first.headers,
        has_warnings=has_warnings,
    )


def _with_misfits(
    body: dict[str, Any], session: Session
) -> tuple[dict[str, Any], bool]:
    """Return the body, of some sessions with a value that the webhook cuts or ignores,
    and whether it has one."""
    if session.agent.shape in WITHOUT_CALL:
        return body, False
    call = dict(body["call"])
    if _is_due(session, UNKNOWN_KEY):
        call["disposition"] = "resolved"
    elif _is_due(session, LONG_REASON):
        call["endedReason"] = "The caller hung up after this: " + "hello? " * 60
    else:
        return body, False
    return body | {"call": call}, True


def _rating(session: Session) -> dict[str, Any]:
    """Return the body with which a later job adds the price and a rating."""
    return {
        "agent": {"externalId": session.agent.external_id},
        "call": {
            "externalId": bodies.external_id(session),
            "cost": f"{0.01 + session.duration * 0.0014:.6f}",
        },
        "metadata": {
            "outcome": ("resolved", "follow-up", "abandoned")[session.number % 3],
            "rating": 1 + session.number % 5,
        },
    }
