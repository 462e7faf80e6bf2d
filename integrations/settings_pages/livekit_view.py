"""What only the LiveKit page shows: the worker's code."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from accounts.http import OrganizationRequest
from integrations.livekit_projects.views import projects_context
from integrations.snippets import samples
from integrations.snippets.code_files import short_worker_code, worker_code

RECORDING_SWITCH = """\
agents:
  enable_user_data_recording: true"""


def content(request: OrganizationRequest, _key_text: str | None) -> dict[str, Any]:
    """Return the context of that page; the code reads its key from the environment."""
    return {
        **projects_context(request),
        "hook": samples.WORKER_HOOK,
        "upload_line": samples.upload_line("paste-your-upload-key-here"),
        "recording_switch": RECORDING_SWITCH,
        "worker_code": worker_code(settings.BASE_URL),
        "short_worker_code": short_worker_code(settings.BASE_URL),
    }


def live(request: OrganizationRequest) -> dict[str, Any]:
    """Return what changes by itself on that page beside its status."""
    return {
        **projects_context(request),
        "live_template": "integrations/livekit_projects/_table.html",
    }
