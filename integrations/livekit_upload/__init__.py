"""LiveKit's own upload of finished sessions: its addresses, and what is stored of it."""
