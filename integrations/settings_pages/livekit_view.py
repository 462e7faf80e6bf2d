"""What only the LiveKit page shows: the worker's code, what upload URLs brought."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from accounts.http import OrganizationRequest
from accounts.models import Organization
from integrations.connections.provider_status import ProviderConnection
from integrations.livekit_projects.views import projects_context
from integrations.livekit_upload.signs import signs_lately
from integrations.snippets import samples
from integrations.snippets.code_files import (
    node_worker_code,
    short_worker_code,
    worker_code,
)
from integrations.worker_package.wheel import current_wheel


def status(
    organization: Organization, connection: ProviderConnection
) -> dict[str, Any]:
    """Return what its status shows beside that of every provider: until the first
    session, what came instead.
    """
    return {} if connection.is_active else {"signs": signs_lately(organization)}


def content(request: OrganizationRequest, key_text: str | None) -> dict[str, Any]:
    """Return the context of that page; the code reads its key from the environment."""
    return {
        **projects_context(request),
        "package": current_wheel(),
        "package_environment": samples.worker_environment(key_text),
        "package_hook": samples.PACKAGE_HOOK,
        "package_doctor": samples.PACKAGE_DOCTOR,
        "hook": samples.WORKER_HOOK,
        "upload_line": samples.upload_line("paste-your-upload-key-here"),
        "worker_code": worker_code(settings.BASE_URL),
        "short_worker_code": short_worker_code(settings.BASE_URL),
        "node_worker_code": node_worker_code(settings.BASE_URL),
    }


def live(request: OrganizationRequest) -> dict[str, Any]:
    """Return what changes by itself on that page beside its status."""
    return {
        **projects_context(request),
        "live_template": "integrations/livekit_projects/_table.html",
    }
