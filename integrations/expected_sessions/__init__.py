"""Sessions that LiveKit told of, and what became of each: judged, counted and shown."""
