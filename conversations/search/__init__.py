"""Finding conversations by any combination of filters and words, at any size."""
