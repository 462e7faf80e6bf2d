"""The operators' pages: who is here.

They show no digest and no password hash. What is changed here is changed by the actions
of everybody's pages, so that the audit log has it and an organization keeps an owner.
Nothing is deleted.
"""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.actions import (
    LastOwner,
    change_role,
    note_password_set,
    revoke_invitation,
    revoke_key,
)
from accounts.models import ApiKey, Invitation, Membership, Organization, User

admin.site.site_header = "Zelto for operators"
admin.site.site_title = "Zelto"
admin.site.index_title = "Who is here"
# Django's own login knows no rate limit.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign, no-untyped-call]
# Unused here: people sign in with `User.email`, and groups grant nothing.
admin.site.unregister(EmailAddress)
admin.site.unregister(Group)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A page that shows rows; what changes any is an action that the audit log records."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Any | None = None
    ) -> bool:
        return False

    def get_readonly_fields(
        self, request: HttpRequest, obj: Any | None = None
    ) -> tuple[str, ...]:
        return tuple(str(name) for name in self.fields or ())


@admin.register(User)
class UserAdmin(ReadOnlyAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    filter_horizontal = ()
    fieldsets = None
    fields = (
        "email", "name", "password_link", "is_active", "is_staff", "is_superuser",
        "last_login", "date_joined",
    )  # fmt: skip

    @admin.display(description="Password")
    def password_link(self, user: User) -> SafeString:
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}">Set another password</a>', url)

    @transaction.atomic
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        before = self.get_object(request, unquote(id))
        response = super().user_change_password(request, id, form_url)
        if before and User.objects.get(pk=before.pk).password != before.password:
            note_password_set(person=before, by=operator_of(request))
        return response


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    fields = readonly_fields = ("user", "role", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Any | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Any | None = None
    ) -> bool:
        return False


@admin.register(Organization)
class OrganizationAdmin(ReadOnlyAdmin):
    list_display = ("name", "slug", "time_zone", "created_at")
    search_fields = ("name", "slug")
    fields = ("id", "name", "slug", "time_zone", "created_at")
    inlines = (MembershipInline,)


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "organization__name")
    fields = ("user", "organization", "role", "created_at")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Any | None = None
    ) -> tuple[str, ...]:
        return ("user", "organization", "created_at")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().change_view(request, object_id, form_url, extra_context)
        except LastOwner:
            self.message_user(request, LastOwner.detail, messages.ERROR)
            return redirect(request.path)

    def save_model(
        self, request: HttpRequest, obj: Membership, form: Any, change: bool
    ) -> None:
        change_role(membership=obj, role=obj.role, by=operator_of(request))


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("email", "organization", "role", "state", "expires_at")
    list_select_related = ("organization",)
    search_fields = ("email", "organization__name")
    fields: ClassVar[tuple[str, ...]] = (
        "email", "organization", "role", "invited_by",
        "created_at", "expires_at", "accepted_at", "accepted_by",
    )  # fmt: skip
    actions = ("revoke",)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        for invitation in chosen:
            revoke_invitation(invitation=invitation, by=operator_of(request))


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("name", "masked", "organization", "scope", "state", "last_used_at")
    list_filter = ("scope",)
    list_select_related = ("organization",)
    search_fields = ("name", "last_four", "organization__name")
    fields: ClassVar[tuple[str, ...]] = (
        "name", "masked", "organization", "scope", "state", "made_by", "created_at",
        "last_used_at", "expires_at", "revoked_at", "revoked_by",
    )  # fmt: skip
    actions = ("revoke",)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        for key in chosen:
            revoke_key(key=key, by=operator_of(request))


def operator_of(request: HttpRequest) -> User:
    """Return the signed-in operator, whom the admin site has let in."""
    assert isinstance(request.user, User)  # noqa: S101 - the site looked
    return request.user
