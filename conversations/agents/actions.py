"""Changing an agent, retiring it and bringing it back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import ApiKey, AuditAction, User
from conversations.models import Agent


@transaction.atomic
def change_agent(
    *,
    agent: Agent,
    by: User | None,
    key: ApiKey | None = None,
    name: str | None = None,
    description: str | None = None,
    type: str | None = None,
) -> None:
    """Write what is given and differs; what is None stays, also what a call writes
    meanwhile.

    A name that a person gave is never changed by a call; an empty one lets the next
    call name the agent.

    by, key: the person, or the key of the program, that does it.
    """
    row = _lock(agent)
    before = row.display_name
    given = {"name": name, "description": description, "type": type}
    changed = {
        field: (getattr(row, field), value.strip())
        for field, value in given.items()
        if value is not None and value.strip() != getattr(row, field)
    }
    for field, (_, value) in changed.items():
        setattr(row, field, value)
    if "name" in changed:
        row.named_by_sequence = None
    if changed:
        _save(row, *changed, "named_by_sequence")
    if "name" in changed:
        _record(row, AuditAction.AGENT_RENAMED, by, key, before=before)
    if others := {field: pair for field, pair in changed.items() if field != "name"}:
        _record(row, AuditAction.AGENT_CHANGED, by, key, changed=others)
    _copy(row, agent, *given)


@transaction.atomic
def retire_agent(*, agent: Agent, by: User) -> None:
    """Collapse an agent on pages. Sessions that it still sends are stored as before."""
    _set_retired(agent, timezone.now(), AuditAction.AGENT_RETIRED, by)


@transaction.atomic
def bring_back_agent(*, agent: Agent, by: User) -> None:
    """Show a retired agent among the others again."""
    _set_retired(agent, None, AuditAction.AGENT_RESTORED, by)


def _set_retired(
    agent: Agent, moment: datetime | None, action: AuditAction, by: User
) -> None:
    row = _lock(agent)
    # Requested twice it is done once, and the first moment stays.
    if bool(row.retired_at) != bool(moment):
        row.retired_at = moment
        _save(row, "retired_at")
        _record(row, action, by, None)
    _copy(row, agent, "retired_at")


def _lock(agent: Agent) -> Agent:
    return Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)


def _save(row: Agent, *fields: str) -> None:
    row.updated_at = timezone.now()
    row.save(update_fields=[*fields, "updated_at"])


def _record(
    row: Agent,
    action: AuditAction,
    by: User | None,
    key: ApiKey | None,
    **detail: object,
) -> None:
    record(
        organization=row.organization,
        by=by,
        key=key,
        action=action,
        subject=row.display_name,
        detail={"id": str(row.pk), **detail},
    )


def _copy(row: Agent, agent: Agent, *fields: str) -> None:
    for field in (*fields, "updated_at"):
        setattr(agent, field, getattr(row, field))
