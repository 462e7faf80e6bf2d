"""The addresses of the pages of accounts."""

from allauth.account import views as allauth_views
from django.urls import include, path, re_path

from accounts.sign_in import forms_again
from accounts.views import (
    audit,
    home,
    invitation,
    members,
    organization,
    profile,
    sign_up,
)

# Of allauth only what is used here: no change of e-mail, no codes, no passkeys.
login_urls = [
    path("login", forms_again.log_in, name="account_login"),
    path("logout", allauth_views.logout, name="account_logout"),
    path("inactive", allauth_views.account_inactive, name="account_inactive"),
    path("signup", sign_up.sign_up, name="account_signup"),
    path(
        "password/change", allauth_views.password_change, name="account_change_password"
    ),
    path("password/reset", allauth_views.password_reset, name="account_reset_password"),
    path(
        "password/reset/sent",
        allauth_views.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "password/reset/done",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9a-f]{32})-(?P<key>[^/]+)$",
        allauth_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

join_urls = [
    path("welcome/<str:token>", sign_up.welcome, name="welcome"),
    path("invitation/<str:token>", invitation.invitation, name="invitation"),
    path("invitation/<str:token>/accept", invitation.accept, name="invitation-accept"),
]

profile_urls = [
    path("profile", profile.profile, name="profile"),
    path("profile/name", profile.name, name="profile-name"),
    path("profile/email", profile.email, name="profile-email"),
]

MEMBERS = "org/<slug:slug>/settings/members"
member_urls = [
    path(MEMBERS, members.members, name="members"),
    path(f"{MEMBERS}/invite", members.send_invitation, name="invite"),
    path(
        f"{MEMBERS}/invitations/<uuid:invitation_id>/revoke",
        members.revoke,
        name="invitation-revoke",
    ),
    path(f"{MEMBERS}/<uuid:membership_id>/role", members.role, name="member-role"),
    path(
        f"{MEMBERS}/<uuid:membership_id>/remove", members.remove, name="member-remove"
    ),
]

organization_urls = [
    path(
        "org/<slug:slug>/settings/organization",
        organization.organization,
        name="organization",
    ),
    path("org/<slug:slug>/settings/audit", audit.audit_log, name="audit"),
]

urlpatterns = [
    path("", home.home, name="home"),
    *login_urls,
    path(
        "",
        include(
            (join_urls + profile_urls + member_urls + organization_urls, "accounts")
        ),
    ),
]
