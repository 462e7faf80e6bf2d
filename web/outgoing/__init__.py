"""Connections that Zelto opens to others over TLS, and whose certificates they trust."""
