"""The names of events that webhooks are told."""

CONVERSATION_CREATED = "conversation.created"
CONVERSATION_UPDATED = "conversation.updated"
RECORDING_STORED = "recording.stored"
ISSUE_OPENED = "issue.opened"
ISSUE_RESOLVED = "issue.resolved"

OF_CONVERSATIONS = (CONVERSATION_CREATED, CONVERSATION_UPDATED, RECORDING_STORED)
OF_ISSUES = (ISSUE_OPENED, ISSUE_RESOLVED)
