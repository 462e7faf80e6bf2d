"""Audio of conversations: named by a delivery, fetched by a worker, kept as files."""
