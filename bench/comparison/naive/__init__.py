"""The endpoint that does everything before it answers, as an app of its own."""
