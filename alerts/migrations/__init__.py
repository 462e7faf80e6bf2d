"""The migrations of this app, in one chain."""
