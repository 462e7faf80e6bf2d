"""Set up what programs read: the REST framework, and the description of the API."""

from typing import Any

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.drf_hooks.BearerKey"],
    "DEFAULT_PERMISSION_CLASSES": ["api.drf_hooks.ScopeCoversIt"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.drf_hooks.OnlyJson",
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.drf_hooks.answer_exception",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}


def spectacular_settings(version: str, base_url: str) -> dict[str, Any]:
    """Return drf-spectacular's settings for this release, reached under base_url."""
    return {
        "OAS_VERSION": "3.1.0",
        "TITLE": "Zelto",
        "VERSION": version,
        "DESCRIPTION": (
            "Take in finished sessions of voice agents, and read what became of them. "
            "JSON is camelCase, times are ISO 8601 in UTC, ids are UUIDs, money is a "
            "decimal string. Errors are problems (RFC 9457). Only the webhook has a rate "
            "limit, and only where the operator sets one.\n\n"
            "LiveKit's own SDK posts sessions without code, to an address of its own: "
            "`LIVEKIT_OBSERVABILITY_URL` is `/livekit/{key}` or `/livekit/{key}/{agent}` "
            "of this server, with a key of the scope `ingest`. Below it the SDK chooses "
            "path and body (`observability/recordings/v0` as multipart, "
            "`observability/{logs,traces,metrics}/otlp/v0` as OTLP), so it is no operation "
            "here. It takes Python 1.5.1 or Node 1.8.0 and recording switched on."
        ),
        # Relative first: right under whatever name this Zelto is asked.
        "SERVERS": [{"url": "/"}, {"url": base_url}],
        "PREPROCESSING_HOOKS": ["api.schema.webhook.with_the_webhook"],
        "POSTPROCESSING_HOOKS": ["api.schema.extensions.bodies_are_required"],
        "COMPONENT_SPLIT_PATCH": False,
        "SORT_OPERATION_PARAMETERS": False,
    }
