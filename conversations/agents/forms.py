"""Forms for changing and merging agents."""

from __future__ import annotations

import difflib
from typing import Any
from uuid import UUID

from django import forms
from django.utils.safestring import SafeString

from accounts.forms import NameField
from conversations.models import Agent
from conversations.providers import label_of

# A menu of more is no menu.
MAX_CHOICES = 500


class AgentForm(forms.Form):
    """What a person changed of an agent, compared with what they saw: a call may have
    named it meanwhile.
    """

    name = NameField(
        label="Name",
        required=False,
        show_hidden_initial=True,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=(
            "No call renames it after this. Without a name it shows its external id "
            "until the next call names it."
        ),
    )
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=2000,
        show_hidden_initial=True,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    type = forms.ChoiceField(
        label="Type", choices=Agent.Type.choices, show_hidden_initial=True
    )

    def __init__(self, *args: Any, agent: Agent, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial = {name: getattr(agent, name) for name in self.fields}

    def clean_description(self) -> str:
        return str(self.cleaned_data["description"]).replace("\r\n", "\n")

    def as_seen(self) -> list[SafeString]:
        """Return what the person saw, as hidden fields."""
        return [self[name].as_hidden(only_initial=True) for name in self.fields]

    def changed(self, name: str) -> str | None:
        """Return the value of a field that the person changed, else None."""
        return self.cleaned_data[name] if name in self.changed_data else None


class MergeForm(forms.Form):
    """Which agent the merged one is; similar ids first, since a typo makes an id that
    is nearly the same.
    """

    into = forms.TypedChoiceField(
        label="Merge into",
        coerce=UUID,
        error_messages={
            "invalid_choice": "This is no other agent here. Choose one of the list.",
            "required": "Choose the agent that it is.",
        },
    )

    def __init__(self, *args: Any, agent: Agent, **options: Any) -> None:
        super().__init__(*args, **options)
        others = (
            Agent.objects.filter(organization=agent.organization_id)
            .not_merged()
            .exclude(pk=agent.pk)
            .defer("description")
            .in_service_first()[:MAX_CHOICES]
        )
        self.others = sorted(others, key=lambda one: likeness(agent, one), reverse=True)
        self.fields["into"].choices = [  # type: ignore[attr-defined]
            (str(other.pk), _label(other)) for other in self.others
        ]

    def chosen(self) -> Agent:
        """Return the chosen agent; the form must be valid."""
        return next(one for one in self.others if one.pk == self.cleaned_data["into"])


def likeness(agent: Agent, other: Agent) -> float:
    """Return how similar two external ids are, from 0 to 1."""
    pair = agent.external_id.lower()[:64], other.external_id.lower()[:64]
    return difflib.SequenceMatcher(None, *pair, autojunk=False).ratio()


def _label(agent: Agent) -> str:
    parts = [agent.display_name[:80]]
    if agent.name:
        parts.append(agent.external_id[:80])
    parts.append(label_of(agent.provider))
    if agent.retired_at:
        parts.append("retired")
    return " · ".join(parts)
