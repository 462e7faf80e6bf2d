"""The posts that the webhook refuses, as real workers send them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from integrations.demo import bodies
from integrations.demo.agents import (
    APPOINTMENTS,
    FRONT_DESK,
    ORDER_SUPPORT,
    RETURNS_DESK,
    SURVEY_CALLER,
    Agent,
)
from integrations.demo.chance import randomness
from integrations.demo.posts import Post, as_json
from integrations.demo.session import Session, simulate
from integrations.demo.weeks import Weeks

# Apart from the slots of sessions that are taken.
FIRST_NUMBER = 10_000_000
WRONG_ROLES = 7


class Refusals:
    """The posts to be refused, each at a time at which its agent works.

    largest_body: the limit of the webhook, in bytes.
    """

    def __init__(self, *, seed: int, weeks: Weeks, largest_body: int) -> None:
        self.seed = seed
        self.weeks = weeks
        self.largest_body = largest_body
        self.number = FIRST_NUMBER

    def posts(self) -> Iterator[Post]:
        """Yield the posts, each with the status that it is to be answered with."""
        for session in self.sessions():
            spoil = _wrong_role if session.agent is RETURNS_DESK else _nameless
            yield self._post(422, spoil(session))
        yield self._post(422, _without_id(self._session(SURVEY_CALLER, 16, 8)))
        for _ in range(2):
            session = self._session(ORDER_SUPPORT, 14, 11)
            yield self._post(400, (session, as_json(bodies.body(session))[:-40]))
        session = self._session(FRONT_DESK, 27, 25)
        yield self._post(
            400, (session, b'"ok"'), headers={"X-Zelto-Provider": "live-kit"}
        )
        session = self._session(FRONT_DESK, 27, 24)
        yield self._post(
            415,
            (session, as_json(bodies.body(session))),
            headers={"Content-Type": "text/plain"},
        )
        session = self._session(ORDER_SUPPORT, 20, 10)
        yield self._post(
            413, (session, self._too_large()), headers={"Content-Encoding": "gzip"}
        )
        yield from self._with_read_key()

    def sessions(self) -> Iterator[Session]:
        """Yield the sessions whose posts name their job, and are the first refused."""
        for _ in range(WRONG_ROLES):
            yield self._session(RETURNS_DESK, 1.9, 0.02)
        for _ in range(2):
            yield self._session(APPOINTMENTS, 24, 22)

    def _with_read_key(self) -> Iterator[Post]:
        """Yield the three tries of a worker with a key that may only read."""
        session = self._session(APPOINTMENTS, 13, 5)
        content = as_json(bodies.body(session))
        for _ in range(3):
            yield self._post(403, (session, content), with_read_key=True)

    def _session(self, agent: Agent, from_day: float, until_day: float) -> Session:
        self.number += 1
        moment = self.weeks.moment(
            agent.hours,
            randomness(self.seed, "refusal", self.number).random(),
            from_day=from_day,
            until_day=until_day,
        )
        # As if its agent still worked then, and with somebody who spoke.
        for number in range(self.number, self.number + 200_000_000, 1_000_000):
            session = simulate(
                agent, number=number, seed=self.seed, ended_at=moment, weeks=self.weeks
            )
            if session.messages:
                return session
        raise AssertionError("no session has a message")

    def _post(
        self,
        expects: int,
        sent: tuple[Session, bytes],
        *,
        with_read_key: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Post:
        session, content = sent
        provider = session.agent.provider
        return Post(
            arrives_at=session.ended_at + timedelta(seconds=1.5),
            provider=provider,
            content=content,
            headers={
                "Content-Type": "application/json",
                "User-Agent": session.agent.user_agent,
                "X-Zelto-Provider": provider,
                **(headers or {}),
            },
            expects=expects,
            with_read_key=with_read_key,
        )

    def _too_large(self) -> bytes:
        return gzip.compress(b'{"events": "' + b"x" * self.largest_body, mtime=0)


def _wrong_role(session: Session) -> tuple[Session, bytes]:
    """Return the post of a new build, which also names a call by its job."""
    body = bodies.body(session)
    body["call"] = body["call"] | {"externalId": session.job_id}
    turns: list[dict[str, Any]] = body["transcript"]["turns"]
    for turn in turns:
        if turn["role"] == "assistant":
            turn["role"] = "bot"
    return session, as_json(body)


def _nameless(session: Session) -> tuple[Session, bytes]:
    """Return the report of a worker that is not dispatched by name: it names none."""
    return session, as_json(bodies.body(session) | {"agent_name": "", "agent": None})


def _without_id(session: Session) -> tuple[Session, bytes]:
    body = bodies.body(session)
    body["call"] = body["call"] | {"externalId": ""}
    return session, as_json(body)
