"""The hosts that forward, as pages show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import ApiKey, Organization
from integrations.agent_workers.headers import USER_AGENT
from integrations.models import AgentWorker

# A host that forwards nothing for so long while others of its agent do.
SILENT_AFTER = timedelta(hours=24)
# Nobody reads on; those that need a look come first.
MAX_SHOWN = 100
MAX_READ = 5_000


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A host as a page shows it.

    package, sdk, python: versions; empty where it does not say.
    is_silent: it has forwarded nothing since, though others of its agent have.
    """

    worker: AgentWorker
    package: str
    sdk: str
    python: str
    is_silent: bool


@dataclass(frozen=True, slots=True)
class WorkerList:
    """rows: at most `MAX_SHOWN`, silent ones first. count: how many there are."""

    rows: list[WorkerRow]
    count: int

    @property
    def silent(self) -> int:
        """Return how many of the rows are silent."""
        return sum(row.is_silent for row in self.rows)


def workers_of_agent(
    organization: Organization, references: Collection[tuple[str, str]]
) -> WorkerList:
    """Return the hosts of an agent; one that came with several keys is there once.

    references: (provider, id) by which deliveries name the agent.
    """
    latest: dict[str, AgentWorker] = {}
    for one in _naming(organization, references):
        latest.setdefault(one.host, one)
    newest = max((one.last_at for one in latest.values()), default=None)
    return _listed(
        (one, newest is not None and newest - one.last_at > SILENT_AFTER)
        for one in latest.values()
    )


def workers_of_key(key: ApiKey) -> WorkerList:
    """Return the hosts that forward with a key, each once for each of its agents. One
    that forwards with another key by now is not silent.
    """
    own = list(AgentWorker.objects.filter(key=key).latest_first()[:MAX_READ])
    references = {(one.provider, one.agent_reference) for one in own}
    newest: dict[tuple[str, str], datetime] = {}
    latest: dict[tuple[str, str, str], datetime] = {}
    for one in _naming(key.organization, references):
        agent = (one.provider, one.agent_reference)
        newest.setdefault(agent, one.last_at)
        latest.setdefault((*agent, one.host), one.last_at)

    def is_silent(one: AgentWorker) -> bool:
        agent = (one.provider, one.agent_reference)
        last = latest.get((*agent, one.host), one.last_at)
        return newest.get(agent, last) - last > SILENT_AFTER

    return _listed((one, is_silent(one)) for one in own)


def _naming(
    organization: Organization, references: Collection[tuple[str, str]]
) -> list[AgentWorker]:
    """Return the rows that name one of these, the latest first."""
    if not references:
        return []
    about = Q()
    for provider, reference in references:
        about |= Q(provider=provider, agent_reference=reference)
    own = AgentWorker.objects.in_organization(organization).filter(about)
    return list(own.select_related("key").latest_first()[:MAX_READ])


def _listed(found: Iterable[tuple[AgentWorker, bool]]) -> WorkerList:
    rows = [_row(worker, is_silent=is_silent) for worker, is_silent in found]
    rows.sort(key=lambda row: row.worker.last_at, reverse=True)
    rows.sort(key=lambda row: not row.is_silent)
    return WorkerList(rows[:MAX_SHOWN], len(rows))


def _row(worker: AgentWorker, *, is_silent: bool) -> WorkerRow:
    found = USER_AGENT.match(worker.user_agent)
    said = found.groupdict("") if found else {}
    return WorkerRow(
        worker=worker,
        package=said.get("package", ""),
        sdk=said.get("sdk", ""),
        python=said.get("python", ""),
        is_silent=is_silent,
    )
