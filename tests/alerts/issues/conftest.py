"""What was found wrong, and where changes of issues go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization
from alerts.issues.finding import Finding
from alerts.models import IssueChange, IssueKind

MakeFinding = Callable[..., Finding]


@pytest.fixture
def routed(monkeypatch: pytest.MonkeyPatch) -> list[IssueChange]:
    """Return the changes that channels would be told of."""
    changes: list[IssueChange] = []
    monkeypatch.setattr("alerts.messages.routing.route", changes.extend)
    return changes


@pytest.fixture
def found(organization: Organization) -> MakeFinding:
    """Return `found("cause", ...)`: an agent that is silent since an hour."""

    def make(cause: str = "front-desk", **fields: Any) -> Finding:
        fields.setdefault("organization_id", organization.pk)
        fields.setdefault("kind", IssueKind.AGENT_SILENT)
        fields.setdefault("since", timezone.now() - timedelta(hours=1))
        fields.setdefault("facts", {"agent": "Front desk"})
        return Finding(cause=cause, **fields)

    return make
