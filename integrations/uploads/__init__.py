"""Recordings that people or programs upload: reading, storing, queueing for transcription."""
