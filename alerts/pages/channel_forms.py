"""Forms of channels, made of what each kind declares. None shows a secret again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.forms import NameField
from accounts.models import Membership, Organization
from alerts.channels import registry
from alerts.channels.kind import ChannelConfigError, CheckedConfig, Field
from alerts.models import Channel
from alerts.pages.rule_forms import kinds_for
from conversations.models import Agent

MAX_FIELD_CHARACTERS = 4000
ENTER_AGAIN = "Enter it again, since where it is sent to was changed."
NOTHING_SENT = "Nothing would be sent: choose issues, events or the summary."
EVENTS = [
    ("conversation.created", "A conversation arrived"),
    ("conversation.updated", "A conversation was changed"),
    ("recording.stored", "A recording was stored"),
]
# Fields that say where a message goes; see `ConfigForm._moves`.
PLACES = frozenset({"server", "region"})
# An address is a secret where it opens the channel, and hard to type blindly.
SEEN_WHILE_TYPED = frozenset({"url", "topic"})


class ConfigForm(forms.Form):
    """The name of a channel, and how it is reached.

    kind: of the channel: it has the fields. channel: the one that is changed, if any.
    """

    name = NameField(label="Name", widget=forms.TextInput({"autocomplete": "off"}))

    def __init__(
        self,
        *args: Any,
        kind: str,
        channel: Channel | None = None,
        **options: Any,
    ) -> None:
        self.kind = kind
        self.declared = registry.KINDS[kind].fields
        # Nothing where the key that opens it is gone.
        self.current = (registry.config_of(channel) if channel else None) or {}
        name = channel.name if channel else registry.KINDS[kind].label
        options["initial"] = {"name": name} | {
            f"to_{one.name}": self.current.get(one.name, one.initial)
            for one in self.declared
            if not one.is_secret
        }
        super().__init__(*args, **options)
        self.has_secret = {
            one.name
            for one in self.declared
            if one.is_secret and self.current.get(one.name)
        }
        for one in self.declared:
            self.fields[f"to_{one.name}"] = self._field(one)

    def _field(self, one: Field) -> forms.Field:
        is_kept = one.name in self.has_secret
        help_text = one.help
        if is_kept:
            stop = "." if one.help and not one.help.endswith((".", "…")) else ""
            help_text = f"{one.help}{stop} Left empty, it stays as it is.".strip()
        usual: dict[str, Any] = {
            "label": one.label,
            "required": one.is_required and not is_kept,
            "help_text": help_text,
        }
        if one.choices:
            return forms.ChoiceField(choices=one.choices, **usual)
        return forms.CharField(
            max_length=MAX_FIELD_CHARACTERS, widget=_widget(one), **usual
        )

    @property
    def settings(self) -> list[forms.BoundField]:
        """Return the fields of the kind, in its order."""
        return [self[f"to_{one.name}"] for one in self.declared]

    def clean(self) -> dict[str, Any]:
        """Have the kind check its fields, and keep what it makes of them."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        typed = {one.name: cleaned.get(f"to_{one.name}") or "" for one in self.declared}
        if self._moves(typed):
            for name in self.has_secret:
                if not typed[name]:
                    self.add_error(f"to_{name}", ENTER_AGAIN)
            if self.errors:
                return cleaned
        try:
            cleaned["checked"] = registry.check(self.kind, typed, self.current)
        except ChannelConfigError as error:
            name = f"to_{error.field}"
            self.add_error(name if name in self.fields else None, error.sentence)
        return cleaned

    def _moves(self, typed: Mapping[str, str]) -> bool:
        """Tell whether another server would be given the secrets that are kept."""
        return bool(self.has_secret) and any(
            typed[one.name] != self.current.get(one.name, "")
            for one in self.declared
            if one.name in PLACES and not one.is_secret
        )

    @property
    def checked(self) -> CheckedConfig:
        """Return what is kept of a valid form."""
        checked: CheckedConfig = self.cleaned_data["checked"]
        return checked


class UnseenInput(forms.PasswordInput):
    """A text that is seen while it is typed, and never written into a page."""

    input_type = "text"


def _widget(one: Field) -> forms.Widget:
    attributes = {"autocomplete": "off", "spellcheck": "false"}
    if one.is_secret and one.name in SEEN_WHILE_TYPED:
        return UnseenInput(attributes, render_value=False)
    if one.is_secret:
        return forms.PasswordInput(
            attributes | {"autocomplete": "new-password"}, render_value=False
        )
    if one.is_long:
        return forms.Textarea(attributes | {"rows": "3"})
    return forms.TextInput(attributes)


class RoutingForm(forms.Form):
    """Which issues and events a channel is told of.

    channel: as it is. membership: of whoever fills it in. agents: those of the menu.
    """

    sends_issues = forms.BooleanField(label="Issues", required=False)
    kinds = forms.MultipleChoiceField(
        label="Only these",
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
    )
    agents = forms.ModelMultipleChoiceField(
        label="Only these agents",
        queryset=Agent.objects.none(),
        required=False,
        widget=forms.SelectMultiple({"size": "6"}),
    )
    sends_summary = forms.BooleanField(
        label="On Mondays, what the week was like", required=False
    )
    events = forms.MultipleChoiceField(
        label="Events",
        required=False,
        choices=EVENTS,
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
    )
    sends_content = forms.BooleanField(
        label="With content: transcripts and who called", required=False
    )

    def __init__(
        self,
        *args: Any,
        channel: Channel,
        membership: Membership,
        agents: list[Agent],
        **options: Any,
    ) -> None:
        options["initial"] = {name: getattr(channel, name) for name in self.base_fields}
        super().__init__(*args, **options)
        fields: Any = self.fields
        fields["kinds"].choices = kinds_for(membership)
        fields["agents"].queryset = agents_of(membership.organization)
        fields["agents"].widget.choices = [
            (str(one.pk), one.display_name) for one in agents
        ]
        if channel.kind != Channel.Kind.EMAIL:
            del self.fields["sends_summary"]
        if channel.kind != Channel.Kind.WEBHOOK:
            del self.fields["events"], self.fields["sends_content"]

    def clean(self) -> dict[str, Any]:
        """Refuse a channel that would be told of nothing."""
        cleaned = super().clean() or {}
        sent = ("sends_issues", "events", "sends_summary")
        if not any(cleaned.get(name) for name in sent):
            self.add_error(None, NOTHING_SENT)
        if "agents" in cleaned:
            cleaned["agents"] = sorted(one.pk for one in cleaned["agents"])
        return cleaned


def agents_of(organization: Organization) -> Any:
    """Return the agents that a channel may be limited to."""
    return Agent.objects.in_organization(organization).not_merged()
