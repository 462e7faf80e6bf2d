"""Set up the log: one handler that writes lines to standard error."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured


def logging_config(log_format: str) -> dict[str, Any]:
    """Return Django's LOGGING; log_format is `text` or `json`, the shape of each line.

    Raises:
        ImproperlyConfigured: it is another word.
    """
    if log_format not in {"text", "json"}:
        raise ImproperlyConfigured("ZELTO_LOG_FORMAT must be text or json.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": "web.logs.line_format.TextFormatter"},
            "json": {"()": "web.logs.line_format.JsonFormatter"},
        },
        "filters": {"secret_paths": {"()": "web.logs.redaction.HideSecretPaths"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": log_format,
                "filters": ["secret_paths"],
            }
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # web/hosts/unknown_host.py says it in one line, without a traceback.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # A line for each call of a tool is for nobody.
            "django_mcpz.calls": {"level": "WARNING"},
            # It warns with whole addresses, and those of recordings are secrets.
            "urllib3": {"level": "ERROR"},
        },
    }
