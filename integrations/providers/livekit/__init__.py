"""What LiveKit's SDK and its workers post, as the canonical body."""
