"""The list of conversations: its query, rows, columns, saved views and filters."""
