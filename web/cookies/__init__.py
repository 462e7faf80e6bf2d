"""Cookies of our own beside those of other programs on the host."""
