"""What people do with LiveKit projects, each with its entry in the audit log."""

from __future__ import annotations

from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import AuditAction, Organization, User
from integrations.livekit_events import known_projects
from integrations.models import LiveKitCredential, LiveKitProject

# One that is good, and one that takes its place.
MAX_CREDENTIALS = 2
MAX_PROJECTS = 50


class NameTaken(Exception):
    """The organization watches a project of this name already."""


class KeyTaken(Exception):
    """The project has this API key already."""


class TooMany(Exception):
    """There are as many as there may be."""


class LastOne(Exception):
    """A project has at least one API key."""


def add_project(
    *, organization: Organization, name: str, api_key: str, secret: str, by: User
) -> LiveKitProject:
    """Begin to watch a project.

    Raises:
        NameTaken: there is one of this name.
        TooMany: the organization has `MAX_PROJECTS`.
    """
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        watched = LiveKitProject.objects.in_organization(organization)
        if watched.filter(name=name).exists():
            raise NameTaken
        if watched.count() >= MAX_PROJECTS:
            raise TooMany
        project = LiveKitProject.objects.create(organization=organization, name=name)
        LiveKitCredential.objects.create(
            project=project, api_key=api_key, secret=secret
        )
        _note(AuditAction.LIVEKIT_PROJECT_ADDED, project, by, api_key=api_key)
    return project


def change_project(
    *, project: LiveKitProject, name: str, grace_minutes: int, by: User
) -> None:
    """Give a project another name or time of grace; the same ones change nothing.

    Raises:
        NameTaken: another one has this name.
    """
    try:
        with transaction.atomic():
            locked = _locked(project)
            changes = []
            if locked.name != name:
                changes.append(f"its name, before {locked.name}")
            if locked.grace_minutes != grace_minutes:
                changes.append(f"its time of grace to {grace_minutes} min")
            if not changes:
                return
            project.name, project.grace_minutes = name, grace_minutes
            project.save(update_fields=["name", "grace_minutes"])
            _note(
                AuditAction.LIVEKIT_PROJECT_CHANGED,
                project,
                by,
                change=" and ".join(changes),
            )
    except IntegrityError:
        raise NameTaken from None


def add_credential(
    *, project: LiveKitProject, api_key: str, secret: str, by: User
) -> None:
    """Take events that are signed with another API key, too: while one is rotated.

    Raises:
        KeyTaken: the project has it already.
        TooMany: it has `MAX_CREDENTIALS`.
    """
    with transaction.atomic():
        _locked(project)
        credentials = project.credentials.all()
        if credentials.filter(api_key=api_key).exists():
            raise KeyTaken
        if credentials.count() >= MAX_CREDENTIALS:
            raise TooMany
        project.credentials.create(api_key=api_key, secret=secret)
        _note(AuditAction.LIVEKIT_SECRET_ENTERED, project, by, api_key=api_key)
    known_projects.forget(project.token)


def replace_secret(*, credential: LiveKitCredential, secret: str, by: User) -> None:
    """Put another secret in the place of the one of an API key."""
    with transaction.atomic():
        project = _locked(credential.project)
        credential.secret = secret
        credential.save(update_fields=["secret"])
        _note(
            AuditAction.LIVEKIT_SECRET_ENTERED, project, by, api_key=credential.api_key
        )
    known_projects.forget(project.token)


def remove_credential(*, credential: LiveKitCredential, by: User) -> None:
    """Take no more events that are signed with an API key.

    Raises:
        LastOne: the project has no other.
    """
    with transaction.atomic():
        project = _locked(credential.project)
        if project.credentials.count() < MAX_CREDENTIALS:
            raise LastOne
        credential.delete()
        _note(
            AuditAction.LIVEKIT_SECRET_REMOVED, project, by, api_key=credential.api_key
        )
    known_projects.forget(project.token)


def remove_project(*, project: LiveKitProject, by: User) -> None:
    """Watch a project no longer. Its secrets go at once; what came of it a little later,
    by a worker.
    """
    with transaction.atomic():
        removed = LiveKitProject.objects.watched().filter(pk=project.pk)
        # Its name is free again, and nobody finds it by its address.
        gone = removed.update(removed_at=timezone.now(), name=f"removed {uuid4()}")
        if not gone:
            return
        project.credentials.all().delete()
        _note(AuditAction.LIVEKIT_PROJECT_REMOVED, project, by)
    known_projects.forget(project.token)


def _locked(project: LiveKitProject) -> LiveKitProject:
    return LiveKitProject.objects.select_for_update(no_key=True).get(pk=project.pk)


def _note(
    action: AuditAction, project: LiveKitProject, by: User, **detail: str
) -> None:
    record(
        organization=project.organization,
        by=by,
        action=action,
        subject=project.name,
        detail={"id": str(project.pk), **detail},
    )
