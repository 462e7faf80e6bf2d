"""Erasing conversations for good: one, or those that were selected in the list."""
