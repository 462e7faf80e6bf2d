"""What only the page of the call API shows: the body, and code that posts it."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from accounts.http import OrganizationRequest
from integrations.snippets import code_files, samples
from integrations.snippets.body_fields import body_fields


def content(_request: OrganizationRequest, key_text: str | None) -> dict[str, Any]:
    """Return the context of that page.

    key_text: of the key that was just made, for the lines to copy.
    """
    return {
        "sample_body": samples.as_json(samples.whole_call()),
        "sample_curl": samples.curl(settings.BASE_URL, key_text),
        "sample_upload": samples.upload_curl(settings.BASE_URL, key_text),
        "sample_python": code_files.python_code(settings.BASE_URL),
        "sample_node": code_files.node_code(settings.BASE_URL),
        "agent_prompt": samples.agent_prompt(settings.BASE_URL),
        "fields": body_fields(),
    }
