"""Whether the storage has each recording as it was stored, and what can be put right."""
