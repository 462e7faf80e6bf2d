"""Forwards the finished sessions of a LiveKit agent worker to Zelto."""
