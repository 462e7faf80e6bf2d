"""The form above the audit log: its filters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from accounts.models import AuditAction
from web.list_form import ListForm, PickFilter

# In place of a person's id: what programs did with keys.
PROGRAMS = "programs"


class PersonFilter(forms.CharField):
    """A person's id, or `PROGRAMS`."""

    widget = forms.Select

    def to_python(self, value: Any) -> str:
        """Return an id as the database writes it; nothing for what is neither."""
        try:
            return PROGRAMS if value == PROGRAMS else str(UUID(value or ""))
        except ValueError:
            return ""


class AuditForm(ListForm):
    """The filters of the audit log."""

    person = PersonFilter(label="Who", required=False)
    action = PickFilter("What", AuditAction.choices, every="Anything")
