"""Addresses of the pages below `/org/<slug>/`, included by `integrations.urls`."""

from django.urls import URLPattern, path

from conversations.providers import Provider, SettingsPage
from integrations.deliveries import detail_views, panels
from integrations.deliveries import views as delivery_views
from integrations.erasure import bulk_views
from integrations.erasure import views as erasure_views
from integrations.expected_sessions import csv_view as expected_csv
from integrations.expected_sessions import views as expected_views
from integrations.keys import views as key_views
from integrations.livekit_projects import views as livekit_views
from integrations.recording_store import views as store_views
from integrations.settings_pages import (
    create_key_view,
    mcp_view,
    overview_view,
    provider_pages,
)
from integrations.uploads import views as upload_views

INTEGRATIONS = "settings/integrations"


def key_urls(page: str) -> list[URLPattern]:
    """Return the addresses of the card of keys for one of the pages that show it.

    page: its name, which is also the last part of its address.
    """
    keys_path = f"{INTEGRATIONS}/{page}/keys"
    one = f"{keys_path}/<uuid:key_id>"
    where = {"page": page}
    return [
        path(keys_path, create_key_view.create_key, where, name="key-create"),
        path(one, key_views.key_detail, where, name="key"),
        path(f"{one}/rename", key_views.rename_key, where, name="key-rename"),
        path(f"{one}/expiry", key_views.change_expiry, where, name="key-expiry"),
        path(f"{one}/roll", key_views.roll_key, where, name="key-roll"),
        path(f"{one}/revoke", key_views.revoke_key, where, name="key-revoke"),
    ]


def provider_urls(provider: Provider, page: SettingsPage) -> list[URLPattern]:
    """Return the addresses of a provider's page, its status, its test and its keys."""
    base, name = f"{INTEGRATIONS}/{page.name}", page.name
    test, where = f"{base}/test-{page.noun}", {"provider": provider}
    return [
        path(base, provider_pages.provider_page, where, name=name),
        path(f"{base}/status", provider_pages.status, where, name=f"{name}-status"),
        path(test, provider_pages.send_test, where, name=f"{name}-test"),
        *key_urls(name),
    ]


settings_urls = [
    path(INTEGRATIONS, overview_view.overview, name="index"),
    *(
        pattern
        for provider, page in provider_pages.PAGES.items()
        for pattern in provider_urls(provider, page)
    ),
    path(
        f"{INTEGRATIONS}/livekit/upload-urls",
        create_key_view.create_upload_url,
        name="upload-url-create",
    ),
    path(f"{INTEGRATIONS}/mcp", mcp_view.agent_access, name="mcp"),
    *key_urls("mcp"),
    path(
        f"{INTEGRATIONS}/recording-store",
        store_views.recording_store,
        name="recording-store",
    ),
    path(
        f"{INTEGRATIONS}/recording-store/remove",
        store_views.remove_recording_store,
        name="recording-store-remove",
    ),
]

PROJECTS = f"{INTEGRATIONS}/livekit/projects"
ONE_PROJECT = f"{PROJECTS}/<uuid:project_id>"
ONE_CREDENTIAL = f"{ONE_PROJECT}/keys/<int:credential_id>"

livekit_project_urls = [
    path(PROJECTS, livekit_views.project_list, name="livekit-projects"),
    path(f"{PROJECTS}/add", livekit_views.add_project, name="livekit-project-add"),
    path(
        f"{PROJECTS}/status", livekit_views.list_status, name="livekit-projects-status"
    ),
    path(ONE_PROJECT, livekit_views.project_detail, name="livekit-project"),
    path(
        f"{ONE_PROJECT}/status",
        livekit_views.project_status,
        name="livekit-project-status",
    ),
    path(
        f"{ONE_PROJECT}/change",
        livekit_views.change_project,
        name="livekit-project-change",
    ),
    path(
        f"{ONE_PROJECT}/test", livekit_views.test_project, name="livekit-project-test"
    ),
    path(
        f"{ONE_PROJECT}/remove",
        livekit_views.remove_project,
        name="livekit-project-remove",
    ),
    path(
        f"{ONE_PROJECT}/keys",
        livekit_views.add_credential,
        name="livekit-credential-add",
    ),
    path(
        f"{ONE_CREDENTIAL}/replace",
        livekit_views.replace_secret,
        name="livekit-credential-replace",
    ),
    path(
        f"{ONE_CREDENTIAL}/remove",
        livekit_views.remove_credential,
        name="livekit-credential-remove",
    ),
]

panel_urls = [
    path(
        "agents/<uuid:agent_id>/connection",
        panels.agent_connection,
        name="agent-connection",
    ),
    path(
        "conversations/<uuid:conversation_id>/deliveries",
        panels.conversation_deliveries,
        name="conversation-deliveries",
    ),
    path("conversations/erase", bulk_views.erase_many, name="conversations-erase"),
    path("conversations/upload", upload_views.upload, name="conversation-upload"),
    path(
        "conversations/<uuid:conversation_id>/erase",
        erasure_views.erase,
        name="conversation-erase",
    ),
]

ONE_DELIVERY = "deliveries/<uuid:delivery_id>"

log_urls = [
    path("deliveries/", delivery_views.delivery_list),
    path("deliveries", delivery_views.delivery_list, name="deliveries"),
    path(ONE_DELIVERY, detail_views.delivery_detail, name="delivery"),
    path(
        f"{ONE_DELIVERY}/status", detail_views.delivery_status, name="delivery-status"
    ),
    path(f"{ONE_DELIVERY}/body", detail_views.delivery_body, name="delivery-body"),
    path(f"{ONE_DELIVERY}/replay", detail_views.replay, name="delivery-replay"),
]

expected_urls = [
    path("agents/expected/", expected_views.expected_sessions),
    path("agents/expected", expected_views.expected_sessions, name="expected-sessions"),
    path("agents/expected.csv", expected_csv.csv_file, name="expected-sessions-csv"),
]

urlpatterns = [
    *log_urls,
    *settings_urls,
    *livekit_project_urls,
    *panel_urls,
    *expected_urls,
]
