"""Conversations to take along, as many as there are."""
