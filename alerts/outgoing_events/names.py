"""The names of events of conversations. Those of issues are in `alerts.messages.events`."""

CONVERSATION_CREATED = "conversation.created"
CONVERSATION_UPDATED = "conversation.updated"
RECORDING_STORED = "recording.stored"

OF_CONVERSATIONS = (CONVERSATION_CREATED, CONVERSATION_UPDATED, RECORDING_STORED)
