"""The pages that are timed: thirty addresses of each kind.

Where possible each is of another row, so that no page is fast because it was just read.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bench.filling import Execute

REQUESTS = 30
DEEP = 50_000  # rows: a thousand pages


@dataclass(frozen=True, slots=True)
class Page:
    """An address, and a text that only the right answer contains."""

    path: str
    shows: str


def kinds_of_pages(execute: Execute, slug: str) -> Iterator[tuple[str, list[Page]]]:
    """Yield the name and the pages of each kind."""
    rows = Rows(execute, slug)
    organization = f"/org/{slug}"
    listing = f"{organization}/conversations"
    agents, some = rows.agents(), rows.some()

    def each(path: str, found: list[tuple[Any, ...]]) -> list[Page]:
        """Return a page for each row, which shows the row's last value.

        path: with `{}` for the first value of the row.
        """
        return [Page(path.format(row[0]), row[-1]) for row in found]

    yield "home", each(f"{organization}/", rows.newest() * REQUESTS)
    yield "list", each(listing, rows.newest() * REQUESTS)
    livekit = rows.newest("livekit") * REQUESTS
    yield "list of one provider", each(f"{listing}?provider=livekit", livekit)
    yield "list of one agent", each(f"{listing}?agent={{}}", rows.newest_of_agents())
    yield "list of one week", each(f"{listing}?{{}}", rows.weeks())
    yield "deep page", each(f"{listing}?before={{}}", rows.deep())
    yield "search by reference", each(f"{listing}?reference={{}}", rows.references())
    yield "agents", each(f"{organization}/agents", agents[:1] * REQUESTS)
    yield "agent", each(f"{organization}/agents/{{}}", agents)
    yield "agent's connection", each(f"{organization}/agents/{{}}/connection", agents)
    yield "conversation", each(f"{listing}/{{}}", some)
    yield "conversation's deliveries", each(f"{listing}/{{}}/deliveries", some)


class Rows:
    """Rows of one organization, chosen by the same rule whatever their number."""

    def __init__(self, execute: Execute, slug: str) -> None:
        self.execute = execute
        self.slug = slug

    def select(self, what: str, rest: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return columns of conversations with their agents; `rest` continues the
        WHERE.
        """
        return self.execute(
            f"SELECT {what} FROM conversations_conversation AS call "  # noqa: S608
            "JOIN conversations_agent AS agent ON agent.id = call.agent_id "
            "WHERE call.organization_id = "
            f"(SELECT id FROM accounts_organization WHERE slug = %s) {rest}",
            *(self.slug, *values),
        )

    def newest(self, provider: str | None = None) -> list[tuple[Any, ...]]:
        """Return (id, reference) of the newest conversation, as one row."""
        rest = "AND call.provider = %s" if provider else ""
        values = [provider] if provider else []
        return self.select(
            "call.id, call.external_id",
            f"{rest} ORDER BY call.created_at DESC LIMIT 1",
            *values,
        )

    def agents(self) -> list[tuple[Any, ...]]:
        """Return (id, name) of up to `REQUESTS` agents."""
        return self.select("DISTINCT agent.id, agent.name", "LIMIT %s", REQUESTS)

    def newest_of_agents(self) -> list[tuple[Any, ...]]:
        """Return (agent id, reference) of the newest conversation of each agent."""
        return self.select(
            "DISTINCT ON (agent.id) agent.id, call.external_id",
            "ORDER BY agent.id, call.created_at DESC LIMIT %s",
            REQUESTS,
        )

    def some(self) -> list[tuple[Any, ...]]:
        """Return (id, reference) of `REQUESTS` conversations, spread over all."""
        return self.select(
            "call.id, call.external_id",
            "ORDER BY md5(call.external_id) LIMIT %s",
            REQUESTS,
        )

    def references(self) -> list[tuple[Any, ...]]:
        """Return (reference, reference) of `REQUESTS` conversations."""
        return [(reference, reference) for _, reference in self.some()]

    def weeks(self) -> list[tuple[str, str]]:
        """Return (query, reference) of weeks: the query for each, and its newest
        conversation.
        """
        count = self.count()
        found = []
        for number in range(REQUESTS):
            last = self.at(count * number // REQUESTS)
            day = last[1].date()
            first = day - timedelta(days=6)
            shown = self.select(
                "call.external_id",
                "AND call.created_at < %s::date + 1 ORDER BY call.created_at DESC LIMIT 1",
                day,
            )
            found.append((f"from={first}&to={day}", shown[0][0]))
        return found

    def deep(self) -> list[tuple[str, str]]:
        """Return (cursor, reference) a thousand pages deep, or where there are fewer
        three quarters of the way: the cursor of a row, and the row after it.
        """
        depth = min(DEEP, self.count() * 3 // 4)
        return [
            (cursor_of(*self.at(depth + number)[:2]), self.at(depth + number + 1)[2])
            for number in range(REQUESTS)
        ]

    def count(self) -> int:
        """Return how many conversations the organization has."""
        count: int = self.select("count(*)", "")[0][0]
        return count

    def at(self, position: int) -> tuple[Any, ...]:
        """Return id, moment and reference of a row, counted from the newest."""
        return self.select(
            "call.id, call.created_at, call.external_id",
            "ORDER BY call.created_at DESC, call.id DESC OFFSET %s LIMIT 1",
            position,
        )[0]


def cursor_of(identifier: Any, created_at: Any) -> str:
    """Return a cursor as `web/paging.py` writes it; a wrong one would show other rows."""
    text = f"{created_at.isoformat()} {identifier}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")
