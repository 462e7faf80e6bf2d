"""Forms for signing up, organizations, members and API keys."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.expiry import end_of_day
from accounts.models import ApiKey, Membership, Organization, Role, User
from accounts.names import validate_one_line
from accounts.slugs import validate_slug_is_free_to_use
from accounts.time_zones import time_zone_choices
from web.database_clock import database_now

PASSWORD_RULES = "At least 8 characters, nothing common, not only digits."  # noqa: S105


class NameField(forms.CharField):
    """A name of one line, up to 255 characters."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 255)
        super().__init__(validators=[validate_one_line], **options)


class LongSelect(forms.Select):
    """A list of hundreds of options, without groups.

    Django fills in two templates for each option, which takes most of the time of the
    page.
    """

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> SafeString:
        """Return the HTML that Django's own would."""
        widget = self.get_context(name, value, attrs)["widget"]
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            (
                (option["value"], flatatt(option["attrs"]), option["label"])
                for _, group, _ in widget["optgroups"]
                for option in group
            ),
        )
        attributes = flatatt({"name": widget["name"], **widget["attrs"]})
        return format_html("<select{}>{}</select>", attributes, options)


class TimeZoneField(forms.ChoiceField):
    """A choice among the time zones that this machine knows."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", LongSelect)
        super().__init__(
            choices=time_zone_choices,
            help_text="Days on charts and usage begin at midnight there.",
            **options,
        )


class PersonForm(forms.Form):
    """A name and a password for whoever signs up."""

    name = NameField(
        label="Your name",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=4096,  # hashing takes as long as what it is given
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=PASSWORD_RULES,
    )

    def email_of_person(self) -> str:
        """Return the address that the password must not resemble."""
        return str(self.cleaned_data.get("email", ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if password := cleaned.get("password"):
            person = User(email=self.email_of_person(), name=cleaned.get("name", ""))
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class SignUpForm(PersonForm):
    """A person together with a new organization."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    organization_name = NameField(
        label="Organization",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    time_zone = TimeZoneField(
        label="Time zone",
        initial="UTC",
        widget=LongSelect(attrs={"data-guess-time-zone": True}),
    )

    field_order = ("email", "name", "password", "organization_name", "time_zone")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class InvitedForm(PersonForm):
    """A person who signs up with the address that was invited."""

    def __init__(self, *args: Any, email: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.email = email

    def email_of_person(self) -> str:
        return self.email


class OrganizationForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name, the slug and the time zone of an organization."""

    time_zone = TimeZoneField(label="Time zone")

    class Meta:
        model = Organization
        fields = ("name", "slug", "time_zone")
        labels = {"slug": "Address"}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "slug": "The part after /org/ in links to pages. Links with the old one stop working."
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        chosen = self.instance.time_zone
        if chosen not in dict(time_zone_choices()):
            # A zone that this machine does not list stays until somebody changes it.
            field = self.fields["time_zone"]
            field.choices = [(chosen, chosen), *time_zone_choices()]  # type: ignore[attr-defined]

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"]).lower()
        if slug != self.instance.slug:
            validate_slug_is_free_to_use(slug)
        return slug


class InviteForm(forms.Form):
    """The address and the role of somebody to invite."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label="Role", initial=Role.MEMBER)
    form_token = forms.UUIDField(
        widget=forms.HiddenInput, required=False, initial=uuid.uuid4
    )

    def __init__(self, *args: Any, membership: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        roles = [(role.value, role.label) for role in membership.may_invite()]
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(choices=Role.choices)


class KeyExpiryForm(forms.Form):
    """The last day of a key; `cleaned_data["expires_at"]` is a moment, or None for
    never.
    """

    expires_at = forms.DateField(
        label="Expires",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The key works until the end of that day.",
    )

    def __init__(self, *args: Any, organization: Organization, **options: Any) -> None:
        super().__init__(*args, **options)
        self.organization = organization
        today = timezone.now().astimezone(organization.zone).date()
        self.fields["expires_at"].widget.attrs["min"] = today.isoformat()

    def clean_expires_at(self) -> datetime | None:
        """Return the end of the chosen day as an aware datetime, or None for never.

        Raises:
            ValidationError: the day is over, or too far away to be stored.
        """
        day: date | None = self.cleaned_data["expires_at"]
        if day is None:
            return None
        try:
            end = end_of_day(day, self.organization)
        except OverflowError as error:
            raise ValidationError("Choose an earlier day.") from error
        if end <= database_now():
            raise ValidationError("This day is over. Choose a later one.")
        return end


class CreateKeyForm(KeyExpiryForm):
    """A new key; `create_key(organization=…, by=…, **form.cleaned_data)` makes it."""

    name = NameField(
        label="Name",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "livekit-prod-worker"}
        ),
    )
    scope = forms.ChoiceField(
        label="Scope", choices=ApiKey.Scope.choices, initial=ApiKey.Scope.FULL
    )
    form_token = forms.UUIDField(
        widget=forms.HiddenInput, required=False, initial=uuid.uuid4
    )


class RenameKeyForm(forms.Form):
    """Another name for a key."""

    name = NameField(label="Name", widget=forms.TextInput({"autocomplete": "off"}))


class RollKeyForm(forms.Form):
    """How long the old key works beside the new one; `overlap` is a timedelta."""

    overlap = forms.TypedChoiceField(
        label="The old key works for",
        choices=[
            (0, "not a moment longer"),
            (3_600, "1 hour"),
            (86_400, "24 hours"),
            (604_800, "7 days"),
            (2_592_000, "30 days"),
        ],
        initial=86_400,
        coerce=lambda seconds: timedelta(seconds=int(seconds)),
    )
    form_token = forms.UUIDField(
        widget=forms.HiddenInput, required=False, initial=uuid.uuid4
    )
