"""Sessions of agents that LiveKit told of, and what became of each."""
