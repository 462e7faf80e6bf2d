"""Pages of LiveKit projects. Members look; admins and owners change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from integrations.livekit_events.webhook import PREFIX
from integrations.livekit_projects import actions, status
from integrations.livekit_projects.forms import (
    AddProjectForm,
    CredentialForm,
    ProjectForm,
    SecretForm,
    project_form,
)
from integrations.livekit_projects.removal import wake_worker
from integrations.livekit_projects.test_event import TestFailed, send_test, sent_test
from integrations.models import LiveKitCredential, LiveKitProject

TEMPLATES = "integrations/livekit_projects"
YAML_LINES = """\
webhook:
  api_key: {}
  urls:
    - {}"""
NAME_TAKEN = "There is a project of this name already."
TOO_MANY_PROJECTS = f"An organization watches up to {actions.MAX_PROJECTS} projects."
KEY_TAKEN = "This API key is here already: replace its secret instead."
TOO_MANY_KEYS = "A project has two API keys at most: remove the old one first."
LAST_ONE = "This is the only API key; without one no event could be checked."


@require_GET
@organization_view()
def project_list(request: OrganizationRequest) -> HttpResponse:
    """Show the projects; for an admin, with the form that adds one."""
    return _render_list(request, AddProjectForm())


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def add_project(request: OrganizationRequest) -> HttpResponse:
    """Begin to watch a project, and lead to its page."""
    if request.method == "GET":  # the address bar, after a form was sent
        return redirect("integrations:livekit-projects", request.organization.slug)
    form = AddProjectForm(request.POST)
    if form.is_valid():
        try:
            project = actions.add_project(
                organization=request.organization, by=request.user, **form.cleaned_data
            )
        except actions.NameTaken:
            form.add_error("name", NAME_TAKEN)
        except actions.TooMany:
            form.add_error(None, TOO_MANY_PROJECTS)
        else:
            return _to_project(request, project)
    return _render_list(request, form)


def _render_list(request: OrganizationRequest, form: Form) -> HttpResponse:
    context = {
        **projects_context(request),
        "add_form": form,
        "add_form_open": form.is_bound,
        "status_url": reverse(
            "integrations:livekit-projects-status", args=[request.organization.slug]
        ),
    }
    return render(request, f"{TEMPLATES}/list.html", context)


def projects_context(request: OrganizationRequest) -> dict[str, Any]:
    """Return the context of the table of projects, which the LiveKit page shows too."""
    return {"project_statuses": status.project_statuses(request.organization)}


@require_GET
@organization_view()
def list_status(request: OrganizationRequest) -> HttpResponse:
    """Render the table of projects, for `refresh.js`."""
    return _live(request, f"{TEMPLATES}/_table.html", projects_context(request))


@require_GET
@organization_view()
def project_detail(request: OrganizationRequest, project_id: UUID) -> HttpResponse:
    return render_page(request, find(request, project_id))


def find(request: OrganizationRequest, project_id: UUID) -> LiveKitProject:
    """Return a project of the organization.

    Raises:
        Http404: it has no such project.
    """
    projects = LiveKitProject.objects.in_organization(request.organization)
    return get_object_or_404(projects.select_related("organization"), pk=project_id)


def render_page(
    request: OrganizationRequest, project: LiveKitProject, **extra: Any
) -> HttpResponse:
    """Render the page of a project.

    extra: replaces entries of the context, as by a form that was sent and did not fit.
    """
    url = reverse(
        "integrations:livekit-project-status",
        args=[request.organization.slug, project.pk],
    )
    sent = request.GET.get("test", "")
    context = {
        **_status_context(request, project),
        "status_url": f"{url}?test={sent}" if sent.isalnum() or "_" in sent else url,
        "project_form": project_form(project),
        "credential_form": CredentialForm(),
        "secret_form": SecretForm(),
        "secret_of": None,
        **extra,
    }
    return render(request, f"{TEMPLATES}/detail.html", context)


def _status_context(
    request: OrganizationRequest, project: LiveKitProject
) -> dict[str, Any]:
    context: dict[str, Any] = {"project": project, "status": status.status_of(project)}
    if request.membership.covers(Role.ADMIN):
        credentials = list(project.credentials.order_by("created_at", "pk"))
        address = f"{settings.BASE_URL.rstrip('/')}{PREFIX}{project.token}"
        context |= {
            "credentials": credentials,
            "may_add_credential": len(credentials) < actions.MAX_CREDENTIALS,
            "may_remove_credential": len(credentials) > 1,
            "address": address,
            "base_url": settings.BASE_URL,
            "yaml_lines": YAML_LINES.format(credentials[0].api_key, address),
            "is_local": settings.IS_LOCAL,
            "latest_events": status.latest_events(project),
            "test": sent_test(project, request.GET.get("test", "")),
        }
    return context


@require_GET
@organization_view()
def project_status(request: OrganizationRequest, project_id: UUID) -> HttpResponse:
    """Render the parts of the page that change by themselves, for `refresh.js`."""
    project = find(request, project_id)
    context = _status_context(request, project)
    return _live(request, f"{TEMPLATES}/_live.html", context)


def _live(
    request: OrganizationRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    response = render(request, template, context)
    add_never_cache_headers(response)
    return response


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def change_project(request: OrganizationRequest, project_id: UUID) -> HttpResponse:
    project = find(request, project_id)
    if request.method == "GET":  # the address bar, after a form was sent
        return _to_project(request, project)
    form = ProjectForm(request.POST)
    if form.is_valid():
        try:
            actions.change_project(
                project=project, by=request.user, **form.cleaned_data
            )
        except actions.NameTaken:
            project.refresh_from_db()
            form.add_error("name", NAME_TAKEN)
        else:
            return _to_project(request, project)
    return render_page(request, project, project_form=form)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def add_credential(request: OrganizationRequest, project_id: UUID) -> HttpResponse:
    """Add a second API key, for the time in which one takes the place of the other."""
    project = find(request, project_id)
    if request.method == "GET":
        return _to_project(request, project)
    form = CredentialForm(request.POST)
    if form.is_valid():
        try:
            actions.add_credential(
                project=project, by=request.user, **form.cleaned_data
            )
        except actions.KeyTaken:
            form.add_error("api_key", KEY_TAKEN)
        except actions.TooMany:
            form.add_error(None, TOO_MANY_KEYS)
        else:
            return _to_project(request, project)
    return render_page(request, project, credential_form=form)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def replace_secret(
    request: OrganizationRequest, project_id: UUID, credential_id: int
) -> HttpResponse:
    project = find(request, project_id)
    credential = _credential(project, credential_id)
    if request.method == "GET":
        return _to_project(request, project)
    form = SecretForm(request.POST)
    if not form.is_valid():
        return render_page(request, project, secret_form=form, secret_of=credential.pk)
    actions.replace_secret(credential=credential, by=request.user, **form.cleaned_data)
    messages.success(request, f"The secret of {credential.api_key} was replaced.")
    return _to_project(request, project)


@require_POST
@organization_view(Role.ADMIN)
def remove_credential(
    request: OrganizationRequest, project_id: UUID, credential_id: int
) -> HttpResponse:
    project = find(request, project_id)
    credential = _credential(project, credential_id)
    try:
        actions.remove_credential(credential=credential, by=request.user)
    except actions.LastOne:
        messages.error(request, LAST_ONE)
    return _to_project(request, project)


@require_POST
@organization_view(Role.ADMIN)
def test_project(request: OrganizationRequest, project_id: UUID) -> HttpResponse:
    """Take a test event, and lead back to the page, which follows it."""
    project = find(request, project_id)
    try:
        event_id = send_test(project)
    except TestFailed as failed:
        messages.error(request, str(failed))
        return _to_project(request, project)
    page = reverse(
        "integrations:livekit-project", args=[request.organization.slug, project.pk]
    )
    return redirect(f"{page}?test={event_id}#test")


@require_POST
@organization_view(Role.ADMIN)
def remove_project(request: OrganizationRequest, project_id: UUID) -> HttpResponse:
    """Watch a project no longer."""
    project = find(request, project_id)
    actions.remove_project(project=project, by=request.user)
    wake_worker()
    messages.success(
        request, f"{project.name} is no longer watched. Its facts are being deleted."
    )
    return redirect("integrations:livekit-projects", request.organization.slug)


def _credential(project: LiveKitProject, credential_id: int) -> LiveKitCredential:
    return get_object_or_404(
        project.credentials.select_related("project__organization"), pk=credential_id
    )


def _to_project(request: OrganizationRequest, project: LiveKitProject) -> HttpResponse:
    return redirect(
        "integrations:livekit-project", request.organization.slug, project.pk
    )
