"""Making an organization, a user and a key for a script, any number of times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.actions.api_keys import create_key
from accounts.actions.members import change_role
from accounts.actions.sign_up import (
    create_organization,
    create_person,
    note_joined,
    serialize_sign_up,
)
from accounts.expiry import end_of_day
from accounts.models import ApiKey, Membership, Organization, User


@dataclass(frozen=True)
class Provisioned:
    """What is there after `provision`; `key_text` is None where no key was made now."""

    organization: Organization
    user: User
    key_text: str | None


@transaction.atomic
def provision(
    *,
    organization_name: str,
    email: str,
    password: str,
    role: str,
    key_name: str | None = None,
    key_scope: str = ApiKey.Scope.FULL,
    key_expires: date | datetime | None = None,
) -> Provisioned:
    """Make the organization, the user and the key that are not there yet.

    The user gets this password and this role. `key_expires` as a date is the end of
    that day in the organization's time zone.

    Raises:
        LastOwner: the role would leave the organization without an owner.
    """
    serialize_sign_up()
    user = _user_who_can_log_in(email, password)
    organization = _organization(organization_name, user, role)
    key_text = None
    if key_name is not None and not _has_key(organization, key_name):
        _, key_text = create_key(
            organization=organization,
            name=key_name,
            scope=key_scope,
            expires_at=_moment(key_expires, organization),
            by=user,
        )
    return Provisioned(organization, user, key_text)


def _user_who_can_log_in(email: str, password: str) -> User:
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        return create_person(email=email, name="", password=password)
    # A password that already holds is not set again: that would end all sessions.
    if not user.check_password(password):
        user.set_password(password)
    user.is_active = True
    user.save(update_fields=["password", "is_active"])
    return user


def _organization(name: str, user: User, role: str) -> Organization:
    organization = Organization.objects.filter(name=name).order_by("created_at").first()
    if organization is None:
        return create_organization(name=name, time_zone="UTC", by=user, role=role)
    membership, is_new = Membership.objects.get_or_create(
        organization=organization, user=user, defaults={"role": role}
    )
    if is_new:
        note_joined(membership)
    change_role(membership=membership, role=role, by=user)
    return organization


def _has_key(organization: Organization, name: str) -> bool:
    return ApiKey.objects.in_organization(organization).filter(name=name).exists()


def _moment(
    expires: date | datetime | None, organization: Organization
) -> datetime | None:
    if expires is None or isinstance(expires, datetime):
        return expires
    return end_of_day(expires, organization)
