"""The operators' pages change nothing that the audit log does not tell, and delete
nothing: one walk over all that are registered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.actions import invite
from accounts.models import (
    ApiKey,
    AuditAction,
    AuditEntry,
    Invitation,
    Membership,
    Organization,
    Role,
    User,
)
from tests.conftest import MakeKey

PASSWORD = "ten slow tides turn"
ADMINS = sorted(admin.site._registry.items(), key=lambda pair: pair[0].__name__)
each_admin = pytest.mark.parametrize(
    ("model", "pages"), ADMINS, ids=[model.__name__ for model, _ in ADMINS]
)
# What every model's pages have, and the further ones with what stands for them below.
COMMON = {"changelist", "add", "history", "delete", "change", None}
FURTHER = {"auth_user_password_change"}
# Written by signing in and by the pages themselves.
ACCOMPANYING = {AuditEntry, LogEntry, Session}
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("op@example.org", PASSWORD)


@pytest.fixture
def client(operator: User) -> Client:
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def one_of_each(
    organization: Organization, alice: User, make_key: MakeKey, operator: User
) -> dict[type[Model], Model]:
    key, _ = make_key(organization, made_by=alice)
    invited = invite(
        organization=organization, email="eve@example.org", role="member", by=alice
    )
    return {
        User: alice,
        Organization: organization,
        Membership: Membership.objects.get(),
        Invitation: invited.invitation,
        ApiKey: key,
    }


def all_rows() -> Rows:
    models = set(apps.get_models()) - ACCOMPANYING
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in models
    }


def changed_fields(form: Any) -> Iterator[tuple[str, Any]]:
    """Something else in every field that there is."""
    for name, field in form.fields.items():
        before = form.initial.get(name)
        choices = [value for value, _ in getattr(field, "choices", ()) if value]
        if choices:
            yield from ((name, each) for each in choices if each != before)
        elif isinstance(before, bool):
            yield from () if before else ((name, "on"),)
        else:
            yield name, f"changed-{before}"


def assert_noted(before: Rows, entries: int) -> None:
    if all_rows() != before:
        assert AuditEntry.objects.count() > entries, "It changed without an entry"


def path_of(model: type[Model], page: str, *args: object) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=args)


@each_admin
def test_nobody_adds_or_deletes(
    model: type[Model],
    pages: ModelAdmin[Any],
    client: Client,
    operator: User,
    one_of_each: dict[type[Model], Model],
    rf: RequestFactory,
) -> None:
    thing = one_of_each[model]
    request = rf.get("/")
    request.user = operator
    assert not pages.has_add_permission(request)
    assert not pages.has_delete_permission(request)
    assert not pages.has_delete_permission(request, thing)
    assert "delete_selected" not in pages.get_actions(request)
    before = all_rows()
    for path in (path_of(model, "add"), path_of(model, "delete", thing.pk)):
        assert client.get(path).status_code == 403
        assert client.post(path, {"post": "yes"}).status_code == 403
    assert all_rows() == before


@each_admin
def test_nothing_beside_a_thing_is_changed_on_its_page(
    model: type[Model],
    pages: ModelAdmin[Any],
    operator: User,
    one_of_each: dict[type[Model], Model],
    rf: RequestFactory,
) -> None:
    request = rf.get("/")
    request.user = operator
    for inline in pages.get_inline_instances(request, one_of_each[model]):
        assert not inline.has_add_permission(request, one_of_each[model])
        assert not inline.has_change_permission(request, one_of_each[model])
        assert not inline.has_delete_permission(request, one_of_each[model])
    assert not pages.list_editable


@each_admin
def test_a_changed_form_leaves_an_entry(
    model: type[Model],
    pages: ModelAdmin[Any],
    client: Client,
    one_of_each: dict[type[Model], Model],
) -> None:
    path = path_of(model, "change", one_of_each[model].pk)
    form = client.get(path).context["adminform"].form
    before, entries = all_rows(), AuditEntry.objects.count()
    client.post(path, dict(changed_fields(form)))
    assert_noted(before, entries)
    every = {field.name: "changed" for field in model._meta.fields}
    client.post(path, every)
    assert_noted(before, entries)


@each_admin
def test_an_action_leaves_an_entry(
    model: type[Model],
    pages: ModelAdmin[Any],
    client: Client,
    operator: User,
    one_of_each: dict[type[Model], Model],
    rf: RequestFactory,
) -> None:
    request = rf.get("/")
    request.user = operator
    for action in pages.get_actions(request):
        before, entries = all_rows(), AuditEntry.objects.count()
        chosen = [one_of_each[model].pk]
        data = {"action": action, "_selected_action": chosen, "post": "yes"}
        assert client.post(path_of(model, "changelist"), data).status_code == 302
        assert all_rows() != before
        assert AuditEntry.objects.count() > entries


@each_admin
def test_it_has_no_page_that_nobody_decided_on(
    model: type[Model], pages: ModelAdmin[Any]
) -> None:
    start = f"{model._meta.app_label}_{model._meta.model_name}_"
    names = {url.name and url.name.removeprefix(start) for url in pages.get_urls()}
    assert names <= COMMON | FURTHER


def test_another_password_leaves_an_entry(
    client: Client, operator: User, alice: User, organization: Organization
) -> None:
    path = reverse("admin:auth_user_password_change", args=[alice.pk])
    fields = {
        "password1": "nine calm otters float",
        "password2": "nine calm otters float",
        "usable_password": "true",
    }
    unknown = reverse("admin:auth_user_password_change", args=["nobody"])
    assert client.post(unknown, fields).status_code in {302, 404}
    client.post(path, {**fields, "password2": "another"})
    assert not AuditEntry.objects.exists()
    client.post(path, fields)
    entry = AuditEntry.objects.get()
    assert entry.action == AuditAction.MEMBER_PASSWORD_SET
    assert (entry.organization, entry.by) == (organization, operator)
    assert entry.subject == alice.email


def test_the_last_owner_stays_one(
    client: Client, alice: User, organization: Organization
) -> None:
    membership = Membership.objects.get(user=alice)
    path = path_of(Membership, "change", membership.pk)
    response = client.post(path, {"role": Role.MEMBER}, follow=True)
    assert b"An organization keeps at least one owner." in response.content
    membership.refresh_from_db()
    assert membership.role == Role.OWNER
    assert not AuditEntry.objects.exists()


def test_another_role_does_what_the_members_page_does(
    client: Client, operator: User, alice: User, dora: User
) -> None:
    invite(
        organization=Organization.objects.get(),
        email="eve@example.org",
        role="admin",
        by=dora,
    )
    membership = Membership.objects.get(user=dora)
    path = path_of(Membership, "change", membership.pk)
    assert client.post(path, {"role": Role.MEMBER}).status_code == 302
    membership.refresh_from_db()
    assert membership.role == Role.MEMBER
    assert not Invitation.objects.exists()
    entry = AuditEntry.objects.get(action=AuditAction.MEMBER_ROLE_CHANGED)
    assert (entry.by, entry.subject) == (operator, dora.email)
