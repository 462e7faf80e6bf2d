"""Becoming a user: as the first owner, by invitation, or where anybody may."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction

from accounts import first_owner
from accounts.actions.invitations import InvitationOfAnother, locked_invitation
from accounts.actions.members import change_role
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
from web.database_clock import database_now

# Any number; it must only differ from the other advisory locks of this database.
_SIGN_UP_LOCK = 7_205_719_001


class NotOpen(Exception):
    """Nobody may sign up this way, or no longer."""


class EmailTaken(Exception):
    """There is an account with this e-mail address."""


def serialize_sign_up() -> None:
    """Wait until no other sign-up is under way, and hold others off until the
    transaction ends.

    A constraint cannot say "only while the table is empty", nor "one by this name".
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SIGN_UP_LOCK])


@transaction.atomic
def sign_up_first_owner(
    *, email: str, name: str, password: str, organization_name: str, time_zone: str
) -> tuple[User, Organization]:
    """Make the first user of this instance and their organization.

    Raises:
        NotOpen: the instance has, or had, a user or an organization.
    """
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
    """Make a user and their organization, where anybody may sign up.

    Raises:
        NotOpen: `OPEN_SIGNUP` is off.
        EmailTaken: another account has this address.
    """
    if not settings.OPEN_SIGNUP:
        raise NotOpen
    serialize_sign_up()
    user = create_person(email=email, name=name, password=password)
    return user, create_organization(
        name=organization_name, time_zone=time_zone, by=user
    )


@transaction.atomic
def sign_up_invited(*, invitation: Invitation, name: str, password: str) -> User:
    """Make a user with the address that was invited, and a member of the organization.

    Raises:
        InvitationVoid: the invitation was revoked, replaced, used, or has expired.
        EmailTaken: another account has this address.
    """
    serialize_sign_up()
    locked = locked_invitation(invitation)
    user = create_person(email=locked.email, name=name, password=password)
    _join(locked, user)
    return user


@transaction.atomic
def accept_invitation(*, invitation: Invitation, by: User) -> Membership:
    """Make a user a member. Whoever is a member already keeps a role that covers more.

    Raises:
        InvitationVoid: the invitation was revoked, replaced, used, or has expired.
        InvitationOfAnother: it is for another address.
    """
    locked = locked_invitation(invitation)
    if not locked.is_for(by):
        raise InvitationOfAnother
    return _join(locked, by)


def _join(invitation: Invitation, user: User) -> Membership:
    membership, is_new = Membership.objects.get_or_create(
        organization=invitation.organization,
        user=user,
        defaults={"role": invitation.role},
    )
    invitation.accepted_at = database_now()
    invitation.accepted_by = user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    if is_new:
        note_joined(membership)
    elif invitation.raises(membership):
        by = invitation.invited_by or user
        change_role(membership=membership, role=invitation.role, by=by)
    return membership


def create_person(*, email: str, name: str, password: str) -> User:
    """Make a user; call `serialize_sign_up` first, in the same transaction.

    Raises:
        EmailTaken: another account has this address.
    """
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    return User.objects.create_user(email, password, name=name.strip())


def create_organization(
    *, name: str, time_zone: str, by: User, role: str = Role.OWNER
) -> Organization:
    """Make an organization with its first member.

    Call `serialize_sign_up` first, in the same transaction, so that the slug found free
    still is.
    """
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
    """Record that somebody became a member."""
    record(
        organization=membership.organization,
        by=membership.user,
        action=AuditAction.MEMBER_JOINED,
        subject=membership.user.email,
        detail={"role": membership.role},
    )
