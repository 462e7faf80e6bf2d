"""The hosts of an organization, each once, whatever keys and agents it forwards for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Min, Q, QuerySet

from accounts.models import Organization
from conversations.models import Agent
from integrations.agent_workers.headers import USER_AGENT
from integrations.agent_workers.listing import SILENT_AFTER
from integrations.models import AgentWorker
from web.paging import Found, Position, cut

Reference = tuple[str, str]
# Of one host, the latest: what else has its key may name any number.
MAX_AGENTS = 20
# Of a row, which a cursor holds as a UUID.
MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ForwardedAgent:
    """An agent that a host forwards for. row: None where none of its sessions is kept."""

    provider: str
    reference: str
    row: Agent | None
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Host:
    """A host with the package for workers.

    place: where it stands in the list. newest: what it said last. package, sdk, python:
    versions; empty where it does not say. agents: at most `MAX_AGENTS`, the latest first.
    is_silent: of each of its agents others have forwarded since.
    """

    place: Position
    newest: AgentWorker
    package: str
    sdk: str
    python: str
    agents: list[ForwardedAgent]
    is_silent: bool

    @property
    def state(self) -> str:
        """Return what pages say of it in a word."""
        if self.is_silent:
            return "silent"
        if self.newest.refused:
            return "refused"
        return "catching_up" if self.newest.waiting else "forwards"


def find_hosts(
    organization: Organization,
    references: Collection[Reference] | None,
    than: Position | None,
    count: int,
) -> Found[Host]:
    """Return hosts behind a position, the newest first by the first session of each: its
    latest one moves.

    references: (provider, id) of the agent whose hosts they are; None for all.
    """
    own = AgentWorker.objects.in_organization(organization)
    named = own if references is None else own.filter(_naming(references))
    places = (
        named.values("host")
        .annotate(first=Min("first_at"), place=Min("id"))
        .order_by("-first", "-place")
    )
    if than:
        first, place = than.created_at, min(than.id.int, MAX_ID)
        places = places.filter(Q(first__lt=first) | Q(first=first, place__lt=place))
    found = cut(places[: count + 1], count)
    shown = {
        one["host"]: Position(one["first"], UUID(int=one["place"]))
        for one in found.rows
    }
    rows = own.filter(host__in=shown).select_related("key").latest_first()
    return Found(_hosts(organization, own, shown, list(rows)), found.more)


def _naming(references: Collection[Reference]) -> Q:
    about = Q(pk__in=[])
    for provider, reference in references:
        about |= Q(provider=provider, agent_reference=reference)
    return about


def _hosts(
    organization: Organization,
    own: QuerySet[AgentWorker],
    shown: dict[str, Position],
    rows: Sequence[AgentWorker],
) -> list[Host]:
    """Return the hosts in their order. rows: all of theirs, the latest first."""
    if not rows:
        return []
    of_host: dict[str, list[AgentWorker]] = defaultdict(list)
    for row in rows:
        of_host[row.host].append(row)
    latest = {
        (one["provider"], one["agent_reference"]): one["last"]
        for one in own.values("provider", "agent_reference").annotate(
            last=Max("last_at")
        )
    }
    agents = _agents(organization, {_reference(row) for row in rows})
    return [
        _host(place, of_host[host], latest, agents) for host, place in shown.items()
    ]


def _host(
    place: Position,
    rows: Sequence[AgentWorker],
    latest: dict[Reference, datetime],
    agents: dict[Reference, Agent],
) -> Host:
    newest: dict[Reference, AgentWorker] = {}
    for row in rows:
        newest.setdefault(_reference(row), row)
    found = USER_AGENT.match(rows[0].user_agent)
    said = found.groupdict("") if found else {}
    return Host(
        place=place,
        newest=rows[0],
        package=said.get("package", ""),
        sdk=said.get("sdk", ""),
        python=said.get("python", ""),
        agents=[
            ForwardedAgent(*one, row=agents.get(one), last_at=row.last_at)
            for one, row in list(newest.items())[:MAX_AGENTS]
        ],
        is_silent=all(
            latest.get(one, row.last_at) - row.last_at > SILENT_AFTER
            for one, row in newest.items()
        ),
    )


def _reference(row: AgentWorker) -> Reference:
    return row.provider, row.agent_reference


def _agents(
    organization: Organization, references: Iterable[Reference]
) -> dict[Reference, Agent]:
    """Return the agents that these name, by their own id or ours; of one that was merged
    the other.
    """
    texts = {text for _, text in references}
    ids = [found for text in texts if (found := _id_in(text))]
    own = Agent.objects.in_organization(organization).select_related("merged_into")
    rows = list(own.filter(Q(external_id__in=texts) | Q(pk__in=ids)))
    by_id = {str(row.pk): row.merged_into or row for row in rows}
    by_name = {(row.provider, row.external_id): row.merged_into or row for row in rows}
    named = {one: by_name.get(one) or by_id.get(one[1]) for one in references}
    return {one: row for one, row in named.items() if row}


def _id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
