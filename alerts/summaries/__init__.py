"""The summary of a week, by mail."""
