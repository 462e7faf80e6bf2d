"""Changing the roles of members, and removing them."""

from __future__ import annotations

from django.db import transaction

from accounts.actions.invitations import revoke_invitations_above
from accounts.audit import record
from accounts.models import AuditAction, Membership, Organization, Role, User


class LastOwner(Exception):
    """The change would leave the organization without an owner."""

    detail = "An organization keeps at least one owner. Make somebody else owner first."


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User) -> None:
    """Give a member another role, and revoke invitations that it no longer allows.

    Raises:
        LastOwner: the member is the last owner, and the role is another.
    """
    new_role = Role(role)
    locked = _locked(membership)
    if locked is None or locked.role == new_role:
        return
    if new_role != Role.OWNER:
        _keep_an_owner(locked)
    before, locked.role = locked.role, new_role
    locked.save(update_fields=["role"])
    membership.role = new_role
    _note(AuditAction.MEMBER_ROLE_CHANGED, locked, by, role_before=before)
    revoke_invitations_above(
        organization=locked.organization, inviter=locked.user, role=new_role, by=by
    )


@transaction.atomic
def remove_member(*, membership: Membership, by: User) -> None:
    """Remove a member and revoke the invitations they sent; `by` is the member who
    leaves.

    Raises:
        LastOwner: the member is the last owner.
    """
    locked = _locked(membership)
    if locked is None:
        return
    _keep_an_owner(locked)
    locked.delete()
    _note(AuditAction.MEMBER_REMOVED, locked, by)
    revoke_invitations_above(
        organization=locked.organization, inviter=locked.user, role=None, by=by
    )


def _note(action: AuditAction, membership: Membership, by: User, **detail: str) -> None:
    record(
        organization=membership.organization,
        by=by,
        action=action,
        subject=membership.user.email,
        detail={"role": membership.role, **detail},
    )


def _locked(membership: Membership) -> Membership | None:
    """Return the membership as it is now, and keep others from changing roles
    meanwhile.

    The lock is the organization's: two owners who demote each other touch two different
    memberships, and both would count the other one as the owner left over.
    """
    Organization.objects.select_for_update(no_key=True).get(
        pk=membership.organization_id
    )
    return (
        Membership.objects.select_related("organization", "user")
        .filter(pk=membership.pk)
        .first()
    )


def _keep_an_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    others = Membership.objects.in_organization(membership.organization).owners()
    if not others.exclude(pk=membership.pk).exists():
        raise LastOwner
