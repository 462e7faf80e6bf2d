"""Sessions that LiveKit told of: which arrived, which were refused, which are missing."""
