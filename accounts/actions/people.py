"""Changes that people make to their own account."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from accounts.actions.sign_up import EmailTaken
from accounts.audit import record
from accounts.models import AuditAction, Organization, User


@transaction.atomic
def change_own_name(*, by: User, name: str) -> None:
    """Store one's own name, and record it in each of one's organizations."""
    person = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    before, person.name = person.name, name.strip()
    by.name = person.name
    if person.name == before:
        return
    person.save(update_fields=["name"])
    _note(AuditAction.MEMBER_RENAMED, person, subject=person.name, before=before)


def change_own_email(*, by: User, email: str) -> str:
    """Store one's own e-mail address, and return the one until now.

    Links for a forgotten password that went to the old address are void, since each is
    bound to its address.

    Raises:
        EmailTaken: another account has this address.
    """
    email = email.strip().lower()
    try:
        with transaction.atomic():
            person = User.objects.select_for_update(no_key=True).get(pk=by.pk)
            before, person.email = person.email, email
            if person.email == before:
                return before
            person.save(update_fields=["email"])
            # allauth would go on letting the old address in.
            EmailAddress.objects.filter(user=person).delete()
            _note(
                AuditAction.MEMBER_EMAIL_CHANGED, person, subject=email, before=before
            )
    except IntegrityError as error:
        raise EmailTaken from error
    by.email = email
    return before


def note_password_set(*, person: User, by: User) -> None:
    """Record in each organization of the person that an operator set another password,
    in the transaction that sets it.
    """
    for organization in Organization.objects.filter(memberships__user=person):
        record(
            organization=organization,
            by=by,
            action=AuditAction.MEMBER_PASSWORD_SET,
            subject=person.email,
        )


def _note(action: AuditAction, person: User, *, subject: str, before: str) -> None:
    """Record a change in each organization of the person: all of them see name and
    address.
    """
    for organization in Organization.objects.filter(memberships__user=person):
        record(
            organization=organization,
            by=person,
            action=action,
            subject=subject,
            detail={"before": before},
        )
