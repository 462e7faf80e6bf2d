"""The first channel: there before the first alert, once."""

from __future__ import annotations

from collections.abc import Callable

from django.core import mail
from django.utils import timezone

from accounts.models import Organization, User
from alerts.channels.registry import config_of
from alerts.judging.round import run_round
from alerts.messages.first_channels import give_first_channels
from alerts.models import Channel, Issue
from tests.alerts.messages.conftest import Change, send_all


def test_the_first_round_gives_each_organization_mail_to_owners_and_admins(
    organization: Organization, other_organization: Organization
) -> None:
    run_round()
    channels = Channel.objects.all()
    assert {one.organization_id for one in channels} == {
        organization.pk,
        other_organization.pk,
    }
    assert {(one.kind, one.shown, one.sends_issues) for one in channels} == {
        ("email", "Owners and admins", True)
    }
    assert (config_of(channels[0]) or {})["people"] == "admins"


def test_who_removed_it_is_not_given_another(organization: Organization) -> None:
    assert give_first_channels(timezone.now()) == 1
    Channel.objects.all().delete()
    assert give_first_channels(timezone.now()) == 0
    assert not Channel.objects.exists()


def test_the_first_alert_is_mailed_through_it(
    issue: Callable[..., Issue], alice: User, change: Change
) -> None:
    give_first_channels(timezone.now())
    change(issue())
    send_all()
    [sent] = mail.outbox
    assert sent.recipients() == [alice.email]
