"""Events of LiveKit's servers: taken, stored once, and read for what they say."""
