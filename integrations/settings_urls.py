"""Pages below `/org/<slug>/`, included by `integrations.urls`."""

from django.urls import path

from integrations.views import call_upload, keys, livekit, overview, panels

settings_urls = [
    path("settings/integrations", overview.overview, name="index"),
    path("settings/integrations/livekit", livekit.livekit, name="livekit"),
    path("settings/integrations/livekit/status", livekit.status, name="livekit-status"),
    path(
        "settings/integrations/livekit/test-session",
        livekit.send_test_session,
        name="send-test-session",
    ),
    path("settings/integrations/api", call_upload.call_upload, name="api"),
    path("settings/integrations/api/status", call_upload.status, name="api-status"),
    path("settings/integrations/<slug:page>/keys", keys.create_key, name="key-create"),
    path(
        "settings/integrations/<slug:page>/keys/<uuid:key_id>/revoke",
        keys.revoke_key,
        name="key-revoke",
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
]

urlpatterns = [*settings_urls, *panel_urls]
