"""`check_recordings` compares what the storage has with what was stored."""
