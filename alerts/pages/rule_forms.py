"""The form of a rule."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Membership
from alerts.models import IssueKind, Rule
from alerts.models.issue import OF_THE_INSTANCE
from alerts.pages.watched import is_told_of_the_instance
from alerts.rules.evaluation import OF_SILENCE
from conversations.agents.activity_chart import WEEKDAYS
from conversations.models import Agent

MAX_DELAY_MINUTES = 7 * 24 * 60
MAX_SILENCE = timedelta(days=366)
# What no agent has.
WITHOUT_AGENT = OF_THE_INSTANCE | {
    IssueKind.ALL_SILENT,
    IssueKind.KEY_EXPIRES,
    IssueKind.KEY_UNUSED,
}
BOTH = "Enter both, from when to when, or neither."
SAME = "From and to are the same. For whole days choose days off, for all days “Off”."
EVERY_DAY = "Every day is off. Choose “Off” instead, or leave a day."
PAST = "This is over already. Enter a day to come."
TOO_FAR = "Enter a day within a year; for longer choose “Off”."
NOTHING = "Nothing is different yet: fill in one of these."
NO_SILENCE = "Silence is another kind. Choose “Agent silent” or “Whatever is wrong”."
NO_AGENT = "This is of no single agent. Choose “All agents”."


class RuleForm(forms.Form):
    """What is different for a kind of issues, an agent, or both.

    membership: of whoever fills it in. offered: an agent that the menu has anyway.
    """

    agent = forms.ModelChoiceField(
        label="Agent",
        queryset=Agent.objects.none(),
        required=False,
        empty_label="All agents",
    )
    kind = forms.ChoiceField(label="What", required=False)
    is_off = forms.BooleanField(label="Off: not watched at all", required=False)
    delay_minutes = forms.IntegerField(
        label="Delay, in minutes",
        required=False,
        min_value=0,
        max_value=MAX_DELAY_MINUTES,
    )
    quiet_from = forms.TimeField(
        label="Quiet from",
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
    )
    quiet_to = forms.TimeField(
        label="Quiet to",
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
    )
    days_off = forms.TypedMultipleChoiceField(
        label="Days off",
        required=False,
        coerce=int,
        choices=list(enumerate(WEEKDAYS)),
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
    )
    silent_until = forms.DateTimeField(
        label="Expected to be silent until",
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(
        self, *args: Any, membership: Membership, agents: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.zone = membership.organization.zone
        own = Agent.objects.in_organization(membership.organization).not_merged()
        field: Any = self.fields["agent"]
        # Any agent is taken; the menu has those that the page chose.
        field.queryset = own
        field.widget.choices = [
            ("", "All agents"),
            *((str(one.pk), one.display_name) for one in agents),
        ]
        kinds: Any = self.fields["kind"]
        kinds.choices = [("", "Whatever is wrong"), *kinds_for(membership)]

    def clean_silent_until(self) -> datetime | None:
        """Return the moment that was typed on the clock of the organization.

        Raises:
            ValidationError: it is over, or more than a year ahead.
        """
        typed: datetime | None = self.cleaned_data["silent_until"]
        if typed is None:
            return None
        moment = typed.replace(tzinfo=self.zone)
        now = timezone.now()
        if moment <= now:
            raise forms.ValidationError(PAST)
        if moment > now + MAX_SILENCE:
            raise forms.ValidationError(TOO_FAR)
        return moment

    def clean_delay_minutes(self) -> int:
        return self.cleaned_data["delay_minutes"] or 0

    def clean(self) -> dict[str, Any]:
        """Refuse what contradicts itself, and a rule that changes nothing."""
        cleaned = super().clean() or {}
        quiet = (cleaned.get("quiet_from"), cleaned.get("quiet_to"))
        if not self.has_error("quiet_from") and not self.has_error("quiet_to"):
            if (quiet[0] is None) != (quiet[1] is None):
                self.add_error("quiet_from" if quiet[0] is None else "quiet_to", BOTH)
            elif quiet[0] is not None and quiet[0] == quiet[1]:
                self.add_error("quiet_to", SAME)
        if len(set(cleaned.get("days_off") or ())) == len(WEEKDAYS):
            self.add_error("days_off", EVERY_DAY)
        if cleaned.get("agent") and cleaned.get("kind") in WITHOUT_AGENT:
            self.add_error("agent", NO_AGENT)
        if cleaned.get("silent_until") and cleaned.get("kind") not in {*OF_SILENCE, ""}:
            self.add_error("silent_until", NO_SILENCE)
        if not self.errors and not any(cleaned.get(name) for name in DIFFERENCES):
            self.add_error(None, NOTHING)
        return cleaned


DIFFERENCES = ("is_off", "delay_minutes", "quiet_from", "days_off", "silent_until")


def kinds_for(membership: Membership) -> list[tuple[str, str]]:
    """Return the kinds that a member may make rules for: of Zelto itself for those only
    who are told of it.
    """
    are_told = is_told_of_the_instance(membership)
    return [
        (kind.value, str(kind.label))
        for kind in IssueKind
        if are_told or kind not in OF_THE_INSTANCE
    ]


def initial_of(rule: Rule) -> dict[str, Any]:
    """Return a rule as its form has it."""
    zone = rule.organization.zone
    silent_until = rule.silent_until
    if silent_until is not None and silent_until <= timezone.now():
        silent_until = None  # over: the form takes days to come alone
    return {
        "is_off": rule.is_off,
        "agent": rule.agent_id,
        "kind": rule.kind,
        "delay_minutes": rule.delay_minutes or None,
        "quiet_from": rule.quiet_from,
        "quiet_to": rule.quiet_to,
        "days_off": rule.days_off,
        "silent_until": (
            silent_until.astimezone(zone).replace(tzinfo=None) if silent_until else None
        ),
    }
