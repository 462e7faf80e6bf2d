"""Agents that were made of a guess, before a later delivery said who took the call."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db import IntegrityError, connection, transaction

from conversations.projection.agent_lookup import AgentKey
from conversations.projection.folded_call import FoldedCall

# What has a conversation, or was touched by a person, stays.
_DELETE = """
    DELETE FROM conversations_agent WHERE id IN (
        SELECT agent.id FROM conversations_agent AS agent
        JOIN unnest(%s::uuid[], %s::text[], %s::text[])
            AS guessed (organization_id, provider, external_id)
            USING (organization_id, provider, external_id)
        WHERE agent.name = '' AND agent.description = ''
            AND agent.merged_into_id IS NULL AND agent.retired_at IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM conversations_conversation WHERE agent_id = agent.id)
            AND NOT EXISTS (
                SELECT 1 FROM conversations_agent WHERE merged_into_id = agent.id)
        FOR UPDATE OF agent SKIP LOCKED)
"""


def delete_guesses_behind(calls: Iterable[FoldedCall]) -> None:
    """Once the transaction is committed, delete the agents that these calls were
    thought to be of and are not, where no other call is.

    One that somebody stores a call of at that moment is left alone: its row is held.
    """
    guesses = {guess for call in calls for guess in call.guesses}
    if guesses:
        transaction.on_commit(lambda: _delete(guesses), robust=True)


def _delete(guesses: Collection[AgentKey]) -> None:
    columns: list[Any] = [
        [key.organization_id for key in guesses],
        [key.provider for key in guesses],
        [key.external_id for key in guesses],
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_DELETE, columns)
    except IntegrityError:
        return  # a call of one of them came just now, or something else names it
