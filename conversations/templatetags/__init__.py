"""Filters of templates that show conversations: figures, durations, days, search terms."""
