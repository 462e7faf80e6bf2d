"""LiveKit's own upload of finished sessions: its doors, and what is stored of it."""
