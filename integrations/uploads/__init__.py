"""Recordings that people or programs upload: the form, reading, storing."""
