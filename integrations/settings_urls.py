"""Pages below `/org/<slug>/`, included by `integrations.urls`."""

from django.urls import URLPattern, path

from integrations.views import (
    agent_access,
    bulk_erasure,
    call_upload,
    deliveries,
    delivery,
    erasure,
    key,
    keys,
    livekit,
    overview,
    panels,
    upload,
)

INTEGRATIONS = "settings/integrations"


def key_urls(page: str) -> list[URLPattern]:
    """What the card of keys does, from one of the pages that show it."""
    keys_path = f"{INTEGRATIONS}/{page}/keys"
    one = f"{keys_path}/<uuid:key_id>"
    where = {"page": page}
    return [
        path(keys_path, keys.create_key, where, name="key-create"),
        path(one, key.key_detail, where, name="key"),
        path(f"{one}/rename", key.rename_key, where, name="key-rename"),
        path(f"{one}/expiry", key.change_expiry, where, name="key-expiry"),
        path(f"{one}/roll", key.roll_key, where, name="key-roll"),
        path(f"{one}/revoke", key.revoke_key, where, name="key-revoke"),
    ]


settings_urls = [
    path(INTEGRATIONS, overview.overview, name="index"),
    path(f"{INTEGRATIONS}/livekit", livekit.livekit, name="livekit"),
    path(f"{INTEGRATIONS}/livekit/status", livekit.status, name="livekit-status"),
    path(
        f"{INTEGRATIONS}/livekit/test-session",
        livekit.send_test_session,
        name="send-test-session",
    ),
    *key_urls("livekit"),
    path(f"{INTEGRATIONS}/api", call_upload.call_upload, name="api"),
    path(f"{INTEGRATIONS}/api/status", call_upload.status, name="api-status"),
    path(
        f"{INTEGRATIONS}/api/test-call",
        call_upload.send_test_call,
        name="send-test-call",
    ),
    *key_urls("api"),
    path(f"{INTEGRATIONS}/mcp", agent_access.agent_access, name="mcp"),
    *key_urls("mcp"),
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
    path("conversations/erase", bulk_erasure.erase_many, name="conversations-erase"),
    path("conversations/upload", upload.upload, name="conversation-upload"),
    path(
        "conversations/<uuid:conversation_id>/erase",
        erasure.erase,
        name="conversation-erase",
    ),
]

ONE_DELIVERY = "deliveries/<uuid:delivery_id>"

log_urls = [
    path("deliveries/", deliveries.delivery_list),
    path("deliveries", deliveries.delivery_list, name="deliveries"),
    path(ONE_DELIVERY, delivery.delivery_detail, name="delivery"),
    path(f"{ONE_DELIVERY}/status", delivery.delivery_status, name="delivery-status"),
    path(f"{ONE_DELIVERY}/body", delivery.delivery_body, name="delivery-body"),
    path(f"{ONE_DELIVERY}/replay", delivery.replay, name="delivery-replay"),
]

urlpatterns = [*log_urls, *settings_urls, *panel_urls]
