"""The Django app, and what it hands to `integrations` at start."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        """Register what lower layers call but may not import."""
        from alerts.outgoing_events.erasure import drop_messages
        from integrations.erasure.others import provide_erasure

        provide_erasure(drop_messages)
