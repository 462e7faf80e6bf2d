"""Forms above the list of conversations: its filters, and the names of saved views."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms import NameField
from accounts.models import Organization
from conversations.days import read_day
from conversations.listing.columns import METADATA, read_columns
from conversations.models import Provider, SavedView
from conversations.verdicts import OUTCOMES
from web.list_form import FlagFilter, IdFilter, ListForm, PickFilter, TextFilter

MAX_METADATA_FILTERS = 10
LATE = "late"
ARRIVALS = [(LATE, "Came late")]


class DayFilter(forms.DateField):
    """A day. name: what sentences on it call it."""

    def __init__(self, label: str, *, name: str) -> None:
        widget = forms.DateInput({"class": "form-control"})
        widget.input_type = "date"
        super().__init__(label=label, required=False, widget=widget)
        self.name = name

    def to_python(self, value: Any) -> date | None:
        """Return the day.

        Raises:
            ValidationError: it is none, or no day of an organization.
        """
        faults: list[str] = []
        day = read_day(value or "", self.name, faults)
        if faults:
            raise ValidationError(faults)
        return day


class DaysForm(ListForm):
    """Filters with a first and a last day, of the organization's time zone."""

    parameters: ClassVar = {"first_day": "from", "last_day": "to"}

    def clean(self) -> dict[str, Any]:
        """Note days that are the wrong way round."""
        first, last = (self.cleaned_data.get(name) for name in DaysForm.parameters)
        if first and last and first > last:
            self.add_error(
                None, "From is after To, so nothing can match. Swap the two dates."
            )
        return self.cleaned_data

    def name_zone(self, organization: Organization) -> None:
        """Say where days begin."""
        zone = organization.time_zone
        first, last = (self.fields[name].widget.attrs for name in DaysForm.parameters)
        first["title"] = f"Days begin at midnight in {zone}"
        last["title"] = f"This day included, in {zone}"


class ConversationListForm(DaysForm):
    """The filters and columns of a list of conversations."""

    parameters: ClassVar = {"text": "q", **DaysForm.parameters}

    text = TextFilter(
        "Search",
        kind="search",
        placeholder="Words of turns, names, references",
        **{"data-key": "/", "data-key-says": "Search"},
    )
    agent = IdFilter("Agent", every="Any agent", noun="agent")
    provider = PickFilter("Provider", Provider.choices, noun="provider")
    reference = TextFilter(
        "Reference or name",
        kind="search",
        placeholder="Beginning of a word",
        title="Finds the beginning of a word of the reference, the name or the number, "
        "not its middle",
    )
    ended_reason = TextFilter("Ended reason", list="ended-reasons", placeholder="Any")
    version = TextFilter("Version", list="versions", placeholder="Any")
    outcome = PickFilter("Outcome", OUTCOMES, noun="outcome")
    has_transcript = FlagFilter("Transcript")
    has_audio = FlagFilter("Audio")
    tag = TextFilter("Tag", list="tags", placeholder="Any")
    judge = TextFilter("Judge", list="judges", placeholder="Any")
    verdict = TextFilter("Verdict", list="verdicts", placeholder="Anything")
    is_test = FlagFilter("Test session")
    arrival = PickFilter("Arrival", ARRIVALS, noun="arrival")
    first_day = DayFilter("Arrived from", name="From")
    last_day = DayFilter("Until", name="To")
    metadata_key = TextFilter(
        "Metadata key", list="metadata-keys", placeholder="campaign"
    )
    metadata_value = TextFilter("is exactly", placeholder="spring")
    # Only a mark: the address has the filters of the view itself.
    view = IdFilter()

    def clean(self) -> dict[str, Any]:
        """Read what is more than one parameter, or partly right."""
        faults: list[str] = []
        values = self.cleaned_data
        values["metadata"] = self._metadata(faults)
        values["columns"] = read_columns(self.data.get("columns", ""), faults)
        for fault in faults:
            self.add_error(None, fault)
        return super().clean()

    def _metadata(self, faults: list[str]) -> tuple[tuple[str, str], ...]:
        """Return those in the address, and what the form adds: a key and its value."""
        clean = self.fields["metadata_key"].clean
        found = {
            clean(name.removeprefix(METADATA)): clean(value)
            for name, value in self.data.items()
            if name.startswith(METADATA)
        }
        key = self.cleaned_data.pop("metadata_key")
        value = self.cleaned_data.pop("metadata_value")
        if key and value:
            found[key] = value
        elif key or value:
            faults.append("A metadata filter takes a key and a value; one is missing.")
        pairs = [(key, value) for key, value in found.items() if key and value]
        return tuple(pairs[:MAX_METADATA_FILTERS])


class ViewNameForm(forms.Form):
    """The name of a saved view."""

    name = NameField(
        max_length=SavedView._meta.get_field("name").max_length,
        error_messages={
            "required": "A view needs a name.",
            "max_length": "The name of a view has at most %(limit_value)s signs.",
        },
    )
    shared = forms.BooleanField(required=False)

    def first_fault(self) -> str:
        """Return the first sentence on what is wrong."""
        return str(next(iter(self.errors.values()))[0])
