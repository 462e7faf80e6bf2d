"""Inviting people to an organization, and revoking invitations."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.audit import record
from accounts.links import absolute_url
from accounts.mail import Outcome, mail_invitation
from accounts.models import (
    AuditAction,
    Invitation,
    InvitationQuerySet,
    Membership,
    Organization,
    Role,
    User,
)
from web.database_clock import database_now


class AlreadyMember(Exception):
    """Whoever has this address is in the organization."""


class InvitedAbove(Exception):
    """The address has an invitation to a role that the inviter may not give."""


class InvitationOfAnother(Exception):
    """The invitation is for another address than that of the account."""


class InvitationVoid(Exception):
    """The invitation is revoked, replaced, used or expired."""


@dataclass(frozen=True)
class Invited:
    """An invitation, its link, and what became of the mail."""

    invitation: Invitation
    # Exists only now; None where this very form had invited before.
    link: str | None
    mail: Outcome | None = None


def invite(
    *,
    organization: Organization,
    email: str,
    role: str,
    by: User,
    form_token: UUID | None = None,
) -> Invited:
    """Invite an address, and mail it the link.

    Inviting it again voids its earlier link.

    Raises:
        AlreadyMember: the address belongs to a member.
        InvitedAbove: somebody invited it to a role that this person may not give.
    """
    email = email.strip().lower()
    if Membership.objects.filter(organization=organization, user__email=email).exists():
        raise AlreadyMember
    token = secrets.token_urlsafe(32)
    try:
        invitation = _keep(organization, email, Role(role), by, form_token, token)
    except IntegrityError:
        # The same address from two windows at once: the later one holds.
        invitation = _keep(organization, email, Role(role), by, form_token, token)
    if invitation.token_digest != Invitation.digest(token):
        return Invited(invitation, link=None)
    link = absolute_url(reverse("accounts:invitation", kwargs={"token": token}))
    return Invited(invitation, link, mail=mail_invitation(invitation, link))


@transaction.atomic
def _keep(
    organization: Organization,
    email: str,
    role: Role,
    by: User,
    form_token: UUID | None,
    token: str,
) -> Invitation:
    """Store the invitation in the place of a pending one.

    Raises:
        InvitedAbove: that one is to a role that this person may not give.
    """
    pending = (
        Invitation.objects.in_organization(organization)
        .not_accepted()
        .select_for_update(of=("self",))
        .filter(email=email)
        .first()
    )
    if pending and form_token and pending.form_token == form_token:
        return pending
    if pending and pending.state() == "pending" and _is_above(pending, by):
        raise InvitedAbove
    invitation = pending or Invitation(organization=organization, email=email)
    now = database_now()
    invitation.role = role
    invitation.invited_by = by
    invitation.form_token = form_token
    invitation.token_digest = Invitation.digest(token)
    invitation.created_at = now
    invitation.expires_at = now + Invitation.LIFETIME
    invitation.save()
    _note(AuditAction.MEMBER_INVITED, invitation, by)
    return invitation


def _is_above(invitation: Invitation, inviter: User) -> bool:
    membership = Membership.objects.filter(
        organization=invitation.organization, user=inviter
    ).first()
    return membership is None or Role(invitation.role) not in membership.may_invite()


def revoke_invitation(*, invitation: Invitation, by: User) -> None:
    """Void the link of an invitation. An accepted one stays on record."""
    _revoke(Invitation.objects.filter(pk=invitation.pk), by)


def revoke_invitations_above(
    *, organization: Organization, inviter: User, role: Role | None, by: User
) -> None:
    """Revoke what somebody invited to roles that they may no longer give.

    role: the role that the inviter has now; None where they left.
    """
    allowed = role.may_invite() if role else []
    of_inviter = Invitation.objects.in_organization(organization).filter(
        invited_by=inviter
    )
    _revoke(of_inviter.exclude(role__in=allowed), by)


@transaction.atomic
def _revoke(invitations: InvitationQuerySet, by: User) -> None:
    pending = invitations.not_accepted().select_for_update(of=("self",))
    for invitation in pending.select_related("organization"):
        _note(AuditAction.INVITATION_REVOKED, invitation, by)
        invitation.delete()


def _note(action: AuditAction, invitation: Invitation, by: User) -> None:
    record(
        organization=invitation.organization,
        by=by,
        action=action,
        subject=invitation.email,
        detail={"role": invitation.role},
    )


def locked_invitation(invitation: Invitation) -> Invitation:
    """Return the invitation, locked until the transaction ends: one link lets in one
    person.

    Raises:
        InvitationVoid: it was revoked, replaced, used, or has expired.
    """
    locked = (
        Invitation.objects.select_related("organization")
        .select_for_update(of=("self",))
        .filter(pk=invitation.pk, token_digest=invitation.token_digest)
        .first()
    )
    if locked is None or locked.state() != "pending":
        raise InvitationVoid
    return locked
