"""Which agents the upload URLs of a key name, as far as sessions came with them."""

from __future__ import annotations

import json
import re

from django.db.models import BinaryField, F, Func, Value

from accounts.models import ApiKey
from integrations.keys.usage import LOOKED_AT
from integrations.models import Delivery

UPLOADS = (Delivery.Source.LIVEKIT_SESSION, Delivery.Source.LIVEKIT_LOGS)
# Of a body, whose first fields name the agent.
BEGINNING_BYTES = 4_096
MAX_BODIES = 50
MAX_AGENTS = 5
_SLUG = re.compile(r'"agentSlug": ?("(?:[^"\\]|\\.)*")')


def upload_agents(key: ApiKey) -> list[str]:
    """Return the agents that upload URLs of this key name, the newest first; empty text
    for a URL that names none. Empty where nothing was uploaded with it lately.
    """
    log = Delivery.objects.in_organization(key.organization).newest_first()
    newest = log.values_list("sequence", "key_id", "source")[:LOOKED_AT]
    uploads = [
        sequence
        for sequence, key_id, source in newest
        if key_id == key.id and source in UPLOADS
    ]
    beginning = Func(
        *(F("body"), Value(1), Value(BEGINNING_BYTES)),
        function="substring",
        output_field=BinaryField(),
    )
    rows = log.filter(sequence__in=uploads[:MAX_BODIES]).annotate(beginning=beginning)
    bodies = rows.values_list("beginning", flat=True)
    return list(dict.fromkeys(_slug_in(bytes(body or b"")) for body in bodies))[
        :MAX_AGENTS
    ]


def _slug_in(beginning: bytes) -> str:
    found = _SLUG.search(beginning.decode("utf-8", "replace"))
    if found is None:
        return ""
    slug = json.loads(found[1])
    return slug if isinstance(slug, str) else ""
