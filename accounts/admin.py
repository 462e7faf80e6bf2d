"""The operators' pages: who is here. No digest, no password hash, no way around a
promise: keys are revoked, never deleted, and links are made where they can be shown."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.actions import revoke_invitation, revoke_key
from accounts.models import ApiKey, Invitation, Membership, Organization, User

admin.site.site_header = "Zelto for operators"
admin.site.site_title = "Zelto"
admin.site.index_title = "Who is here"
# Django's own login knows no rate limit.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign, no-untyped-call]
# Unused here: people sign in with `User.email`, and groups grant nothing.
admin.site.unregister(EmailAddress)
admin.site.unregister(Group)


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    filter_horizontal = ()
    readonly_fields = ("password_link", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password_link")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("email", "name", "usable_password", "password1", "password2")},
        ),
    )

    @admin.display(description="Password")
    def password_link(self, user: User) -> SafeString:
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}">Set another password</a>', url)


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    fields = ("user", "role", "created_at")
    readonly_fields = ("created_at",)
    autocomplete_fields = ("user",)


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "slug", "time_zone", "created_at")
    search_fields = ("name", "slug")
    fields = ("id", "name", "slug", "time_zone", "created_at")
    readonly_fields = ("id", "created_at")
    inlines = (MembershipInline,)

    def has_delete_permission(
        self, request: HttpRequest, obj: Organization | None = None
    ) -> bool:
        # It would take millions of calls along, in one request.
        return False


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "organization__name")
    autocomplete_fields = ("user", "organization")
    readonly_fields = ("created_at",)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
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
        assert isinstance(request.user, User)  # noqa: S101
        for invitation in chosen:
            revoke_invitation(invitation=invitation, by=request.user)


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
        assert isinstance(request.user, User)  # noqa: S101
        for key in chosen:
            revoke_key(key=key, by=request.user)
