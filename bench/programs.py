"""What programs request of `/v1`, at a million conversations.

A page of conversations takes as long at the top as a thousand pages down, and as with a
filter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

from bench.addresses import REQUESTS, Page, Rows, cursor_of
from bench.filling import Execute
from bench.report import Figures, Ratio, at_most

LIMITS = (50, 200)
PAGES = 1_000
GOAL = 1.5
CONVERSATION, DELIVERY = '"agentId":', '"receivedAt":'
# Makes the cursor of a place in the log of an organization.
Seal = Callable[[int, UUID], str]


def kinds_of_requests(
    execute: Execute, slug: str, seal: Seal
) -> Iterator[tuple[str, list[Page]]]:
    """Yield the name and the requests of each kind."""
    rows = Rows(execute, slug)
    agents = [str(agent) for agent, _ in rows.newest_of_agents()]
    for limit in LIMITS:
        # Of what there is, where that is less.
        depth = min(limit * (PAGES - 1), rows.count() * 3 // 4)
        listing = f"/v1/conversations?limit={limit}"
        name = f"/v1/conversations, {limit}"
        yield f"{name}: first", _same(listing, CONVERSATION)
        for kind, filters in {
            "provider": ["provider=livekit"],
            "agent": [f"agentId={agent}" for agent in agents],
            "ended reason": ["endedReason=timeout"],
            "metadata": [f"metadata.campaign=c{number}" for number in range(7)],
        }.items():
            paths = [f"{listing}&{query}" for query in filters * REQUESTS]
            pages = [Page(path, CONVERSATION) for path in paths[:REQUESTS]]
            yield f"{name}: {kind}", pages
        places = [cursor_of(*rows.at(depth + n)[:2]) for n in range(REQUESTS)]
        deep = [Page(f"{listing}&cursor={at}", CONVERSATION) for at in places]
        yield f"{name}: deep", deep
    yield from _others(rows, agents, seal)


def _others(
    rows: Rows, agents: list[str], seal: Seal
) -> Iterator[tuple[str, list[Page]]]:
    yield "/v1/deliveries: first", _same("/v1/deliveries", DELIVERY)
    deep = f"/v1/deliveries?cursor={_place_in_log(rows, seal)}"
    yield "/v1/deliveries: deep", _same(deep, DELIVERY)
    livekit = "/v1/deliveries?provider=livekit"
    yield "/v1/deliveries: provider", _same(livekit, DELIVERY)
    yield "/v1/agents", _same("/v1/agents", agents[0])
    yield "/v1/usage", _same("/v1/usage", '"date":')
    newest, oldest = (rows.at(at)[1].date() for at in (0, rows.count() - 1))
    year = f"/v1/usage?from={oldest}&to={newest}"
    yield "/v1/usage of a year", _same(year, '"date":')


def ratios_of_requests(figures: Figures) -> list[Ratio]:
    """Return how much slower than the first page other pages are."""
    ratios = []
    for limit in LIMITS:
        name = f"/v1/conversations, {limit}"
        times = {
            kind.removeprefix(f"{name}: "): one["p50_ms"]
            for kind, one in figures.items()
            if kind.startswith(f"{name}: ")
        }
        first = times.pop("first")
        ratios += [
            at_most(f"{name}: {kind} / first", time / first, GOAL)
            for kind, time in times.items()
        ]
    return ratios


def _same(path: str, shows: str) -> list[Page]:
    return [Page(path, shows)] * REQUESTS


def _place_in_log(rows: Rows, seal: Seal) -> str:
    """Return the cursor of a delivery three quarters of the way down the log."""
    place, organization_id = rows.execute(
        "SELECT sequence, organization_id FROM integrations_delivery "
        "WHERE organization_id = "
        "(SELECT id FROM accounts_organization WHERE slug = %s) "
        "ORDER BY sequence DESC OFFSET %s LIMIT 1",
        *(rows.slug, rows.count() * 3 // 4),
    )[0]
    return seal(place, organization_id)
