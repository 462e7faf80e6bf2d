"""LiveKit projects that are watched: their pages, their secrets, their removal."""
