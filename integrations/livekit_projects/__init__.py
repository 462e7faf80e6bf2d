"""LiveKit projects that are watched: their pages, their events, what these say."""
