"""Erasing conversations for good, one by one or those that were selected, with their forms."""
