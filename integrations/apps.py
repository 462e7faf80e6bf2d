"""The Django app, and what it hands to `conversations` at start."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        """Register what `conversations`, the lower layer, calls but may not import."""
        from conversations.agents.delivery_status import provide_delivery_status
        from conversations.agents.expected_counts import provide_expected_counts
        from conversations.arrivals.absences import note_absence
        from conversations.detail.missing_parts import provide_missing_parts
        from conversations.search.late_arrivals import provide_late_arrivals
        from conversations.transcription.result_hook import hand_over_to
        from integrations.connections.agent_delivery_status import agent_delivery_status
        from integrations.delivery_log.transcription_entry import append_to_log
        from integrations.expected_sessions.counts import expected_counts
        from integrations.expected_sessions.unmade_recordings import unmade_recordings
        from integrations.livekit_upload.missing_parts import missing_parts
        from integrations.models import ExpectedSession
        from integrations.operations.heartbeat import tell_of_absences

        provide_delivery_status(agent_delivery_status)
        provide_expected_counts(expected_counts)
        provide_missing_parts(missing_parts)
        provide_missing_parts(unmade_recordings)
        provide_late_arrivals(ExpectedSession.objects.late)
        hand_over_to(append_to_log)
        tell_of_absences(note_absence)
