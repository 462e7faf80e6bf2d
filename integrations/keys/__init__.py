"""API keys as their pages show them: the card of keys, one key, who uses it."""
