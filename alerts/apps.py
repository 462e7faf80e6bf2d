"""The Django app, and what it hands to lower layers at start."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        """Register what lower layers call but may not import."""
        from alerts.judging.watch import watch
        from alerts.messages.notices import provide_data
        from alerts.messages.queueing import provide_many
        from alerts.outgoing_events.erasure import drop_messages
        from alerts.outgoing_events.names import OF_CONVERSATIONS
        from alerts.outgoing_events.payload import data_of
        from integrations.erasure.others import provide_erasure
        from integrations.operations.counters import also_write

        # Web processes look at Zelto itself while no worker does.
        also_write(watch)
        provide_data(OF_CONVERSATIONS, data_of)
        provide_many(OF_CONVERSATIONS)
        provide_erasure(drop_messages)
