"""Becoming a user: as the first owner, by invitation, or where anybody may."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import first_owner
from accounts.actions.invitations import locked_invitation
from accounts.audit import record
from accounts.models import (
    AuditAction,
    Invitation,
    Membership,
    Organization,
    Role,
    User,
)
from accounts.slugs import unused_slug

# Any number; it must only differ from the other advisory locks of this database.
_SIGN_UP_LOCK = 7_205_719_001


class NotOpen(Exception):
    """Nobody may sign up this way (any more)."""


class EmailTaken(Exception):
    """There is an account with this e-mail address."""


def serialize_sign_up() -> None:
    """Whoever comes second waits until the first is through, then sees what it did.

    A constraint cannot say "only while the table is empty", nor "one by this name".
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SIGN_UP_LOCK])


@transaction.atomic
def sign_up_first_owner(
    *, email: str, name: str, password: str, organization_name: str, time_zone: str
) -> tuple[User, Organization]:
    serialize_sign_up()
    if first_owner.has_owner():
        raise NotOpen
    user = create_person(email=email, name=name, password=password)
    return user, create_organization(
        name=organization_name, time_zone=time_zone, by=user
    )


@transaction.atomic
def sign_up_openly(
    *, email: str, name: str, password: str, organization_name: str, time_zone: str
) -> tuple[User, Organization]:
    if not settings.OPEN_SIGNUP:
        raise NotOpen
    serialize_sign_up()
    user = create_person(email=email, name=name, password=password)
    return user, create_organization(
        name=organization_name, time_zone=time_zone, by=user
    )


@transaction.atomic
def sign_up_invited(*, invitation: Invitation, name: str, password: str) -> User:
    """The address is the invited one: nobody signs up as somebody else."""
    serialize_sign_up()
    locked = locked_invitation(invitation)
    user = create_person(email=locked.email, name=name, password=password)
    _join(locked, user)
    return user


@transaction.atomic
def accept_invitation(*, invitation: Invitation, by: User) -> Membership:
    """Raises `InvitationVoid`. Whoever is a member already stays what they are."""
    return _join(locked_invitation(invitation), by)


def _join(invitation: Invitation, user: User) -> Membership:
    membership, is_new = Membership.objects.get_or_create(
        organization=invitation.organization,
        user=user,
        defaults={"role": invitation.role},
    )
    if is_new:
        invitation.accepted_at = timezone.now()
        invitation.accepted_by = user
        invitation.save(update_fields=["accepted_at", "accepted_by"])
        note_joined(membership)
    return membership


def create_person(*, email: str, name: str, password: str) -> User:
    """Within `serialize_sign_up`."""
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    return User.objects.create_user(email, password, name=name.strip())


def create_organization(
    *, name: str, time_zone: str, by: User, role: str = Role.OWNER
) -> Organization:
    """Within `serialize_sign_up`, so that the address found free still is."""
    organization = Organization.objects.create(
        name=name.strip(), slug=unused_slug(name), time_zone=time_zone
    )
    Membership.objects.create(organization=organization, user=by, role=role)
    record(
        organization=organization,
        by=by,
        action=AuditAction.ORGANIZATION_CREATED,
        subject=organization.name,
    )
    return organization


def note_joined(membership: Membership) -> None:
    record(
        organization=membership.organization,
        by=membership.user,
        action=AuditAction.MEMBER_JOINED,
        subject=membership.user.email,
        detail={"role": membership.role},
    )
