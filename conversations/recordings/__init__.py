"""The audio of conversations: wanted by a delivery, fetched by a worker, kept as files."""
