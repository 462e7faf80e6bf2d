"""The card of API keys, which more than one page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.forms import Form

from accounts.forms import CreateKeyForm
from accounts.http import OrganizationRequest
from accounts.models import ApiKey, Role
from conversations.providers import pages
from integrations.keys.usage import KeyUse, recent_use
from integrations.snippets import samples

MAX_KEYS = 200
# The pages with a card of keys, by the name of their address.
PAGE_NAMES = {
    **{page.name: page.title for page in pages().values()},
    "mcp": "AI agent access",
}
# The scope that a new key is offered with where `full` is more than is needed.
SCOPES = {"mcp": ApiKey.Scope.READ}


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that this answer made.

    text: shown now and never again; None where an earlier answer to the same form
    showed it.
    upload_agents: the agents that its upload URLs are for, empty text for none of them;
    empty for a key that is not made to upload with.
    """

    key: ApiKey
    text: str | None
    upload_agents: Sequence[str] = ()

    @property
    def upload_lines(self) -> list[str]:
        """Return the lines that have LiveKit's SDKs upload with it; none for a key that
        may do more, since addresses end up in logs.
        """
        if self.text is None or self.key.scope != ApiKey.Scope.INGEST:
            return []
        agents = self.upload_agents or [""]
        return [samples.upload_line(self.text, agent) for agent in agents]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A row of the card.

    use: of late; None where nothing came with the key.
    """

    key: ApiKey
    use: KeyUse | None


def key_card(
    request: OrganizationRequest,
    page: str,
    *,
    form: Form | None = None,
    made: MadeKey | None = None,
) -> dict[str, Any]:
    """Return the context of the card; an empty one for members.

    page: the page that its forms lead back to, a key of `PAGE_NAMES`.
    form: one that was sent and did not fit.
    """
    if not request.membership.covers(Role.ADMIN):
        return {}
    keys = list(
        ApiKey.objects.in_organization(request.organization).listed()[: MAX_KEYS + 1]
    )
    uses = recent_use(request.organization) if keys else {}
    return {
        "page": page,
        "keys": [KeyRow(key, uses.get(key.id)) for key in keys[:MAX_KEYS]],
        "keys_cut_at": MAX_KEYS if len(keys) > MAX_KEYS else None,
        "key_form": form or new_form(request, page),
        "key_form_open": bool(form) or not keys,
        "made": made,
    }


def new_form(request: OrganizationRequest, page: str) -> CreateKeyForm:
    """Return an empty form, with the scope that suits the page."""
    scope = SCOPES.get(page, ApiKey.Scope.FULL)
    return CreateKeyForm(organization=request.organization, initial={"scope": scope})
